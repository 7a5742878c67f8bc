package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.FileSink;
import io.pelagos.core.spec.Owner;
import io.pelagos.core.spec.Preserve;
import io.pelagos.core.testing.InSandbox;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Copies between the machine and the files of containers. */
class CopyIT extends InSandbox {
    private Path here;

    @BeforeEach
    void open() throws IOException {
        here = Files.createDirectory(directory.resolve("here"));
    }

    private String inside(Container container, String script) throws InterruptedException {
        return container.exec("sh", "-c", script).run().stdout().strip();
    }

    @Test
    void aFileGoesInAndOut() throws Exception {
        var source = Files.writeString(here.resolve("seed"), "text");
        try (var container = sandbox.command("sleep", "1000").start()) {
            container.copyIn(source, "/srv/a/b", Owner.of(999, 998), FileMode.of("0640"));
            assertThat(inside(container, "stat -c '%u %g %a' /srv/a/b; cat /srv/a/b"))
                    .isEqualTo("999 998 640\ntext");
            container.copyIn(source, "/srv/a/");
            assertThat(inside(container, "stat -c '%u %a' /srv/a/seed")).startsWith("0 ");
            container.copyOut("/srv/a/b", here.resolve("back"));
            assertThat(here.resolve("back")).hasContent("text");
            assertThat(Files.getAttribute(here.resolve("back"), "unix:uid")).isEqualTo(0);
            container.copyOut("/srv/a/b", here);
            assertThat(here.resolve("b")).hasContent("text");
        }
    }

