package io.pelagos.core.internal.files;

import static io.pelagos.core.kernel.OpenFlag.O_CREAT;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_TRUNC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * A directory that exists for one process: it is named for it, holds a mark of it, and is removed
 * by it, or when that process has died by whoever looks next.
 */
public final class Scratch {
    private static final String OWNER = "owner";
    private static final Pattern NAME =
            Pattern.compile("(?:overlay|snapshot)-([1-9][0-9]{0,9})-[0-9]+");
    private static final int LIMIT = 4096;

    private final FileCalls calls;
    private final Path path;

    private final Consumer<Path> refused;

    private Scratch(FileCalls calls, Path path, Consumer<Path> refused) {
        this.calls = calls;
        this.path = path;
        this.refused = refused;
    }

    /**
     * Makes a directory that belongs to this JVM.
     *
     * @param calls what it is made by
     * @param places gives other paths until one is free, in a directory that exists
     */
    public static Scratch make(FileCalls calls, Supplier<Path> places) {
        return make(calls, places, _ -> {});
    }

    /**
     * Makes a directory that belongs to this JVM, and will hold files of others.
     *
     * @param calls what it is made by
     * @param places gives other paths until one is free, in a directory that exists
     * @param refused tries to remove what this user may not, by other means
     */
    public static Scratch make(FileCalls calls, Supplier<Path> places, Consumer<Path> refused) {
        while (true) {
            var path = places.get();
            try {
                calls.calls().mkdirat(null, path.toString(), 0700);
            } catch (ErrnoException e) {
                if (e.errno() == Errno.EEXIST) {
                    continue;
                }
                throw e;
            }
            var scratch = new Scratch(calls, path, refused);
            try {
                scratch.giveTo(ProcessHandle.current().pid());
            } catch (RuntimeException e) {
                scratch.remove();
                throw e;
            }
            return scratch;
        }
    }

    /**
     * Finds what belongs to a process.
     *
     * @param calls how to look
     * @param directory where to look
     * @param pid a process that lives
     * @return where it is
     */
    public static Optional<Path> of(FileCalls calls, Path directory, long pid) {
        var mark = OwnerMark.of(calls.calls(), pid);
        try (var parent = open(calls, directory.toString())) {
            for (var name : calls.list(parent)) {
                if (NAME.matcher(name).matches()
                        && calls.status(parent, name).filter(FileStatus::isDirectory).isPresent()
                        && owner(calls, parent, name).filter(mark::equals).isPresent()) {
                    return Optional.of(directory.resolve(name));
                }
            }
            return Optional.empty();
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Returns where it is. */
    public Path path() {
        return path;
    }

    /** Makes a directory in it. */
    public Path makeDirectory(String name, int mode) {
        var directory = path.resolve(name);
        calls.calls().mkdirat(null, directory.toString(), mode);
        return directory;
    }

    /** Says that it belongs to a process. */
    public void giveTo(long pid) {
        var mark = OwnerMark.of(calls.calls(), pid).toString().getBytes(StandardCharsets.UTF_8);
        int file =
                calls.calls()
                        .openat(
                                null,
                                path.resolve(OWNER).toString(),
                                Constant.flags(O_WRONLY, O_CREAT, O_TRUNC),
                                0600);
        try {
            calls.calls().writeFully(file, mark);
        } finally {
            calls.calls().close(file);
        }
    }

    /** Removes it and everything in it. */
    public void remove() {
        try (var parent = open(calls, String.valueOf(path.getParent()))) {
            remove(calls, parent, path, refused);
        }
    }

    /**
     * Removes a tree.
     *
     * @param calls what it is removed by
     * @param parent its directory, open
     * @param path where it is
     * @param refused tries what this user may not remove, by other means
     */
    public static void remove(FileCalls calls, Fd parent, Path path, Consumer<Path> refused) {
        var name = String.valueOf(path.getFileName());
        try {
            TreeRemoval.remove(calls, parent, name);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EACCES && e.errno() != Errno.EPERM) {
                throw e;
            }
            try {
                refused.accept(path);
                TreeRemoval.remove(calls, parent, name);
            } catch (RuntimeException other) {
                e.addSuppressed(other);
                throw e;
            }
        }
    }

    private static Fd open(FileCalls calls, String directory) {
        return calls.openPath(directory, Constant.flags(O_RDONLY, O_DIRECTORY));
    }

    /**
     * Removes what dead processes have left.
     *
     * @param calls what it is removed by
     * @param directory where to look
     * @param refused tries what this user may not remove, by other means
     * @return what was removed
     */
    public static List<Path> recover(FileCalls calls, Path directory, Consumer<Path> refused) {
        var removed = new ArrayList<Path>();
        try (var parent = open(calls, directory.toString())) {
            for (var name : calls.list(parent)) {
                if (isLeft(calls, parent, name)) {
                    remove(calls, parent, directory.resolve(name), refused);
                    removed.add(directory.resolve(name));
                }
            }
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
        return removed;
    }

    private static boolean isLeft(FileCalls calls, Fd parent, String name) {
        var match = NAME.matcher(name);
        if (!match.matches()
                || calls.status(parent, name).filter(FileStatus::isDirectory).isEmpty()) {
            return false;
        }
        var owner = owner(calls, parent, name);
        if (owner.isPresent()) {
            return owner.get().isDead(calls.calls());
        }
        // Made a moment ago, or by somebody who died in that moment: then the number alone counts.
        return calls.calls()
                        .retry(
                                io.pelagos.core.kernel.Syscall.KILL,
                                Long.parseLong(match.group(1)),
                                0)
                == -Errno.ESRCH.number();
    }

    private static Optional<OwnerMark> owner(FileCalls calls, Fd parent, String name) {
        try (var scratch =
                calls.openEntry(parent, name, Constant.flags(O_RDONLY, O_DIRECTORY), 0)) {
            if (calls.status(scratch, OWNER).filter(FileStatus::isRegular).isEmpty()) {
                return Optional.empty();
            }
            return OwnerMark.parse(calls.calls().readFile(scratch, OWNER, LIMIT));
        }
    }
}
