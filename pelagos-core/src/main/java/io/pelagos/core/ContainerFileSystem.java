package io.pelagos.core;

import io.pelagos.core.files.FileCalls;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.List;
import java.util.Set;

/**
 * The files of one container or root file system, read-only. Each operation opens the root anew and
 * resolves its path in there: no link and no {@code ..} leads out of it.
 */
final class ContainerFileSystem extends FileSystem {
    static final String SCHEME = "pelagos";

    private final String container;
    private final ContainerFileProvider provider;

    /**
     * Makes one.
     *
     * @param container its name, for messages
     * @param calls how
     * @param tree its files
     */
    ContainerFileSystem(String container, FileCalls calls, FileTree tree) {
        this.container = container;
        provider = new ContainerFileProvider(container, calls, tree);
    }

    @Override
    public ContainerFileProvider provider() {
        return provider;
    }

    @Override
    public Path getPath(String first, String... more) {
        return new ContainerFilePath(this, Path.of(first, more));
    }

    /** Does nothing: it holds nothing. */
    @Override
    public void close() {
        // Every operation closes what it has opened.
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return true;
    }

    @Override
    public String getSeparator() {
        return "/";
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return List.of(getPath("/"));
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return List.of();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return Set.of("basic");
    }

    @Override
    public PathMatcher getPathMatcher(String syntaxAndPattern) {
        var matcher = FileSystems.getDefault().getPathMatcher(syntaxAndPattern);
        return path -> path instanceof ContainerFilePath own && matcher.matches(own.inner());
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        throw new UnsupportedOperationException("users of a container are numbers");
    }

    @Override
    public WatchService newWatchService() {
        throw new UnsupportedOperationException("files of a container cannot be watched");
    }

    @Override
    public String toString() {
        return container;
    }
}
