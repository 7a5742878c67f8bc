package io.pelagos.core;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Addresses of sockets as the kernel has them, see ip(7), ipv6(7) and unix(7). */
final class SocketNames {
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;

    /** {@code sizeof(struct sockaddr_storage)}. */
    static final int MAX_SIZE = 128;

    private SocketNames() {}

    static int family(SocketAddress address) {
        return switch (address) {
            case UnixDomainSocketAddress _ -> AF_UNIX;
            case InetSocketAddress inet when inet.getAddress() instanceof Inet6Address -> AF_INET6;
            default -> AF_INET;
        };
    }

    /** Writes a {@code struct sockaddr} of the family. */
    static byte[] encode(SocketAddress address) {
        if (address instanceof UnixDomainSocketAddress unix) {
            var path = unix.getPath().toString().getBytes(StandardCharsets.UTF_8);
            // struct sockaddr_un { sa_family_t family; char path[108]; }
            return start(3 + path.length, AF_UNIX).put(path).array();
        }
        var inet = (InetSocketAddress) address;
        var bytes = inet.getAddress().getAddress();
        short port = (short) inet.getPort();
        if (inet.getAddress() instanceof Inet6Address six) {
            // struct sockaddr_in6 { family; in_port_t port; u32 flowinfo; addr; u32 scope_id; }
            return start(28, AF_INET6)
                    .order(ByteOrder.BIG_ENDIAN)
                    .putShort(port)
                    .putInt(0)
                    .put(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(six.getScopeId())
                    .array();
        }
        // struct sockaddr_in { family; in_port_t port; struct in_addr addr; char zero[8]; }
        return start(16, AF_INET).order(ByteOrder.BIG_ENDIAN).putShort(port).put(bytes).array();
    }

    private static ByteBuffer start(int size, int family) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).putShort((short) family);
    }

    /** Reads a {@code struct sockaddr}; nothing when it is of another family, or without a name. */
    static Optional<SocketAddress> decode(byte[] bytes) {
        if (bytes.length < 3) {
            return Optional.empty();
        }
        var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int family = buffer.getShort();
        buffer.order(ByteOrder.BIG_ENDIAN);
        return switch (family) {
            case AF_UNIX -> unix(Arrays.copyOfRange(bytes, 2, bytes.length));
            case AF_INET -> {
                int port = buffer.getShort() & 0xffff;
                yield Optional.of(inet(buffer, 4, port));
            }
            case AF_INET6 -> {
                int port = buffer.getShort() & 0xffff;
                buffer.getInt();
                yield Optional.of(inet(buffer, 16, port));
            }
            default -> Optional.empty();
        };
    }

    private static SocketAddress inet(ByteBuffer buffer, int length, int port) {
        var bytes = new byte[length];
        buffer.get(bytes);
        try {
            // What is mapped into version 6 becomes of version 4, as in the JDK's own channels.
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + length + " bytes", e);
        }
    }

    /** A name that begins with NUL is not one of the file system. */
    private static Optional<SocketAddress> unix(byte[] path) {
        if (path[0] == 0) {
            return Optional.empty();
        }
        int end = 0;
        while (end < path.length && path[end] != 0) {
            end++;
        }
        return Optional.of(
                UnixDomainSocketAddress.of(new String(path, 0, end, StandardCharsets.UTF_8)));
    }

    /** Tells whether two addresses mean the same; every wildcard is the same one. */
    static boolean same(SocketAddress one, SocketAddress other) {
        if (one instanceof InetSocketAddress a && other instanceof InetSocketAddress b) {
            boolean anywhere =
                    a.getAddress().isAnyLocalAddress() && b.getAddress().isAnyLocalAddress();
            return a.getPort() == b.getPort()
                    && (anywhere
                            || Arrays.equals(
                                    a.getAddress().getAddress(), b.getAddress().getAddress()));
        }
        return one.equals(other);
    }
}
