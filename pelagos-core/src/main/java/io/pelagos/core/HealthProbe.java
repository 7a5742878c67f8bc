package io.pelagos.core;

import io.pelagos.core.internal.launch.LaunchFailure;
import io.pelagos.core.internal.launch.Launcher;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Stdio;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Asks a container how it is: by a program of its own, or over TCP from inside its network
 * namespace and with nothing of the container's own but its address, see {@link
 * Launcher#socketInside}. What it takes to run one more process in the container is enough.
 */
final class HealthProbe {
    private static final System.Logger LOG = System.getLogger(HealthProbe.class.getName());
    private static final int AF_INET = 2;
    private static final int STREAM_NONBLOCK_CLOEXEC = 1 | 0x800 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_ERROR = 4;
    private static final int SIZE_OF_SOCKADDR_IN = 16;
    private static final int LONGEST_STATUS_LINE = 1024;
    private static final Pattern FINE = Pattern.compile("HTTP/1\\.[01] [23][0-9][0-9]\\b.*");

    private final Engine engine;
    private final Supplier<Execs> door;
    private final Function<List<String>, ExecBuilder> exec;

    /**
     * Makes a probe.
     *
     * @param door leads into the container, see {@link Execs#release}
     * @param exec describes one more process in it
     */
    HealthProbe(Engine engine, Supplier<Execs> door, Function<List<String>, ExecBuilder> exec) {
        this.engine = engine;
        this.door = door;
        this.exec = exec;
    }

    /** Tries once; what goes wrong is a failure of the test. */
    boolean succeeds(HealthCheck.Test test, Duration timeout) {
        try {
            return switch (test) {
                case HealthCheck.Command(var command) -> runs(command, timeout);
                case HealthCheck.Tcp _, HealthCheck.Http _ -> connects(test, timeout);
            };
        } catch (PelagosException
                | IllegalStateException
                | LaunchFailure
                | ErrnoException
                | IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "asking a container how it is", e);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean runs(List<String> command, Duration timeout) throws InterruptedException {
        return exec.apply(command)
                .stdin(Stdio.NULL)
                .stdout(Stdio.NULL)
                .stderr(Stdio.NULL)
                .timeout(timeout)
                .run()
                .success();
    }

    private boolean connects(HealthCheck.Test test, Duration timeout)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        try (var socket = socketInside()) {
            return switch (test) {
                case HealthCheck.Command _ -> false;
                case HealthCheck.Tcp(var port) -> connects(socket, port, deadline);
                case HealthCheck.Http(var port, var path) ->
                        connects(socket, port, deadline) && answers(socket, path, deadline);
            };
        }
    }

    private Fd socketInside() {
        var execs = door.get();
        try {
            return execs.enter(() -> socketInside(execs.target()));
        } finally {
            execs.release();
        }
    }

    private Fd socketInside(Execs.Target target) {
        if (!target.spec().shares(Namespace.NETWORK)) {
            return engine.launcher().socketInside(target.pidfd());
        }
        var calls = engine.calls();
        long socket =
                SystemCalls.check(
                        calls.retry(Syscall.SOCKET, AF_INET, STREAM_NONBLOCK_CLOEXEC, 0),
                        Syscall.SOCKET,
                        "AF_INET",
                        "SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC",
                        0);
        return Fd.of(calls.kernel(), (int) socket, "a socket beside " + target.name());
    }

    private boolean connects(Fd socket, int port, long deadline)
            throws IOException, InterruptedException {
        var calls = engine.calls();
        try (var memory = Memory.open()) {
            // struct sockaddr_in { sa_family_t family; in_port_t port; struct in_addr addr; … },
            // the last two in network byte order
            var address =
                    memory.block(SIZE_OF_SOCKADDR_IN)
                            .putShort(0, AF_INET)
                            .putShort(2, (port >> 8 & 0xff) | (port & 0xff) << 8)
                            .put(4, new byte[] {127, 0, 0, 1});
            long result =
                    calls.retry(
                            Syscall.CONNECT,
                            socket.number(),
                            address.address(),
                            SIZE_OF_SOCKADDR_IN);
            if (result == 0) {
                return true;
            }
            if (result != -Errno.EINPROGRESS.number()
                    || !engine.poller().awaitWritable(socket, left(deadline))) {
                return false;
            }
            var error = memory.block(4);
            var size = memory.block(4).putInt(0, 4);
            SystemCalls.check(
                    calls.retry(
                            Syscall.GETSOCKOPT,
                            socket.number(),
                            SOL_SOCKET,
                            SO_ERROR,
                            error.address(),
                            size.address()),
                    Syscall.GETSOCKOPT,
                    socket,
                    "SOL_SOCKET",
                    "SO_ERROR");
            return error.getInt(0) == 0;
        }
    }

    private boolean answers(Fd socket, String path, long deadline)
            throws IOException, InterruptedException {
        var request = "GET " + path + " HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        engine.calls().writeFully(socket.number(), request.getBytes(StandardCharsets.US_ASCII));
        var answer = new byte[LONGEST_STATUS_LINE];
        int size = 0;
        while (size < answer.length && !hasLine(answer, size)) {
            if (!engine.poller().awaitReadable(socket, left(deadline))) {
                return false;
            }
            int count = engine.calls().read(socket.number(), answer, size, answer.length - size);
            if (count == 0) {
                break;
            }
            size += count;
        }
        var line = new String(answer, 0, size, StandardCharsets.US_ASCII).lines().findFirst();
        return line.isPresent() && FINE.matcher(line.get()).matches();
    }

    private static boolean hasLine(byte[] bytes, int size) {
        for (int i = 0; i < size; i++) {
            if (bytes[i] == '\n') {
                return true;
            }
        }
        return false;
    }

    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
    }
}
