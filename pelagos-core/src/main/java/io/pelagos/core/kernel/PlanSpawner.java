package io.pelagos.core.kernel;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Starts the image of a plan.
 *
 * <p>The image lives in a memfd that is sealed before it is executed, so that nobody who gets hold
 * of {@code /proc/PID/exe} can change what the next one runs (CVE-2019-5736).
 */
final class PlanSpawner {
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int MFD_EXEC = 0x10;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_SEAL_SEAL = 1;
    private static final int F_SEAL_SHRINK = 2;
    private static final int F_SEAL_GROW = 4;
    private static final int F_SEAL_WRITE = 8;
    private static final int ATTEMPTS = 1000;
    private static final long PAUSE_NANOS = 1_000_000;

    private final Kernel kernel;
    private final @Nullable Path directory;

    PlanSpawner(Kernel kernel, @Nullable Path directory) {
        this.kernel = kernel;
        this.directory = directory;
    }

    int spawn(LaunchPlan plan, LaunchRequest request) {
        var calls = new SystemCalls(kernel);
        var image = PlanImage.of(plan);
        int fd;
        try {
            fd = memfd();
        } catch (ErrnoException e) {
            return spawnFromFile(calls, image, request, e);
        }
        try {
            return spawn(calls, fd, image, request);
        } catch (ErrnoException e) {
            if (!isDenied(e)) {
                throw e;
            }
            return spawnFromFile(calls, image, request, e);
        } finally {
            calls.close(fd);
        }
    }

    private static int spawn(SystemCalls calls, int fd, byte[] image, LaunchRequest request) {
        calls.writeFully(fd, image);
        calls.fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
        return LinuxKernel.Spawn.spawn("/proc/self/fd/" + fd, request);
    }

    /** Tells of memfd_noexec=2, a noexec policy of an LSM, or no procfs. */
    private static boolean isDenied(ErrnoException e) {
        return e.errno() == Errno.EACCES || e.errno() == Errno.ENOENT;
    }

    /** Starts the image of a {@link PlanLoader}, from memory only. */
    Optional<WaitingProcess> prepare(byte[] image, LaunchRequest request) {
        var calls = new SystemCalls(kernel);
        int fd = memfd();
        try {
            return Optional.of(new WaitingProcess(spawn(calls, fd, image, request)));
        } catch (ErrnoException e) {
            if (!isDenied(e)) {
                throw e;
            }
            return Optional.empty();
        } finally {
            calls.close(fd);
        }
    }

    /** Asks for an executable memfd; kernels before 6.3 do not know the flag. */
    private int memfd() {
        try (var memory = Memory.open()) {
            long name = memory.string("pelagos-launch");
            long fd =
                    kernel.call(
                            Syscall.MEMFD_CREATE, name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
            if (fd == -Errno.EINVAL.number()) {
                fd = kernel.call(Syscall.MEMFD_CREATE, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
            }
            if (fd < 0) {
                throw new ErrnoException(
                        Errno.of((int) -fd),
                        "memfd_create(\"pelagos-launch\", MFD_CLOEXEC|MFD_ALLOW_SEALING|MFD_EXEC)");
            }
            return (int) fd;
        }
    }

    private int spawnFromFile(
            SystemCalls calls, byte[] image, LaunchRequest request, ErrnoException why) {
        if (directory == null) {
            throw why;
        }
        try (var file = ImageFile.make(calls, directory, image)) {
            return spawnUnlessBusy(file, request);
        } catch (ErrnoException e) {
            e.addSuppressed(why);
            throw e;
        } catch (IOException e) {
            why.addSuppressed(e);
            throw why;
        }
    }

    /**
     * Another thread may be starting a process, which has a copy of the descriptor that wrote the
     * file until its execve(2).
     */
    private static int spawnUnlessBusy(ImageFile file, LaunchRequest request) {
        for (int attempt = 1; ; attempt++) {
            try {
                return LinuxKernel.Spawn.spawn(file.path(), request);
            } catch (ErrnoException e) {
                if (e.errno() != Errno.ETXTBSY || attempt == ATTEMPTS) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }
}
