package io.pelagos.core;

import static io.pelagos.core.kernel.OpenFlag.O_NOCTTY;
import static io.pelagos.core.kernel.OpenFlag.O_NONBLOCK;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.spec.ContainerPath;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What can be done with the paths of a {@link ContainerFileSystem}. */
final class ContainerFileProvider extends FileSystemProvider {
    private final String container;
    private final FileCalls calls;
    private final FileTree tree;

    ContainerFileProvider(String container, FileCalls calls, FileTree tree) {
        this.container = container;
        this.calls = calls;
        this.tree = tree;
    }

    /** What fails like a system call. */
    private interface Action<T> {
        T run(String path) throws IOException;
    }

    private <T> T in(Path path, Action<T> action) throws IOException {
        if (!(path instanceof ContainerFilePath own)) {
            throw new ProviderMismatchException(path + " is no path of a container");
        }
        var text = own.toAbsolutePath().toString();
        try {
            return action.run(text);
        } catch (ErrnoException e) {
            throw translated(text, e);
        }
    }

    private IOException translated(String path, ErrnoException e) {
        var named = container + ":" + path;
        FileSystemException translated =
                switch (e.errno()) {
                    case ENOENT -> new NoSuchFileException(named);
                    case ENOTDIR -> new NotDirectoryException(named);
                    case EACCES, EPERM -> new AccessDeniedException(named);
                    case ELOOP -> new FileSystemLoopException(named);
                    default -> new FileSystemException(named, null, e.getMessage());
                };
        translated.initCause(e);
        return translated;
    }

    @Override
    public SeekableByteChannel newByteChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        for (var option : options) {
            if (option != StandardOpenOption.READ && !(option instanceof LinkOption)) {
                throw new ReadOnlyFileSystemException();
            }
        }
        boolean followed = !options.contains(LinkOption.NOFOLLOW_LINKS);
        return in(
                path,
                text -> {
                    try (var found = tree.open(text, followed)) {
                        // Looked at before it is opened: opening a FIFO or a device has effects.
                        var status = calls.status(found);
                        if (!status.isRegular()) {
                            throw new FileSystemException(
                                    container + ":" + text, null, "is no regular file");
                        }
                        var reading = Constant.flags(O_RDONLY, O_NOCTTY, O_NONBLOCK);
                        return new ReadingChannel(calls, calls.reopen(found, reading));
                    }
                });
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(
            Path directory, DirectoryStream.Filter<? super Path> filter) throws IOException {
        var names = in(directory, tree::list);
        var entries = new ArrayList<Path>();
        for (var name : names) {
            var entry = directory.resolve(name);
            if (filter.accept(entry)) {
                entries.add(entry);
            }
        }
        return new Entries(entries);
    }

    private record Entries(List<Path> entries) implements DirectoryStream<Path> {
        @Override
        public Iterator<Path> iterator() {
            return List.copyOf(entries).iterator();
        }

        @Override
        public void close() {
            // The names were read at once.
        }
    }

    @Override
    public Path readSymbolicLink(Path link) throws IOException {
        return in(
                link,
                text -> {
                    try (var found = tree.open(text, false)) {
                        if (!calls.status(found).isSymlink()) {
                            throw new NotLinkException(container + ":" + text);
                        }
                        return link.getFileSystem().getPath(calls.readLink(found, ""));
                    }
                });
    }

    /** Returns a path as the kernel of the container would name it. */
    Path realPath(ContainerFilePath path) throws IOException {
        var status = status(path);
        var normalized = ContainerPath.normalize("path", path.toAbsolutePath().toString());
        assert status.mode() != 0;
        return path.getFileSystem().getPath(normalized);
    }

    private FileStatus status(Path path, LinkOption... options) throws IOException {
        return in(
                path,
                text -> {
                    try (var found = tree.open(text, options.length == 0)) {
                        return calls.status(found);
                    }
                });
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        var status = status(path);
        for (var mode : modes) {
            if (mode == AccessMode.WRITE
                    || (mode == AccessMode.EXECUTE && (status.permissions() & 0111) == 0)) {
                throw new AccessDeniedException(container + ":" + path);
            }
        }
    }

    @Override
    public boolean isSameFile(Path path, Path other) throws IOException {
        return path.equals(other) || status(path).isSame(status(other));
    }

    @Override
    public boolean isHidden(Path path) {
        var name = path.getFileName();
        return name != null && name.toString().startsWith(".");
    }

