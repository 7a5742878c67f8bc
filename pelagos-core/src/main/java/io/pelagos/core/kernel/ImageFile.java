package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_CREAT;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_EXCL;
import static io.pelagos.core.kernel.OpenFlag.O_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_TMPFILE;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The image of a plan in a file, where memory cannot be executed.
 *
 * <p>The file has no name where the file system and procfs allow that, so that nothing of it is
 * left whenever the JVM ends. Elsewhere it has a name while it is being started. Whoever uses one
 * holds a shared lock on the directory, and whoever gets the exclusive lock knows that every such
 * file was left by a JVM that was killed.
 */
final class ImageFile implements AutoCloseable {
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int MODE = 0700;

    private final String path;
    private final Fd directory;
    private final Runnable removal;

    private ImageFile(String path, Fd directory, Runnable removal) {
        this.path = path;
        this.directory = directory;
        this.removal = removal;
    }

    /**
     * Makes a file.
     *
     * @param calls where calls go
     * @param directory where it is made; made itself when missing
     * @param image its contents
     * @return the file, which nobody has open for writing
     * @throws IOException when the directory cannot be made
     */
    static ImageFile make(SystemCalls calls, Path directory, byte[] image) throws IOException {
        Files.createDirectories(directory);
        var held =
                Fd.of(
                        calls.kernel(),
                        calls.openat(
                                null,
                                directory.toString(),
                                Constant.flags(O_RDONLY, O_DIRECTORY, O_CLOEXEC),
                                0),
                        directory.toString());
        try {
            var file = withoutName(calls, held, image);
            if (file == null) {
                sweep(calls, held, directory);
                file = withName(calls, held, directory, image);
            }
            return file;
        } catch (IOException | RuntimeException e) {
            held.close();
            throw e;
        }
    }

    /** What is executed. */
    String path() {
        return path;
    }

    /** Returns null where the kernel or the file system cannot do that. */
    private static @Nullable ImageFile withoutName(SystemCalls calls, Fd directory, byte[] image) {
        int written;
        try {
            written =
                    calls.openat(
                            directory, ".", Constant.flags(O_TMPFILE, O_WRONLY, O_CLOEXEC), MODE);
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case EOPNOTSUPP, EISDIR, EINVAL -> null;
                default -> throw e;
            };
        }
        try {
            calls.writeFully(written, image);
            int executed =
                    calls.openat(
                            null,
                            "/proc/self/fd/" + written,
                            Constant.flags(O_RDONLY, O_CLOEXEC),
                            0);
            return new ImageFile(
                    "/proc/self/fd/" + executed, directory, () -> calls.close(executed));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return null; // no procfs
            }
            throw e;
        } finally {
            calls.close(written);
        }
    }

    private static ImageFile withName(SystemCalls calls, Fd directory, Path at, byte[] image) {
        var name = "launch-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        int fd =
                calls.openat(
                        directory,
                        name,
                        Constant.flags(O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_CLOEXEC),
                        MODE);
        Runnable removal = () -> calls.unlinkat(directory, name, Constant.flags());
        try {
            try {
                calls.writeFully(fd, image);
            } finally {
                calls.close(fd);
            }
            return new ImageFile(at.resolve(name).toString(), directory, removal);
        } catch (RuntimeException e) {
            removal.run();
            throw e;
        }
    }

    /** Removes what killed JVMs have left, and keeps others from doing so. */
    private static void sweep(SystemCalls calls, Fd directory, Path at) throws IOException {
        if (calls.retry(Syscall.FLOCK, directory.number(), LOCK_EX | LOCK_NB) == 0) {
            try (var stale = Files.newDirectoryStream(at, ImageFile::isImage)) {
                for (var file : stale) {
                    Files.deleteIfExists(file);
                }
            }
        }
        SystemCalls.check(
                calls.retry(Syscall.FLOCK, directory.number(), LOCK_SH),
                Syscall.FLOCK,
                directory,
                "LOCK_SH");
    }

    private static boolean isImage(Path file) {
        return file.getFileName().toString().matches("launch-[0-9]+-[0-9]+");
    }

    /** Removes the file, whether or not it was executed. */
    @Override
    public void close() {
        try (directory) {
            removal.run();
        }
    }
}
