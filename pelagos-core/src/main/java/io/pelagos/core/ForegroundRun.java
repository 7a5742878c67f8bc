package io.pelagos.core;

import io.pelagos.core.internal.launch.ForegroundReport;
import io.pelagos.core.internal.plan.ContainerPlan;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.PlanImage;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stdio;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** One run of a plan that lies in a file: its files, its process, its end. */
final class ForegroundRun {
    private static final FileAttribute<Set<PosixFilePermission>> EXECUTABLE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<Set<PosixFilePermission>> READABLE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final int SI_CODE = 8;
    private static final int SI_STATUS = 24;
    private static final int CLD_EXITED = 1;
    private static final int CLD_DUMPED = 3;
    private static final long POLL_MILLIS = 10;

    private static final AtomicLong STARTS = new AtomicLong();

    private final PelagosPaths paths;
    private final ContainerSpec spec;
    private final Plans plans;
    private final Duration grace;

    /** Makes the plan for the names of its files. */
    interface Plans {
        ContainerPlan plan(Path report, Path image);
    }

    /**
     * Prepares a run.
     *
     * @param grace how long the container may take to end when the thread is interrupted
     */
    ForegroundRun(PelagosPaths paths, ContainerSpec spec, Plans plans, Duration grace) {
        this.paths = paths;
        this.spec = spec;
        this.plans = plans;
        this.grace = grace;
    }

    /** Runs it; where the first directory allows no execution, in one for temporary files. */
    Exit run() throws InterruptedException {
        try {
            try {
                return start(launchDirectory()).await();
            } catch (NotStarted first) {
                return elsewhere(first);
            }
        } catch (IOException e) {
            var failure =
                    new UnsupportedHostException(
                            "starting the container from a file: "
                                    + e.getMessage()
                                    + ". Programs must be executable in "
                                    + paths.launchDir()
                                    + " or in the directory for temporary files");
            failure.initCause(e);
            throw failure;
        }
    }

    /** No process was made; nothing is left of the attempt. */
    private static final class NotStarted extends IOException {
        private static final long serialVersionUID = 1L;

        NotStarted(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    private Path launchDirectory() throws IOException {
        paths.createRuntimeDir();
        try {
            return Files.createDirectory(paths.launchDir(), EXECUTABLE);
        } catch (FileAlreadyExistsException _) {
            return paths.launchDir();
        }
    }

    private Exit elsewhere(NotStarted why) throws IOException, InterruptedException {
        var directory = Files.createTempDirectory("pelagos-");
        try {
            return start(directory).await();
        } catch (NotStarted e) {
            e.addSuppressed(why);
            throw e;
        } finally {
            Files.delete(directory);
        }
    }

    private Started start(Path directory) throws IOException {
        // Nobody else can make a file here; random names would take a cold JVM longer than a start.
        var name =
                "launch-"
                        + ProcessHandle.current().pid()
                        + "-"
                        + STARTS.incrementAndGet()
                        + "-"
                        + System.nanoTime();
        var image = directory.resolve(name);
        var reportFile = directory.resolve(name + ".report");
        var report =
                FileChannel.open(
                        reportFile,
                        Set.of(
                                StandardOpenOption.CREATE_NEW,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE),
                        READABLE);
        try {
            var plan = plans.plan(reportFile, image).plan();
            write(image, PlanImage.of(plan));
            return new Started(plan, helper(image), report, reportFile);
        } catch (IOException | RuntimeException e) {
            report.close();
            Files.deleteIfExists(reportFile);
            throw e;
        } finally {
            Files.deleteIfExists(image);
        }
    }

    private Process helper(Path image) throws IOException {
        var builder = builder(image);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new NotStarted(e);
        }
    }

    private static void write(Path image, byte[] bytes) throws IOException {
        try (var channel =
                FileChannel.open(
                        image,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        EXECUTABLE)) {
            var buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }
    }

    private ProcessBuilder builder(Path image) throws IOException {
        var builder = new ProcessBuilder(image.toString()).directory(new File("/"));
        builder.environment().clear();
        return builder.redirectInput(input(spec.stdin()))
                .redirectOutput(output(spec.stdout()))
                .redirectError(output(spec.stderr()));
    }

