package io.pelagos.image.internal.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.fixtures.TestData;
import io.pelagos.image.spec.BadContentException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Archives that other projects have been attacked with, and layers they agree about. */
class TarFixturesIT {
    @TempDir private Path temporary;

    private int counter;

    private Path fresh() throws IOException {
        return Files.createDirectory(temporary.resolve("t" + ++counter));
    }

    private static Stream<JsonNode> cases(String file) throws IOException {
        var json = TestData.json("tar/" + file);
        return StreamSupport.stream(
                (json.isArray() ? json : json.get("cases")).spliterator(), false);
    }

    private static Tars archive(JsonNode entries) {
        var tar = Tars.tar();
        for (var entry : entries) {
            add(tar, entry, entry.get("name").stringValue());
        }
        return tar;
    }

    private static void add(Tars tar, JsonNode entry, String name) {
        var contents = entry.has("content") ? entry.get("content").stringValue() : "";
        switch (entry.get("type").stringValue()) {
            case "file" -> tar.file(name, contents);
            case "dir" -> tar.directory(name);
            case "symlink" -> tar.symlink(name, entry.get("linkname").stringValue());
            case "hardlink" -> tar.hardLink(name, entry.get("linkname").stringValue());
            case "fifo" -> tar.fifo(name);
            default -> throw new AssertionError(entry);
        }
    }

    @TestFactory
    Stream<DynamicTest> nothingBreaksOut() throws IOException {
        return cases("moby-breakouts.json")
                .flatMap(
                        row ->
                                Stream.of(UnpackMode.MERGED, UnpackMode.OVERLAY)
                                        .map(
                                                mode ->
                                                        dynamicTest(
                                                                row.get("name").stringValue()
                                                                        + " "
                                                                        + mode,
                                                                () -> staysInside(row, mode))));
    }

    private void staysInside(JsonNode row, UnpackMode mode) throws IOException {
        var base = fresh();
        Files.createDirectories(base.resolve("dest/victim"));
        Files.createDirectories(base.resolve("victim"));
        var hello = base.resolve("victim/hello");
        var secret = "secret " + System.nanoTime();
        Files.writeString(hello, secret);
        var before = Files.readAttributes(hello, "unix:mode,size,lastModifiedTime,nlink");
        try {
            new Tree(base.resolve("dest"))
                    .unpack(
                            new java.io.ByteArrayInputStream(archive(row.get("tar")).bytes()),
                            mode,
                            UnpackLimits.USUAL);
        } catch (BadContentException | ErrnoException e) {
            assertThat(e).hasMessageMatching("(?s).+: .+");
        }
        try (var victim = Files.list(base.resolve("victim"))) {
            assertThat(victim).containsExactly(hello);
        }
        assertThat(hello).hasContent(secret);
        assertThat(Files.readAttributes(hello, "unix:mode,size,lastModifiedTime,nlink"))
                .isEqualTo(before);
        try (var inside = Files.walk(base.resolve("dest"))) {
            var regular =
                    inside.filter(it -> Files.isRegularFile(it, LinkOption.NOFOLLOW_LINKS))
                            .toList();
            for (var file : regular) {
                assertThat(Files.readString(file)).isNotEqualTo(secret);
            }
        }
    }

