package io.pelagos.core.internal.plan;

import io.pelagos.core.spec.RootSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The files with users and groups of a container, read without native access. In a directory no
 * symbolic link is followed on the way to them, because there is no way to keep it inside.
 */
public final class AccountFiles implements UnaryOperator<String> {
    private static final int LIMIT = 1 << 20;

    private final RootSpec root;

    /** Looks into a root file system. */
    public AccountFiles(RootSpec root) {
        this.root = root;
    }

    /**
     * Reads a file.
     *
     * @param path for example {@code etc/passwd}
     * @return its text, empty when it is missing
     * @throws IllegalArgumentException when it cannot be read
     */
    @Override
    public String apply(String path) {
        try {
            return switch (root) {
                case RootSpec.Files(var files) -> {
                    var entry = files.get("/" + path);
                    yield entry == null ? "" : entry.contents().utf8();
                }
                case RootSpec.Directory(var directory) -> read(directory, Path.of(path));
                case RootSpec.Host() -> read(Path.of("/"), Path.of(path));
                case RootSpec.Layers layers -> read(layers, Path.of(path));
            };
        } catch (NoSuchFileException _) {
            return "";
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "user: reading /"
                            + path
                            + " of the container: "
                            + e
                            + "; a user and a group given by numbers need no file",
                    e);
        }
    }

    /** Reads it from the highest layer that has one, or is told by a whiteout that it is gone. */
    private static String read(RootSpec.Layers layers, Path path) throws IOException {
        for (var layer : layers.topDown()) {
            if (Files.exists(layer.resolve(path), LinkOption.NOFOLLOW_LINKS)) {
                return read(layer, path);
            }
        }
        return "";
    }

    private static String read(Path directory, Path path) throws IOException {
        try (var top = Files.newDirectoryStream(directory);
                var parent =
                        secure(top)
                                .newDirectoryStream(path.getParent(), LinkOption.NOFOLLOW_LINKS)) {
            var name = path.getFileName();
            var attributes =
                    parent.getFileAttributeView(
                                    name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                            .readAttributes();
            if (!attributes.isRegularFile() || attributes.size() > LIMIT) {
                throw new IOException("is no regular file, or larger than " + LIMIT + " bytes");
            }
            try (var channel =
                    parent.newByteChannel(
                            name, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
                return read(channel);
            }
        }
    }

    private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream)
            throws IOException {
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return secure;
        }
        throw new IOException("this file system cannot be searched without following links");
    }

    private static String read(SeekableByteChannel channel) throws IOException {
        var bytes = ByteBuffer.allocate(LIMIT);
        while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
            // Until the end of the file or of the room.
        }
        return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
    }
}