    private static Redirect input(Stdio stream) {
        if (stream instanceof Stdio.ToFile(var path, _)) {
            requireReadable(path);
            return Redirect.from(path.toFile());
        }
        return stream instanceof Stdio.Inherit
                ? Redirect.INHERIT
                : Redirect.from(new File("/dev/null"));
    }

    private static void requireReadable(Path path) {
        if (!Files.isReadable(path)) {
            throw new SyscallFailedException(
                    "opening standard input",
                    "open(\"" + path + "\", O_RDONLY)",
                    Files.exists(path) ? Errno.EACCES : Errno.ENOENT);
        }
    }

    private static void create(Path path) throws IOException {
        try {
            Files.createFile(path, READABLE);
        } catch (FileAlreadyExistsException _) {
            // It keeps its permissions, as with any other way to start a container.
        } catch (NoSuchFileException | AccessDeniedException e) {
            var failure =
                    new SyscallFailedException(
                            "opening standard output or error",
                            "open(\"" + path + "\", O_WRONLY|O_CREAT)",
                            e instanceof NoSuchFileException ? Errno.ENOENT : Errno.EACCES);
            failure.initCause(e);
            throw failure;
        }
    }

    private static Redirect output(Stdio stream) throws IOException {
        if (stream instanceof Stdio.ToFile(var path, var append)) {
            create(path);
            return append ? Redirect.appendTo(path.toFile()) : Redirect.to(path.toFile());
        }
        return stream instanceof Stdio.Inherit ? Redirect.INHERIT : Redirect.DISCARD;
    }

    /** A helper that runs, and the file it reports into, which it removes once it has opened it. */
    private final class Started {
        private final LaunchPlan plan;
        private final Process helper;
        private final FileChannel report;
        private final Path reportFile;

        Started(LaunchPlan plan, Process helper, FileChannel report, Path reportFile) {
            this.plan = plan;
            this.helper = helper;
            this.report = report;
            this.reportFile = reportFile;
        }

        Exit await() throws IOException, InterruptedException {
            boolean timedOut = false;
            try (report) {
                if (spec.timeout() != null && !helper.waitFor(spec.timeout())) {
                    timedOut = true;
                    end(helper);
                }
                int ignored = helper.waitFor();
                assert ignored >= 0;
                var exit = exit(ForegroundReport.end(plan, read(report)));
                return timedOut ? new Exit.TimedOut(Objects.requireNonNull(spec.timeout())) : exit;
            } catch (InterruptedException e) {
                endUninterruptibly(helper, grace);
                throw e;
            } finally {
                Files.deleteIfExists(reportFile);
            }
        }
    }

    /** Ends the first process, which the helper may still be about to make. */
    private static void end(Process helper) throws InterruptedException {
        do {
            helper.children().forEach(ProcessHandle::destroyForcibly);
        } while (!helper.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS));
    }

    /** Asks the first process to end, once it is there, and waits for a while whether it does. */
    private static boolean ask(Process helper, Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        boolean asked = false;
        while (!asked && System.nanoTime() < deadline) {
            asked = helper.children().filter(ProcessHandle::destroy).count() > 0;
            if (helper.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                return true;
            }
        }
        return helper.waitFor(Duration.ofNanos(deadline - System.nanoTime()));
    }

    private static void endUninterruptibly(Process helper, Duration grace) {
        var left = grace;
        while (helper.isAlive()) {
            try {
                if (left.isZero() || !ask(helper, left)) {
                    end(helper);
                }
            } catch (InterruptedException _) {
                // The caller hears of it when the container has ended; once more means now.
                left = Duration.ZERO;
            }
        }
    }

    private static byte[] read(FileChannel report) throws IOException {
        var bytes = ByteBuffer.allocate(ForegroundReport.largest());
        while (bytes.hasRemaining() && report.read(bytes, bytes.position()) >= 0) {
            // Until the end of the file.
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    private static Exit exit(ByteBuffer info) {
        int status = info.getInt(SI_STATUS);
        int code = info.getInt(SI_CODE);
        return code == CLD_EXITED
                ? new Exit.Code(status & 0xff)
                : new Exit.Killed(Signal.of(status), code == CLD_DUMPED);
    }
}
