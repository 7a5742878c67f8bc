package io.pelagos.core;

import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Opens sockets that listen, and finds the descriptors of those that this JVM has. */
final class ListeningSockets {
    private static final int STREAM_CLOEXEC = 1 | 02000000;
    private static final int NONBLOCK = 04000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SOMAXCONN = 4096;
    private static final Path OWN = Path.of("/proc/self/fd");

    private final SystemCalls calls;

    ListeningSockets(SystemCalls calls) {
        this.calls = calls;
    }

    /**
     * Opens a socket that listens at an address.
     *
     * @throws ErrnoException when the address cannot be had; nothing is left
     */
    Fd open(SocketAddress address) {
        try (var memory = Memory.open()) {
            int family = SocketNames.family(address);
            var name = memory.bytes(SocketNames.encode(address));
            var socket = socket(family, STREAM_CLOEXEC, address);
            try {
                if (family == SocketNames.AF_UNIX) {
                    removeStale((UnixDomainSocketAddress) address, name);
                } else {
                    reuse(socket, memory.block(4).putInt(0, 1));
                }
                SystemCalls.check(
                        calls.retry(Syscall.BIND, socket.number(), name.address(), name.size()),
                        Syscall.BIND,
                        socket,
                        address);
                SystemCalls.check(
                        calls.retry(Syscall.LISTEN, socket.number(), SOMAXCONN),
                        Syscall.LISTEN,
                        socket,
                        SOMAXCONN);
                return socket;
            } catch (RuntimeException | Error e) {
                socket.close();
                throw e;
            }
        }
    }

    private Fd socket(int family, int type, SocketAddress address) {
        long number =
                SystemCalls.check(
                        calls.retry(Syscall.SOCKET, family, type, 0),
                        Syscall.SOCKET,
                        familyName(address),
                        "SOCK_STREAM|SOCK_CLOEXEC",
                        0);
        return Fd.of(calls.kernel(), (int) number, "a socket at " + address);
    }

    private static String familyName(SocketAddress address) {
        return address instanceof UnixDomainSocketAddress
                ? "AF_UNIX"
                : ((InetSocketAddress) address).getAddress() instanceof Inet6Address
                        ? "AF_INET6"
                        : "AF_INET";
    }

    /** As servers do, so that an address can be had again at once. */
    private void reuse(Fd socket, Memory.Block one) {
        SystemCalls.check(
                calls.retry(
                        Syscall.SETSOCKOPT,
                        socket.number(),
                        SOL_SOCKET,
                        SO_REUSEADDR,
                        one.address(),
                        one.size()),
                Syscall.SETSOCKOPT,
                socket,
                "SOL_SOCKET",
                "SO_REUSEADDR",
                1);
    }

    /** Removes a socket of the file system on which nobody listens: connecting is refused. */
    private void removeStale(UnixDomainSocketAddress address, Memory.Block name) {
        try (var probe = socket(SocketNames.AF_UNIX, STREAM_CLOEXEC | NONBLOCK, address)) {
            long result = calls.retry(Syscall.CONNECT, probe.number(), name.address(), name.size());
            if (result == -Errno.ECONNREFUSED.number() && isSocket(address.getPath())) {
                calls.unlinkat(null, address.getPath().toString(), Constant.flags());
            }
        }
    }

    private static boolean isSocket(Path path) {
        try {
            return Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS)
                            instanceof Integer mode
                    && (mode & 0170000) == 0140000;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Finds the descriptor of a channel. A channel does not tell it; but of all that this JVM has
     * open, only the same socket listens at the same address.
     *
     * @throws IllegalArgumentException when the channel is not bound, or when more than one socket
     *     of this JVM listens at its address
     */
    int find(ServerSocketChannel channel) {
        var address = address(channel);
        var found = new ArrayList<Integer>();
        for (int number : open()) {
            if (listens(number) && named(number, address)) {
                found.add(number);
            }
        }
        return switch (found.size()) {
            case 1 -> found.getFirst();
            case 0 ->
                    throw new IllegalArgumentException(
                            "no descriptor of this JVM listens at " + address);
            default ->
                    throw new IllegalArgumentException(
                            found.size()
                                    + " descriptors of this JVM listen at "
                                    + address
                                    + ": close the others, or give the number of the right one");
        };
    }

    private static SocketAddress address(ServerSocketChannel channel) {
        try {
            var address = channel.getLocalAddress();
            if (address == null) {
                throw new IllegalArgumentException(channel + ": is not bound");
            }
            return address;
        } catch (IOException e) {
            throw new IllegalArgumentException(channel + ": is closed", e);
        }
    }

    private static List<Integer> open() {
        try (var entries = Files.list(OWN)) {
            return entries.map(entry -> Integer.valueOf(entry.getFileName().toString())).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("listing " + OWN, e);
        }
    }

    /** False too for what is no socket, or has been closed since. */
    boolean listens(int number) {
        return option(number, SO_ACCEPTCONN).orElse(0) != 0;
    }

    private OptionalInt option(int number, int option) {
        try (var memory = Memory.open()) {
            var value = memory.block(4);
            var size = memory.block(4).putInt(0, 4);
            long result =
                    calls.retry(
                            Syscall.GETSOCKOPT,
                            number,
                            SOL_SOCKET,
                            option,
                            value.address(),
                            size.address());
            return result < 0 ? OptionalInt.empty() : OptionalInt.of(value.getInt(0));
        }
    }

    private boolean named(int number, SocketAddress address) {
        try (var memory = Memory.open()) {
            var name = memory.block(SocketNames.MAX_SIZE);
            var size = memory.block(4).putInt(0, SocketNames.MAX_SIZE);
            long result = calls.retry(Syscall.GETSOCKNAME, number, name.address(), size.address());
            return result == 0
                    && SocketNames.decode(
                                    name.get(0, Math.min(size.getInt(0), SocketNames.MAX_SIZE)))
                            .filter(other -> SocketNames.same(other, address))
                            .isPresent();
        }
    }
}