    @Override
    public FileStore getFileStore(Path path) {
        throw new UnsupportedOperationException("the files of a container have no file store");
    }

    @Override
    public <V extends FileAttributeView> @Nullable V getFileAttributeView(
            Path path, Class<V> type, LinkOption... options) {
        return type == BasicFileAttributeView.class
                ? type.cast(new View(this, path, List.of(options)))
                : null;
    }

    /** Reads attributes, and changes none. */
    private record View(ContainerFileProvider provider, Path path, List<LinkOption> options)
            implements BasicFileAttributeView {
        @Override
        public String name() {
            return "basic";
        }

        @Override
        public BasicFileAttributes readAttributes() throws IOException {
            return provider.readAttributes(
                    path, BasicFileAttributes.class, options.toArray(LinkOption[]::new));
        }

        @Override
        public void setTimes(FileTime modified, FileTime accessed, FileTime created) {
            throw new ReadOnlyFileSystemException();
        }
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(
            Path path, Class<A> type, LinkOption... options) throws IOException {
        if (type != BasicFileAttributes.class) {
            throw new UnsupportedOperationException(type + ": only basic attributes are there");
        }
        return type.cast(new Attributes(status(path, options)));
    }

    /** The kernel tells when contents were changed last; other times are taken for the same. */
    private record Attributes(FileStatus status) implements BasicFileAttributes {
        @Override
        public FileTime lastModifiedTime() {
            return FileTime.from(status.modified());
        }

        @Override
        public FileTime lastAccessTime() {
            return lastModifiedTime();
        }

        @Override
        public FileTime creationTime() {
            return lastModifiedTime();
        }

        @Override
        public boolean isRegularFile() {
            return status.isRegular();
        }

        @Override
        public boolean isDirectory() {
            return status.isDirectory();
        }

        @Override
        public boolean isSymbolicLink() {
            return status.isSymlink();
        }

        @Override
        public boolean isOther() {
            return !isRegularFile() && !isDirectory() && !isSymbolicLink();
        }

        @Override
        public long size() {
            return status.size();
        }

        @Override
        public Object fileKey() {
            return List.of(status.device(), status.inode());
        }
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String names, LinkOption... options)
            throws IOException {
        int colon = names.indexOf(':');
        if (colon >= 0 && !names.substring(0, colon).equals("basic")) {
            throw new UnsupportedOperationException(names + ": only basic attributes are there");
        }
        var attributes = readAttributes(path, BasicFileAttributes.class, options);
        var all = new LinkedHashMap<String, Object>();
        all.put("lastModifiedTime", attributes.lastModifiedTime());
        all.put("lastAccessTime", attributes.lastAccessTime());
        all.put("creationTime", attributes.creationTime());
        all.put("size", attributes.size());
        all.put("isRegularFile", attributes.isRegularFile());
        all.put("isDirectory", attributes.isDirectory());
        all.put("isSymbolicLink", attributes.isSymbolicLink());
        all.put("isOther", attributes.isOther());
        all.put("fileKey", attributes.fileKey());
        var wanted = List.of(names.substring(colon + 1).split(",", -1));
        if (!wanted.contains("*")) {
            if (!all.keySet().containsAll(wanted)) {
                throw new IllegalArgumentException(names + ": must be of " + all.keySet());
            }
            all.keySet().retainAll(wanted);
        }
        return all;
    }

    @Override
    public String getScheme() {
        return ContainerFileSystem.SCHEME;
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
        throw new UnsupportedOperationException("Container.path gives paths of a container");
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
        throw new UnsupportedOperationException("Container.path gives paths of a container");
    }

    @Override
    public Path getPath(URI uri) {
        throw new UnsupportedOperationException("Container.path gives paths of a container");
    }

    @Override
    public void createDirectory(Path directory, FileAttribute<?>... attributes) {
        throw new ReadOnlyFileSystemException();
    }

    @Override
    public void delete(Path path) {
        throw new ReadOnlyFileSystemException();
    }

    @Override
    public void copy(Path source, Path target, CopyOption... options) {
        throw new ReadOnlyFileSystemException();
    }

    @Override
    public void move(Path source, Path target, CopyOption... options) {
        throw new ReadOnlyFileSystemException();
    }

    @Override
    public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
        throw new ReadOnlyFileSystemException();
    }
}
