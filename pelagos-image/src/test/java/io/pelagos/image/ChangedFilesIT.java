package io.pelagos.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.fixtures.TreeListing;
import io.pelagos.image.spec.ImageInUseException;
import io.pelagos.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files of unpacked layers that somebody has changed. */
class ChangedFilesIT {
    private static final FileTime THEN = FileTime.fromMillis(1_600_000_000_000L);

    @TempDir private Path temporary;

    private TestRegistry registry;
    private Pelagos pelagos;
    private Images images;
    private Image image;
    private Path tree;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        registry = TestRegistry.start();
        pelagos = Pelagos.open(PelagosPaths.under(temporary.resolve("pelagos")));
        images =
                Images.open(
                        pelagos,
                        ImageOptions.usual()
                                .withEnvironment(Map.of())
                                .withAttempts(1, Duration.ofMillis(1)));
        registry.putImage(
                "app:1",
                Tars.tar().directory("etc/").directory("etc/old/").file("etc/old/x", "x").gzip(),
                Tars.tar()
                        .directory("etc/")
                        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\n", 0644, 0, 0)
                        .file("etc/large", "0123456789".repeat(20_000))
                        .file("etc/empty", "")
                        .file("bin/set", "setuid", 04755, 0, 0)
                        .file("implied/by/this", "x", 0600, 33, 34)
                        .file(
                                "etc/capable",
                                "x",
                                Map.of("SCHILY.xattr.user.note", "from the layer"))
                        .symlink("etc/link", "passwd")
                        .hardLink("etc/hard", "etc/passwd")
                        .fifo("etc/fifo")
                        .device("dev/null", 1, 3)
                        .file("etc/.wh.gone", "")
                        .file("etc/old/.wh..wh..opq", "")
                        .file("etc/passwd.twice", "first")
                        .file("etc/passwd.twice", "second")
                        .file(".pelagos_complete", "ours")
                        .gzip());
        image = images.pull(registry.address() + "/app:1");
        tree = image.layers().get(1).directory();
    }

    @AfterEach
    void close() {
        if (registry != null) {
            images.close();
            pelagos.close();
            registry.close();
        }
    }

    @Test
    void whatIsAsItWasUnpackedIsSound() throws Exception {
        var before = entries();
        assertThat(images.verify(image).damages()).isEmpty();
        assertThat(images.verify(image, VerifyOptions.usual().quickly()).damages()).isEmpty();
        assertThat(entries()).isEqualTo(before);
    }

    private List<Path> entries() throws IOException {
        try (var all = Files.walk(pelagos.paths().dataDir(), 2)) {
            return all.sorted().toList();
        }
    }

    /** What is done to a tree, and what is said about it. */
    private enum Change {
        CONTENTS("\"etc/passwd\" has other contents") {
            @Override
            void apply(Path tree) throws IOException {
                var file = tree.resolve("etc/passwd");
                Files.writeString(file, Files.readString(file).replace("root:x", "root::"));
                Files.writeString(file, "root:x:0:0::/root:/bin/no\n");
                Files.setLastModifiedTime(file, THEN);
            }
        },
        THE_LAST_BYTE("\"etc/large\" has other contents") {
            @Override
            void apply(Path tree) throws IOException {
                var file = tree.resolve("etc/large");
                var bytes = Files.readAllBytes(file);
                bytes[bytes.length - 1] ^= 1;
                Files.write(file, bytes);
                Files.setLastModifiedTime(file, THEN);
            }
        },
        SIZE("\"etc/empty\" has 1 bytes instead of 0") {
            @Override
            void apply(Path tree) throws IOException {
                Files.writeString(tree.resolve("etc/empty"), "x");
            }
        },
        PERMISSIONS("\"bin/set\" has the permissions 0755 instead of 4755") {
            @Override
            void apply(Path tree) throws IOException {
                Files.setPosixFilePermissions(
                        tree.resolve("bin/set"), PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        },
        OWNER("\"implied/by/this\" belongs to 0:34 instead of 33:34") {
            @Override
            void apply(Path tree) throws IOException {
                Files.setAttribute(tree.resolve("implied/by/this"), "unix:uid", 0);
            }
        },
        TIME("\"etc\" was changed at 1970-01-01T00:00:01Z instead of 2020-09-13T12:26:40Z") {
            @Override
            void apply(Path tree) throws IOException {
                Files.setLastModifiedTime(tree.resolve("etc"), FileTime.fromMillis(1000));
            }
        },
        TARGET("\"etc/link\" leads to \"/elsewhere\"") {
            @Override
            void apply(Path tree) throws IOException {
                Files.delete(tree.resolve("etc/link"));
                Files.createSymbolicLink(tree.resolve("etc/link"), Path.of("/elsewhere"));
            }
        },
        TYPE("\"etc/fifo\" is of another type") {
            @Override
            void apply(Path tree) throws IOException {
                Files.delete(tree.resolve("etc/fifo"));
                Files.createDirectory(tree.resolve("etc/fifo"));
            }
        },
        A_LINK_OUT_OF_IT("\"bin\" is of another type") {
            @Override
            void apply(Path tree) throws IOException {
                Files.move(tree.resolve("bin"), tree.resolve("moved"));
                Files.createSymbolicLink(tree.resolve("bin"), Path.of("moved"));
            }
        },
        MISSING("\"dev/null\" is missing") {
            @Override
            void apply(Path tree) throws IOException {
                Files.delete(tree.resolve("dev/null"));
            }
        },
        ADDITION("\"bin/more\\x1b\" is not in the layer") {
            @Override
            void apply(Path tree) throws IOException {
                Files.writeString(tree.resolve("bin/more\u001b"), "x");
            }
        },
        ATTRIBUTE("\"etc/capable\" has not the extended attributes of the layer: [user.note]") {
            @Override
            void apply(Path tree) throws IOException {
                attributes(tree.resolve("etc/capable")).write("note", ByteBuffer.allocate(3));
            }
        },
        OPAQUE("\"etc/old\" has not the extended attributes of the layer: [user.overlay.opaque]") {
            @Override
            void apply(Path tree) throws IOException {
                attributes(tree.resolve("etc/old")).delete("overlay.opaque");
            }
        },
        WHITEOUT("\"etc/gone\" is missing") {
            @Override
            void apply(Path tree) throws IOException {
                Files.delete(tree.resolve("etc/gone"));
            }
        },
        HARD_LINK("is not the same file as its other names") {
            @Override
            void apply(Path tree) throws IOException {
                var copy = tree.resolve("etc/copy");
                Files.copy(
                        tree.resolve("etc/hard"),
                        copy,
                        java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
                Files.move(
                        copy,
                        tree.resolve("etc/hard"),
                        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
        };

        private final String said;

        Change(String said) {
            this.said = said;
        }

        abstract void apply(Path tree) throws IOException;

        private static UserDefinedFileAttributeView attributes(Path file) {
            return Files.getFileAttributeView(
                    file, UserDefinedFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatWasChangedIsNamedAndRepaired(Change change) throws Exception {
        var before = TreeListing.of(tree);
        // What is implied has the time of its unpacking.
        before.keySet().removeIf(it -> it.matches("bin|dev|etc/old|implied(/by)?"));
        change.apply(tree);
        // Nobody has noticed so far.
        assertThat(images.verify(image, VerifyOptions.usual().quickly()).sound()).isTrue();
        var found = images.verify(image);
        assertThat(found.damages())
                .anySatisfy(it -> assertThat(it.detail()).contains(change.said))
                .allSatisfy(
                        it -> {
                            assertThat(it.kind()).isEqualTo(Verification.Kind.FILE);
                            assertThat(it.layer()).isEqualTo(image.layers().get(1).digest());
                        });
        // It is unpacked again from what is here.
        registry.close();
        assertThat(images.verify(images.repair(found)).damages()).isEmpty();
        var after = TreeListing.of(tree);
        after.keySet().removeIf(it -> it.matches("bin|dev|etc/old|implied(/by)?"));
        assertThat(after).isEqualTo(before);
    }

    @Test
    void ofManyDifferencesTheFirstAreNamed() throws Exception {
        for (int i = 0; i < 100; i++) {
            Files.writeString(tree.resolve("etc/added-%03d".formatted(i)), "");
        }
        assertThat(images.verify(image).damages())
                .hasSize(21)
                .last()
                .satisfies(it -> assertThat(it.detail()).contains("and more files"));
    }

    @Test
    void aLayerThatIsDamagedItselfSaysNothingAboutFiles() throws Exception {
        Files.writeString(tree.resolve("etc/empty"), "x");
        var blob = pelagos.paths().images().blobPath(image.layers().get(1).digest().toString());
        Files.writeString(blob, "damaged");
        var found = images.verify(image);
        assertThat(found.damages())
                .extracting(Verification.Damage::kind)
                .containsExactly(Verification.Kind.BLOB);
        found = images.verify(images.repair(found));
        assertThat(found.damages())
                .extracting(Verification.Damage::kind)
                .contains(Verification.Kind.FILE);
        assertThat(images.verify(images.repair(found)).sound()).isTrue();
    }

    @Test
    void whatSomebodyNeedsIsNotUnpackedAgain() throws Exception {
        Files.writeString(tree.resolve("etc/empty"), "x");
        var found = images.verify(image);
        try (var lease = images.lease(image)) {
            assertThat(lease).isNotNull();
            assertThatExceptionOfType(ImageInUseException.class)
                    .isThrownBy(() -> images.repair(found));
            assertThat(tree.resolve("etc/empty")).hasContent("x");
        }
    }
}
