package io.pelagos.core;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.internal.files.CopyRules;
import io.pelagos.core.internal.files.TreeSource;
import io.pelagos.core.internal.files.TreeTarget;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.ContainerPath;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileSink;
import io.pelagos.core.spec.Owner;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Copies between the machine and the files of a container. Paths of the container are resolved with
 * its root for the root, by openat2(2): no link, {@code ..} or rename leads out of it. No program
 * of the container and no library of it takes part (CVE-2019-14271).
 */
final class FileCopies {
    private final FileCalls calls;
    private final String name;
    private final Supplier<Fd> roots;
    private final CopyRules rules;
    private final @Nullable Owner maker;

    /**
     * Makes copies.
     *
     * @param calls how
     * @param name the container, for messages
     * @param roots opens its root
     * @param rules what copies look like
     * @param maker who has to make files in the container; null for the user of the JVM
     */
    FileCopies(
            FileCalls calls,
            String name,
            Supplier<Fd> roots,
            CopyRules rules,
            @Nullable Owner maker) {
        this.calls = calls;
        this.name = name;
        this.roots = roots;
        this.rules = rules;
        this.maker = maker;
    }

    /** What a path in a container leads to: a name in a directory. */
    private record Place(Fd directory, String name) implements AutoCloseable {
        @Override
        public void close() {
            directory.close();
        }
    }

    /** Copies a file or a tree of the machine. */
    void in(Path source, String target) {
        attempt(
                "copying " + source + " to " + target + " of " + name,
                () -> {
                    try (var thread = OwnerThread.of(calls.calls(), maker)) {
                        Path ignored = act(thread, () -> copyIn(source, target));
                    }
                });
    }

    private Path copyIn(Path source, String target) throws IOException {
        try (var from = openSource(source);
                var root = roots.get();
                var place = place(root, target, source, calls.status(from));
                var sink = new TreeTarget(calls, place.directory(), place.name(), rules, false)) {
            new TreeSource(calls, sink).copy(from, "");
        }
        return source;
    }

