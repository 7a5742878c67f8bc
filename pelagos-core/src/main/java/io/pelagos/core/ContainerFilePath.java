package io.pelagos.core;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import org.jspecify.annotations.Nullable;

/**
 * A path inside a container.
 *
 * @param files the file system that it belongs to
 * @param inner the same path on the host, of which only the words are used
 */
record ContainerFilePath(ContainerFileSystem files, Path inner) implements Path {
    private ContainerFilePath with(Path other) {
        return new ContainerFilePath(files, other);
    }

    private @Nullable Path withOrNull(@Nullable Path other) {
        return other == null ? null : with(other);
    }

    private static Path inner(Path other) {
        if (other instanceof ContainerFilePath path) {
            return path.inner;
        }
        throw new ProviderMismatchException(other + " is no path of a container");
    }

    @Override
    public FileSystem getFileSystem() {
        return files;
    }

    @Override
    public boolean isAbsolute() {
        return inner.isAbsolute();
    }

    @Override
    public @Nullable Path getRoot() {
        return withOrNull(inner.getRoot());
    }

    @Override
    public @Nullable Path getFileName() {
        return withOrNull(inner.getFileName());
    }

    @Override
    public @Nullable Path getParent() {
        return withOrNull(inner.getParent());
    }

    @Override
    public int getNameCount() {
        return inner.getNameCount();
    }

    @Override
    public Path getName(int index) {
        return with(inner.getName(index));
    }

    @Override
    public Path subpath(int begin, int end) {
        return with(inner.subpath(begin, end));
    }

    @Override
    public boolean startsWith(Path other) {
        return other instanceof ContainerFilePath path && inner.startsWith(path.inner);
    }

    @Override
    public boolean endsWith(Path other) {
        return other instanceof ContainerFilePath path && inner.endsWith(path.inner);
    }

    @Override
    public Path normalize() {
        return with(inner.normalize());
    }

    @Override
    public Path resolve(Path other) {
        return with(inner.resolve(inner(other)));
    }

    @Override
    public Path relativize(Path other) {
        return with(inner.relativize(inner(other)));
    }

    @Override
    public URI toUri() {
        return URI.create(ContainerFileSystem.SCHEME + "://" + files + toAbsolutePath());
    }

    @Override
    public Path toAbsolutePath() {
        return isAbsolute() ? this : with(Path.of("/").resolve(inner));
    }

    @Override
    public Path toRealPath(LinkOption... options) throws IOException {
        return files.provider().realPath(this);
    }

    @Override
    public WatchKey register(
            WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers) {
        throw new UnsupportedOperationException("files of a container cannot be watched");
    }

    @Override
    public int compareTo(Path other) {
        return inner.compareTo(inner(other));
    }

    @Override
    public String toString() {
        return inner.toString();
    }
}