    @Test
    void aTreeKeepsItsLinksAndTimes() throws Exception {
        var tree = Files.createDirectories(here.resolve("tree/sub")).getParent();
        var file = Files.writeString(tree.resolve("sub/file"), "text");
        Files.createLink(tree.resolve("hard"), file);
        Files.createSymbolicLink(tree.resolve("soft"), Path.of("/etc/passwd"));
        Files.setAttribute(file, "user:note", "kept".getBytes(StandardCharsets.UTF_8));
        Files.setLastModifiedTime(
                file, java.nio.file.attribute.FileTime.from(Instant.ofEpochSecond(1_000_000)));
        try (var container = sandbox.command("sleep", "1000").start()) {
            container.copyIn(tree, "/srv/tree");
            assertThat(
                            inside(
                                    container,
                                    "cd /srv/tree; stat -c '%h %Y' hard; readlink soft; cat"
                                            + " sub/file"))
                    .isEqualTo("2 1000000\n/etc/passwd\ntext");
            container.copyOut("/srv/tree", here.resolve("again"));
        }
        var again = here.resolve("again");
        assertThat(Files.readSymbolicLink(again.resolve("soft"))).hasToString("/etc/passwd");
        assertThat(Files.getAttribute(again.resolve("hard"), "unix:nlink")).isEqualTo(2);
        assertThat((byte[]) Files.getAttribute(again.resolve("sub/file"), "user:note"))
                .isEqualTo("kept".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void ownersAndSpecialBitsComeAlongWhenAskedFor() throws Exception {
        try (var container = sandbox.command("sleep", "1000").start()) {
            inside(container, "mkdir /srv; cd /srv; echo x > f; chown 12:34 f; chmod 4751 f");
            container.copyOut("/srv/f", here.resolve("plain"));
            container.copyOut("/srv/f", here.resolve("exact"), Preserve.OWNERS);
        }
        assertThat(Files.getAttribute(here.resolve("plain"), "unix:uid")).isEqualTo(0);
        assertThat((int) Files.getAttribute(here.resolve("plain"), "unix:mode") & 07777)
                .isEqualTo(0751);
        assertThat(Files.getAttribute(here.resolve("exact"), "unix:uid")).isEqualTo(12);
        assertThat((int) Files.getAttribute(here.resolve("exact"), "unix:mode") & 07777)
                .isEqualTo(04751);
    }

    @Test
    void aStreamOfFilesIsTakenAndGiven() throws Exception {
        try (var container = sandbox.command("sleep", "1000").start()) {
            try (var sink = container.copyInto("/srv/stream")) {
                sink.add(entry("d", FileEntry.Type.DIRECTORY, 0755, 0), empty());
                sink.add(entry("d/f", FileEntry.Type.FILE, 0604, 3), bytes("abc"));
            }
            assertThat(inside(container, "stat -c '%a' /srv/stream/d/f; cat /srv/stream/d/f"))
                    .isEqualTo("604\nabc");
            var seen = new LinkedHashMap<String, String>();
            container.copyOut("/srv/stream", new Collecting(seen));
            assertThat(seen).containsEntry("d/f", "abc").containsKey("d");
        }
    }

    private static FileEntry entry(String path, FileEntry.Type type, int mode, long size) {
        return new FileEntry(
                path, type, new FileMode(mode), 0, 0, size, Instant.EPOCH, "", 0, 0, Map.of());
    }

    private static InputStream empty() {
        return InputStream.nullInputStream();
    }

    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private record Collecting(Map<String, String> seen) implements FileSink {
        @Override
        public void add(FileEntry entry, InputStream contents) throws IOException {
            seen.put(entry.path(), new String(contents.readAllBytes(), StandardCharsets.UTF_8));
        }

        @Override
        public void close() {
            // It holds nothing.
        }
    }

    @Test
    void namesThatLeadOutOfAStreamAreRefused() {
        for (var name : new String[] {"../x", "/x", "a/../b", "a//b"}) {
            assertThatThrownBy(() -> entry(name, FileEntry.Type.FILE, 0644, 0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void filesOfAnEndedContainerInADirectoryAreStillThere() throws Exception {
        var container = sandbox.sh("echo left > /left").start();
        container.waitFor();
        container.close();
        container.copyOut("/left", here.resolve("left"));
        assertThat(here.resolve("left")).hasContent("left\n");
        container.copyIn(here.resolve("left"), "/more");
        assertThat(sandbox.root().path().resolve("more")).hasContent("left\n");
    }

    @Test
    void linksOfTheContainerLeadNowhereElse() throws Exception {
        var secret = Files.writeString(here.resolve("secret"), "of the host");
        var source = Files.writeString(here.resolve("mine"), "mine");
        try (var container = sandbox.command("sleep", "1000").start()) {
            inside(
                    container,
                    "mkdir /srv; ln -s "
                            + secret
                            + " /srv/link; ln -s / /srv/root; ln -s ../../../../"
                            + here
                            + " /srv/up");
            assertThatThrownBy(() -> container.copyOut("/srv/link", here.resolve("stolen")))
                    .isInstanceOf(SyscallFailedException.class)
                    .hasMessageContaining("ENOENT");
            container.copyIn(source, "/srv/root/dropped");
            assertThat(inside(container, "cat /dropped")).isEqualTo("mine");
            assertThat(Path.of("/dropped")).doesNotExist();
        }
        assertThat(here.resolve("stolen")).doesNotExist();
        assertThat(secret).hasContent("of the host");
    }

    /** CVE-2018-15664: a process exchanges a directory and a link while files are copied. */
    @Test
    void exchangedPathsLeadToNoFileOfTheHost() throws Exception {
        var host = Files.createDirectory(here.resolve("host"));
        Files.writeString(host.resolve("file"), "of the host");
        var source = Files.writeString(here.resolve("source"), "of the caller");
        var script =
                "mkdir -p /srv/real; echo inside > /srv/real/file; ln -s "
                        + host
                        + " /srv/evil; cd /srv; mv real way; echo ready; while :; do mv way real;"
                        + " mv evil way; mv way evil; mv real way; done";
        try (var container = sandbox.sh(script).start()) {
            assertThat(container.stdout().lines().iterator().next()).isEqualTo("ready");
            for (int i = 0; i < 300; i++) {
                var target = here.resolve("out-" + i);
                try {
                    container.copyOut("/srv/way/file", target);
                    assertThat(target).hasContent("inside\n");
                } catch (SyscallFailedException e) {
                    assertThat(Files.exists(target, LinkOption.NOFOLLOW_LINKS)).isFalse();
                }
                try {
                    container.copyIn(source, "/srv/way/new-" + i);
                } catch (SyscallFailedException e) {
                    assertThat(e.errno()).isNotNull();
                }
            }
        }
        assertThat(host.toFile().list()).containsExactly("file");
        assertThat(host.resolve("file")).hasContent("of the host");
    }

    /** CVE-2019-14271: no program or library of the container takes part in a copy. */
    @Test
    void nothingOfTheContainerIsLoaded() throws Exception {
        var lib = sandbox.root().path().resolve("lib/x86_64-linux-gnu");
        Files.createDirectories(lib);
        Files.writeString(lib.resolve("libnss_files.so.2"), "not a library");
        try (var container = sandbox.command("sleep", "1000").start()) {
            container.copyIn(Files.writeString(here.resolve("x"), "x"), "/x", Owner.of(1000, 1000));
            container.copyOut("/x", here.resolve("y"));
            assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain(lib.toString());
        }
    }
}
