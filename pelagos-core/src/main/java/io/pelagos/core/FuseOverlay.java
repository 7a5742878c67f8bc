package io.pelagos.core;

import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.FuseServer;
import io.pelagos.core.internal.launch.LaunchFailure;
import io.pelagos.core.internal.plan.FuseRoot;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The JVM's part in a root that fuse-overlayfs stacks: it finds the program, and keeps a file in
 * memory that takes what it says until the container has started. The file has a fixed size and
 * cannot grow, whatever the program writes and for how long.
 */
final class FuseOverlay implements AutoCloseable {
    /** The name of the program. */
    static final String PROGRAM = "fuse-overlayfs";

    /** Where the device is. */
    static final Path DEVICE = Path.of("/dev/fuse");

    private static final List<String> DIRECTORIES =
            List.of("/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin");
    private static final int SIZE = 1 << 14;

    /** MFD_CLOEXEC and MFD_ALLOW_SEALING of memfd_create(2). */
    private static final int MFD_FLAGS = 1 | 2;

    private static final int F_ADD_SEALS = 1033;

    /** F_SEAL_SEAL, F_SEAL_SHRINK and F_SEAL_GROW. */
    private static final int SEALS = 1 | 2 | 4;

    private final SystemCalls calls;
    private final Path program;
    private final Fd output;

    private FuseOverlay(SystemCalls calls, Path program, Fd output) {
        this.calls = calls;
        this.program = program;
        this.output = output;
    }

    /** Returns where the program is: on the PATH of the JVM, or where it usually is. */
    static Optional<Path> find() {
        var path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Stream.concat(
                        Arrays.stream(path.split(":", -1))
                                .filter(directory -> directory.startsWith("/")),
                        DIRECTORIES.stream())
                .map(directory -> Path.of(directory, PROGRAM))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Prepares one start.
     *
     * @param program where the program is
     */
    static FuseOverlay open(SystemCalls calls, Path program) {
        try (var memory = Memory.open()) {
            var output =
                    Fd.of(
                            calls.kernel(),
                            (int)
                                    SystemCalls.check(
                                            calls.retry(
                                                    Syscall.MEMFD_CREATE,
                                                    memory.string(PROGRAM),
                                                    MFD_FLAGS),
                                            Syscall.MEMFD_CREATE,
                                            PROGRAM),
                            "what fuse-overlayfs says");
            try {
                SystemCalls.check(
                        calls.retry(Syscall.FTRUNCATE, output.number(), SIZE),
                        Syscall.FTRUNCATE,
                        output,
                        SIZE);
                calls.fcntl(output.number(), F_ADD_SEALS, SEALS);
                return new FuseOverlay(calls, program, output);
            } catch (RuntimeException | Error e) {
                output.close();
                throw e;
            }
        }
    }

    /** Returns the descriptor that the plan gets, as the last of its others. */
    int number() {
        return output.number();
    }

    /** Returns what the plan needs to know. */
    FuseRoot.Program program(Channels channels) {
        return program(program, channels);
    }

    private static FuseRoot.Program program(Path program, Channels channels) {
        return new FuseRoot.Program(program.toString(), channels.end() - 1);
    }

    /** Returns the same for a plan that is only printed. */
    static FuseRoot.Program printed(Channels channels) {
        return program(find().orElse(Path.of(DIRECTORIES.getFirst(), PROGRAM)), channels);
    }

    /**
     * Says why a start has failed, when it was this.
     *
     * @return null when it was something else
     */
    @Nullable RuntimeException translated(LaunchFailure failure) {
        var step = failure.step();
        var errno = failure.errno();
        if (step == null
                || errno == null
                || !(step.purpose().equals(FuseServer.PURPOSE)
                        || step.purpose().equals(FuseRoot.WAITING))) {
            return null;
        }
        var said = said();
        var translated =
                new SyscallFailedException(
                        step.purpose() + (said.isEmpty() ? "" : ", which said \"" + said + "\""),
                        step.toString(),
                        errno);
        translated.initCause(failure);
        return translated;
    }

    private String said() {
        try (var memory = Memory.open()) {
            var buffer = memory.block(SIZE);
            long count =
                    calls.retry(
                            Syscall.PREAD64, output.number(), buffer.address(), buffer.size(), 0);
            var text =
                    count <= 0
                            ? ""
                            : new String(buffer.get(0, (int) count), StandardCharsets.UTF_8);
            int end = text.indexOf('\0');
            return (end < 0 ? text : text.substring(0, end)).strip().replace('\n', ' ');
        } catch (ErrnoException e) {
            return "";
        }
    }

    @Override
    public void close() {
        output.close();
    }
}
