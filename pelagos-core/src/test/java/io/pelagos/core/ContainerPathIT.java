package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.testing.InSandbox;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The files of a container as those of java.nio.file. */
class ContainerPathIT extends InSandbox {
    private static final String MADE =
            "mkdir -p /srv/d; printf abc > /srv/d/f; ln -s /srv/d /srv/link; mkfifo /srv/fifo;"
                    + " echo ready; sleep 1000";

    private Container container;

    @BeforeEach
    void start() {
        container = sandbox.sh(MADE).start();
        assertThat(container.stdout().lines().iterator().next()).isEqualTo("ready");
    }

    @AfterEach
    void close() {
        container.close();
    }

    @Test
    void filesAreReadThroughLinksOfTheContainer() throws Exception {
        assertThat(Files.readString(container.path("/srv/d/f"))).isEqualTo("abc");
        assertThat(Files.readString(container.path("/srv/link/f"))).isEqualTo("abc");
        assertThat(Files.size(container.path("/srv/d/f"))).isEqualTo(3);
        try (var channel = Files.newByteChannel(container.path("/srv/d/f"))) {
            channel.position(1);
            var buffer = java.nio.ByteBuffer.allocate(10);
            assertThat(channel.read(buffer)).isEqualTo(2);
            assertThat(channel.read(buffer)).isEqualTo(-1);
            assertThat(channel.size()).isEqualTo(3);
        }
        assertThat(Files.readString(container.path("/proc/1/status"))).startsWith("Name:");
    }

    @Test
    void directoriesAreListedAndWalked() throws Exception {
        try (var entries = Files.list(container.path("/srv"))) {
            assertThat(entries.map(Path::toString))
                    .containsExactlyInAnyOrder("/srv/d", "/srv/link", "/srv/fifo");
        }
        try (var all = Files.walk(container.path("/srv"))) {
            assertThat(all.map(Path::toString)).contains("/srv/d/f").doesNotContain("/srv/link/f");
        }
        assertThat(Files.isDirectory(container.path("/srv/link"))).isTrue();
        assertThat(Files.isSymbolicLink(container.path("/srv/link"))).isTrue();
        assertThat(Files.readSymbolicLink(container.path("/srv/link"))).hasToString("/srv/d");
        assertThat(Files.exists(container.path("/nowhere"))).isFalse();
        assertThat(Files.isSameFile(container.path("/srv/d"), container.path("/srv/link")))
                .isTrue();
    }

    @Test
    void copiesToTheMachineAreOrdinaryCopies() throws Exception {
        var target = directory.resolve("copy");
        Files.copy(container.path("/srv/d/f"), target, StandardCopyOption.REPLACE_EXISTING);
        assertThat(target).hasContent("abc");
    }

    @Test
    void nothingCanBeChanged() {
        var file = container.path("/srv/d/f");
        assertThatThrownBy(() -> Files.writeString(file, "x"))
                .isInstanceOf(ReadOnlyFileSystemException.class);
        assertThatThrownBy(() -> Files.delete(file))
                .isInstanceOf(ReadOnlyFileSystemException.class);
        assertThatThrownBy(() -> Files.createDirectory(container.path("/srv/new")))
                .isInstanceOf(ReadOnlyFileSystemException.class);
        assertThat(Files.isWritable(file)).isFalse();
        assertThatThrownBy(
                        () ->
                                file.getFileSystem()
                                        .provider()
                                        .checkAccess(file, java.nio.file.AccessMode.WRITE))
                .isInstanceOf(AccessDeniedException.class);
    }

    @Test
    void failuresAreThoseOfFiles() {
        assertThatThrownBy(() -> Files.readString(container.path("/none")))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(container.name() + ":/none");
        assertThatThrownBy(() -> Files.readString(container.path("/srv/d/f/x")))
                .isInstanceOf(NotDirectoryException.class);
        // A FIFO without a writer is not waited for.
        assertThatThrownBy(() -> Files.readString(container.path("/srv/fifo")))
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("no regular file");
    }

    @Test
    void noPathLeadsOutOfTheContainer() throws IOException, InterruptedException {
        var secret = Files.writeString(directory.resolve("secret"), "of the host");
        container.exec("ln", "-s", secret.toString(), "/srv/secret").run();
        container.exec("ln", "-s", "../../../../../../.." + secret, "/srv/up").run();
        for (var path : new String[] {"/srv/secret", "/srv/up", "/../../.." + secret}) {
            assertThatThrownBy(() -> Files.readString(container.path(path)))
                    .isInstanceOf(NoSuchFileException.class);
        }
    }

    @Test
    void pathsAreLikeOtherPaths() {
        var path = container.path("/srv/d/f");
        assertThat(path.getParent()).isEqualTo(path.getFileSystem().getPath("/srv/d"));
        assertThat(path.getFileName()).hasToString("f");
        assertThat(path.resolve("../g").normalize()).hasToString("/srv/d/g");
        assertThat(path.getRoot()).hasToString("/");
        assertThat(path.toUri()).hasToString("pelagos://" + container.name() + "/srv/d/f");
        assertThat(path.getFileSystem().isReadOnly()).isTrue();
    }
}
