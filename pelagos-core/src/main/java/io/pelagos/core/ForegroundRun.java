package io.pelagos.core;

import io.pelagos.core.internal.launch.ForegroundReport;
import io.pelagos.core.internal.plan.ContainerPlan;
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
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

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

    private final PelagosPaths paths;
    private final ContainerSpec spec;
    private final Plans plans;

    /** Makes the plan for the names of its files. */
    interface Plans {
        ContainerPlan plan(Path report, Path image);
    }

    ForegroundRun(PelagosPaths paths, ContainerSpec spec, Plans plans) {
        this.paths = paths;
        this.spec = spec;
        this.plans = plans;
    }

    /** Runs it; where the first directory allows no execution, in one for temporary files. */
    Exit run() throws InterruptedException {
        try {
            Started started;
            try {
                started = start(launchDirectory());
            } catch (IOException e) {
                started = startElsewhere(e);
            }
            try (var report = started.report()) {
                return await(started.plan(), started.helper(), report);
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

    /** A helper whose files are gone. */
    private record Started(LaunchPlan plan, Process helper, FileChannel report) {}

    private Path launchDirectory() throws IOException {
        paths.createRuntimeDir();
        try {
            return Files.createDirectory(paths.launchDir(), EXECUTABLE);
        } catch (FileAlreadyExistsException _) {
            return paths.launchDir();
        }
    }

    private Started startElsewhere(IOException why) throws IOException {
        var directory = Files.createTempDirectory("pelagos-");
        try {
            return start(directory);
        } catch (IOException e) {
            e.addSuppressed(why);
            throw e;
        } finally {
            Files.delete(directory);
        }
    }

    private Started start(Path directory) throws IOException {
        var name = "launch-" + UUID.randomUUID();
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
            return new Started(plan, builder(image).start(), report);
        } catch (IOException | RuntimeException e) {
            report.close();
            Files.deleteIfExists(reportFile);
            throw e;
        } finally {
            Files.deleteIfExists(image);
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
        return switch (stream) {
            case Stdio.Inherit() -> Redirect.INHERIT;
            case Stdio.ToFile(var path, _) -> Redirect.from(path.toFile());
            default -> Redirect.from(new File("/dev/null"));
        };
    }

    private static Redirect output(Stdio stream) throws IOException {
        return switch (stream) {
            case Stdio.Inherit() -> Redirect.INHERIT;
            case Stdio.ToFile(var path, var append) -> {
                try {
                    Files.createFile(path, READABLE);
                } catch (FileAlreadyExistsException _) {
                    // It keeps its permissions, as with any other way to start a container.
                }
                yield append ? Redirect.appendTo(path.toFile()) : Redirect.to(path.toFile());
            }
            default -> Redirect.DISCARD;
        };
    }

    private Exit await(LaunchPlan plan, Process helper, FileChannel report)
            throws IOException, InterruptedException {
        boolean timedOut = false;
        try {
            if (spec.timeout() != null && !helper.waitFor(spec.timeout())) {
                timedOut = true;
                end(helper);
            }
            helper.waitFor();
        } catch (InterruptedException e) {
            endUninterruptibly(helper);
            throw e;
        }
        var exit = exit(ForegroundReport.end(plan, read(report)));
        return timedOut
                ? new Exit.TimedOut(java.util.Objects.requireNonNull(spec.timeout()))
                : exit;
    }

    /** Ends the first process, which the helper may still be about to make. */
    private static void end(Process helper) throws InterruptedException {
        do {
            helper.children().forEach(ProcessHandle::destroyForcibly);
        } while (!helper.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS));
    }

    private static void endUninterruptibly(Process helper) {
        while (helper.isAlive()) {
            try {
                end(helper);
            } catch (InterruptedException _) {
                // The caller hears of it when the container has ended.
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
