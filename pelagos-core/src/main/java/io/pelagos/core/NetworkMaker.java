package io.pelagos.core;

import io.pelagos.core.internal.launch.Spare;
import io.pelagos.core.kernel.CloneFlag;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Makes network namespaces with their loopback device up, on a thread that nobody else uses: it
 * goes into each new one and back, see network_namespaces(7) and unshare(2), which concern the
 * calling thread alone.
 */
final class NetworkMaker implements Spare.Maker<Fd> {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int SIOCSIFFLAGS = 0x8914;
    private static final int SIOCGSKNS = 0x894c;
    private static final short IFF_UP = 1;
    private static final int IFREQ_SIZE = 40;
    private static final int IFNAMSIZ = 16;

    private final SystemCalls calls;
    private final long newNetwork;
    private final Fd home;

    /** Remembers the network namespace of the thread, to which it returns each time. */
    NetworkMaker(SystemCalls calls) {
        this.calls = calls;
        newNetwork = CloneFlag.CLONE_NEWNET.value(calls.kernel().architecture());
        home = calls.open(null, "/proc/thread-self/ns/net", OpenFlag.O_RDONLY);
    }

    /**
     * Makes one; only the descriptor keeps it alive. After a failure the thread may be anywhere and
     * is good for nothing else.
     */
    @Override
    public Optional<Fd> make() {
        call(Syscall.UNSHARE, "CLONE_NEWNET", newNetwork);
        var made = referred();
        try {
            call(Syscall.SETNS, home + ", CLONE_NEWNET", home.number(), newNetwork);
            return Optional.of(made);
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
    }

    private Fd referred() {
        int number =
                (int) call(Syscall.SOCKET, "AF_INET, SOCK_DGRAM", AF_INET, SOCK_DGRAM_CLOEXEC, 0);
        try (var socket = Fd.of(calls.kernel(), number, "a socket of a new network");
                var memory = Memory.open()) {
            // struct ifreq { char ifr_name[IFNAMSIZ]; short ifr_flags; … }
            var request = memory.block(IFREQ_SIZE);
            request.put(0, "lo".getBytes(StandardCharsets.US_ASCII)).putShort(IFNAMSIZ, IFF_UP);
            var up = socket + ", SIOCSIFFLAGS, {\"lo\", IFF_UP}";
            call(Syscall.IOCTL, up, socket.number(), SIOCSIFFLAGS, request.address());
            // The namespace of a socket, without the way through /proc.
            long fd = call(Syscall.IOCTL, socket + ", SIOCGSKNS", socket.number(), SIOCGSKNS, 0);
            return Fd.of(calls.kernel(), (int) fd, "a new network namespace");
        }
    }

    private long call(Syscall syscall, String shown, long... arguments) {
        return SystemCalls.check(calls.kernel().call(syscall, arguments), syscall, shown);
    }

    @Override
    public void close() {
        home.close();
    }
}