    private static <T> T act(OwnerThread thread, Callable<T> action) throws IOException {
        try {
            return thread.act(action);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Fd openSource(Path source) {
        return calls.openPath(source.toAbsolutePath().toString(), O_PATH);
    }

    /** Finds where a copy goes, making the directories that lead there. */
    private Place place(Fd root, String target, Path source, FileStatus status) {
        var path = ContainerPath.normalize("target", target);
        boolean into = target.endsWith("/") || path.equals("/");
        if (status.isDirectory()) {
            into = path.equals("/");
        } else if (!into) {
            into = isDirectory(root, path);
        }
        if (into) {
            var last = status.isDirectory() ? "" : String.valueOf(source.getFileName());
            return new Place(makeDirectories(root, path), last);
        }
        // The last name too may be a link that leads to a directory, into which a tree is merged.
        if (status.isDirectory() && isDirectory(root, path)) {
            return new Place(makeDirectories(root, path), "");
        }
        int slash = path.lastIndexOf('/');
        return new Place(
                makeDirectories(root, path.substring(0, Math.max(slash, 1))),
                path.substring(slash + 1));
    }

    private boolean isDirectory(Fd root, String path) {
        try (var found = calls.openInRoot(root, path, O_PATH)) {
            return calls.status(found).isDirectory();
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return false;
            }
            throw e;
        }
    }

    private Fd makeDirectories(Fd root, String path) {
        var flags = Constant.flags(O_RDONLY, O_DIRECTORY);
        try {
            return calls.openInRoot(root, path, flags);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT || path.equals("/")) {
                throw e;
            }
        }
        int slash = path.lastIndexOf('/');
        try (var parent = makeDirectories(root, path.substring(0, Math.max(slash, 1)));
                var made = new TreeTarget(calls, parent, path.substring(slash + 1), rules, false)) {
            made.add(directory(), InputStream.nullInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException("making " + path, e);
        }
        return calls.openInRoot(root, path, flags);
    }

    private static FileEntry directory() {
        return new FileEntry(
                "",
                FileEntry.Type.DIRECTORY,
                new io.pelagos.core.spec.FileMode(0755),
                0,
                0,
                0,
                java.time.Instant.now(),
                "",
                0,
                0,
                java.util.Map.of());
    }

    /** Copies a file or a tree of the container to the machine. */
    void out(String source, Path target) {
        var path = ContainerPath.normalize("source", source);
        attempt(
                "copying " + source + " of " + name + " to " + target,
                () -> {
                    try (var root = roots.get();
                            var from = calls.openInRoot(root, path, O_PATH);
                            var place = hostPlace(target, path, calls.status(from));
                            var sink =
                                    new TreeTarget(
                                            calls, place.directory(), place.name(), rules, false)) {
                        new TreeSource(calls, sink).copy(from, "");
                    }
                });
    }

    private Place hostPlace(Path target, String source, FileStatus status) {
        var path = target.toAbsolutePath().normalize();
        var flags = Constant.flags(O_RDONLY, O_DIRECTORY);
        var last = path.getFileName();
        if (java.nio.file.Files.isDirectory(path) || last == null) {
            return new Place(
                    calls.openPath(path.toString(), flags),
                    status.isDirectory() ? "" : source.substring(source.lastIndexOf('/') + 1));
        }
        return new Place(calls.openPath(String.valueOf(path.getParent()), flags), last.toString());
    }

    /** Gives a file or a tree of the container to a sink. */
    void out(String source, FileSink sink) {
        var path = ContainerPath.normalize("source", source);
        attempt(
                "copying " + source + " of " + name,
                () -> {
                    try (var root = roots.get();
                            var from = calls.openInRoot(root, path, O_PATH)) {
                        new TreeSource(calls, new Numbered(sink, rules)).copy(from, "");
                    }
                });
    }

    /** Returns a sink that gives owners the numbers that rules say, and then to another. */
    static FileSink numbered(FileSink sink, CopyRules rules) {
        return new Numbered(sink, rules);
    }

    /** Gives owners the numbers that they have in the container. */
    private record Numbered(FileSink target, CopyRules rules) implements FileSink {
        @Override
        public void add(FileEntry entry, InputStream contents) throws IOException {
            var owner = rules.translation().apply(new Owner(entry.uid(), entry.gid()));
            target.add(entry.withOwner(owner), contents);
        }

        @Override
        public void close() {
            // Whoever gave the sink closes it.
        }
    }

    /** Opens a directory of the container, made when missing, for a tree to be put into it. */
    FileSink into(String directory) {
        var path = ContainerPath.normalize("directory", directory);
        var thread = OwnerThread.of(calls.calls(), maker);
        try {
            return act(thread, () -> open(path, thread));
        } catch (ErrnoException e) {
            thread.close();
            throw SyscallFailedException.of("opening " + directory + " of " + name, e);
        } catch (IOException e) {
            thread.close();
            throw new UncheckedIOException("opening " + directory + " of " + name, e);
        } catch (RuntimeException e) {
            thread.close();
            throw e;
        }
    }

    private FileSink open(String path, OwnerThread thread) {
        try (var root = roots.get()) {
            var base = makeDirectories(root, path);
            return new OpenSink(base, new TreeTarget(calls, base, "", rules, false), thread);
        }
    }

    private record OpenSink(Fd base, TreeTarget target, OwnerThread thread) implements FileSink {
        @Override
        public void add(FileEntry entry, InputStream contents) throws IOException {
            try {
                FileEntry ignored =
                        act(
                                thread,
                                () -> {
                                    target.add(entry, contents);
                                    return entry;
                                });
            } catch (ErrnoException e) {
                throw new IOException("writing " + entry.path() + ": " + e.getMessage(), e);
            }
        }

        @Override
        public void close() {
            try (thread;
                    base) {
                target.close();
            }
        }
    }

    /** What can fail in two ways. */
    private interface Action {
        void run() throws IOException;
    }

    private static void attempt(String purpose, Action action) {
        try {
            action.run();
        } catch (ErrnoException e) {
            throw SyscallFailedException.of(purpose, e);
        } catch (IOException e) {
            throw new UncheckedIOException(purpose, e);
        }
    }
}