    @Test
    void layersComeToTheTreesOfOthers() throws IOException {
        var tree = new Tree(fresh());
        for (var row : cases("moby-whiteout-layers.json").toList()) {
            var tar = Tars.tar();
            for (var name : row.get("layer")) {
                var text = name.stringValue();
                if (text.endsWith("/")) {
                    tar.directory(text);
                } else {
                    tar.file(text, "");
                }
            }
            tree.apply(tar.bytes());
            var expected = new ArrayList<String>();
            row.get("tree").forEach(it -> expected.add(it.stringValue()));
            assertThat(tree.list()).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    @TestFactory
    Stream<DynamicTest> opaqueDirectoriesHideOnlyWhatIsBelow() throws IOException {
        return cases("umoci-opaque-whiteout.json")
                .map(row -> dynamicTest(row.get("name").stringValue(), () -> opaque(row)));
    }

    private void opaque(JsonNode row) throws IOException {
        var tree = new Tree(fresh());
        var lower = Tars.tar().directory("test-subdir/");
        var upper = Tars.tar().directory("test-subdir/");
        for (var entry : row.get("entries")) {
            add(
                    entry.get("layer").stringValue().equals("lower") ? lower : upper,
                    entry,
                    "test-subdir/" + entry.get("path").stringValue());
        }
        tree.apply(lower.bytes());
        tree.apply(upper.file("test-subdir/.wh..wh..opq", "").bytes());
        assertThat(tree.path("test-subdir")).isDirectory();
        for (var entry : row.get("entries")) {
            var path = entry.get("path").stringValue();
            if (!path.contains(".wh.")) {
                assertThat(
                                Files.exists(
                                        tree.path("test-subdir/" + path),
                                        LinkOption.NOFOLLOW_LINKS))
                        .as(path)
                        .isEqualTo(entry.get("survives").booleanValue());
            }
        }
    }

    private static JsonNode named(String file, String name) throws IOException {
        return cases(file)
                .filter(it -> it.get("name").stringValue().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whiteoutsOfNothingAreRefused() throws IOException {
        var names = new ArrayList<String>();
        named("moby-misc.json", "InvalidWhiteoutNames")
                .get("tar")
                .forEach(it -> names.add(it.get(0).stringValue()));
        named("umoci-misc.json", "EmptyWhiteoutName")
                .get("entries")
                .forEach(it -> names.add(it.stringValue()));
        for (var name : names) {
            var tree = new Tree(fresh());
            assertThatExceptionOfType(BadContentException.class)
                    .as(name)
                    .isThrownBy(() -> tree.apply(Tars.tar().file(name, "").bytes()))
                    .withMessageContaining("invalid whiteout entry");
        }
    }

    @Test
    void namesThatLeadOutAreRefused() throws IOException {
        var names = new ArrayList<String>();
        named("moby-misc.json", "ParentTraversal")
                .get("entries")
                .forEach(it -> names.add(it.stringValue()));
        named("umoci-misc.json", "NameScoping")
                .get("tar")
                .forEach(it -> names.add(it.stringValue()));
        for (var name : names) {
            var base = fresh();
            var tree = new Tree(base.resolve("dest"));
            assertThatExceptionOfType(BadContentException.class)
                    .as(name)
                    .isThrownBy(() -> tree.apply(Tars.tar().file(name, "").bytes()));
            try (var all = Files.list(base)) {
                assertThat(all).containsExactly(base.resolve("dest"));
            }
        }
    }

    @Test
    void aSiblingWithTheSameBeginningIsOutside() throws IOException {
        var row = named("moby-misc.json", "SiblingPrefix");
        var base = fresh();
        Files.createDirectory(base.resolve("dest-evil"));
        Files.writeString(base.resolve("dest-evil/secret"), "x");
        var tree = new Tree(base.resolve("dest"));
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> tree.apply(archive(row.get("tar")).bytes()));
        assertThat(tree.path("grab")).doesNotExist();
    }

    @Test
    void hardLinksAreAboutTheRootOfTheLayer() throws IOException {
        var tree = new Tree(fresh());
        tree.apply(archive(named("moby-misc.json", "AbsoluteHardlink").get("tar")).bytes());
        assertThat(inode(tree.path("usr/bin/perlbug")))
                .isEqualTo(inode(tree.path("usr/bin/perlthanks")));
    }

    private static Object inode(Path path) throws IOException {
        return Files.getAttribute(path, "unix:ino");
    }

    @Test
    void absoluteLinksLeadToTheRootOfTheLayer() throws IOException {
        for (var present : List.of(true, false)) {
            var row = named("moby-misc.json", "ThroughAbsoluteSymlink");
            var tree = new Tree(fresh());
            tree.apply(archive(row.get("before")).bytes());
            if (present) {
                Files.createDirectories(tree.path("run/existing"));
            }
            tree.apply(archive(row.get("tar")).bytes());
            assertThat(tree.path("run/existing/non-existing/file")).hasContent("content");
        }
        var row = named("moby-misc.json", "HardlinkSourceThroughAbsoluteSymlink");
        var tree = new Tree(fresh());
        tree.apply(archive(row.get("before")).bytes());
        tree.apply(archive(row.get("tar")).bytes());
        assertThat(inode(tree.path("run/source"))).isEqualTo(inode(tree.path("run/link")));
        assertThat(Files.getAttribute(tree.path("run/link"), "unix:nlink")).isEqualTo(2);
    }

    /** Here projects differ: moby refuses the name, umoci and the kernel stay at the root. */
    @Test
    void aLinkAboveTheRootLeadsToTheRoot() throws IOException {
        var row = named("moby-misc.json", "RelativeEscapeBeforeAbsoluteSymlink");
        var base = fresh();
        Files.createDirectory(base.resolve("target"));
        var tree = new Tree(base.resolve("dest"));
        tree.apply(archive(row.get("before")).bytes());
        tree.apply(archive(row.get("tar")).bytes());
        assertThat(base.resolve("target")).isEmptyDirectory();
        for (var prefix : List.of("/", "/../", "/../".repeat(15), "/./.././.././.././../", "..")) {
            var outer = fresh();
            Files.writeString(outer.resolve("file"), "outside");
            var scoped = new Tree(outer.resolve("dest"));
            scoped.apply(Tars.tar().symlink("link", prefix).bytes());
            scoped.apply(Tars.tar().file("link/file", "inside").bytes());
            assertThat(scoped.path("file")).hasContent("inside");
            assertThat(outer.resolve("file")).hasContent("outside");
        }
    }

    @Test
    void whatIsHiddenLeavesNoTraceInTheTimesOfItsDirectory() throws IOException {
        assertThat(named("umoci-misc.json", "WhiteoutKeepsParentTimes").get("paths")).isNotEmpty();
        var before = FileTime.fromMillis(1_500_000_000_000L);
        for (var path : List.of("rootpath", "some/path/file", "another/path/.hidden")) {
            for (var directory : List.of(false, true)) {
                var tree = new Tree(fresh());
                tree.apply(
                        directory
                                ? Tars.tar().file(path + "/.subdir/file", "").bytes()
                                : Tars.tar().file(path, "").bytes());
                var entry = new EntryPath(path);
                var parent = tree.path(entry.parent());
                Files.setLastModifiedTime(parent, before);
                var whiteout =
                        (entry.parent().isEmpty() ? "" : entry.parent() + "/")
                                + ".wh."
                                + entry.name();
                tree.apply(Tars.tar().file(whiteout, "").bytes());
                assertThat(tree.path(path)).doesNotExist();
                assertThat(Files.getLastModifiedTime(parent)).isEqualTo(before);
            }
        }
    }

    @Test
    void aFileGivesWayToADirectory() throws IOException {
        assertThat(named("umoci-misc.json", "NonDirParent").get("tar")).isNotNull();
        var tree = new Tree(fresh());
        tree.apply(Tars.tar().file("a", "x").file("a/b", "y").bytes());
        assertThat(tree.path("a/b")).hasContent("y");
    }
}
