package io.pelagos.core.spec;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * A socket that a program is given to listen on.
 *
 * @param name what the program finds it by in {@code LISTEN_FDNAMES}: 1 to 255 printable ASCII
 *     characters without a colon
 * @param source where it comes from
 */
public record ListenSocket(String name, Source source) {
    private static final Pattern NAME = Pattern.compile("[ -9;-~]{1,255}");
    private static final Pattern NUMERIC =
            Pattern.compile("([0-9]{1,3}(?:\\.[0-9]{1,3}){3}|\\[[0-9A-Fa-f:.]+]):([0-9]{1,5})");

    /** The longest path of a socket, see unix(7). */
    private static final int PATH_MAX = 107;

    /** Where a socket comes from. */
    public sealed interface Source {
        /**
         * A socket that is opened when the container starts, in the network namespace of the JVM.
         * Of one in the file system, what nobody listens on any more is replaced; the file stays
         * when the container has ended.
         *
         * @param address an {@link InetSocketAddress} with a port, or a {@link
         *     UnixDomainSocketAddress}
         */
        record Address(SocketAddress address) implements Source {
            /** Checks the address. */
            public Address {
                switch (address) {
                    case InetSocketAddress inet -> {
                        if (inet.isUnresolved()) {
                            throw new IllegalArgumentException(
                                    "address " + inet + ": its name could not be resolved");
                        }
                        if (inet.getPort() == 0) {
                            throw new IllegalArgumentException(
                                    "address "
                                            + inet
                                            + ": names no port; bind a ServerSocketChannel to port"
                                            + " 0 and give that, which knows its port");
                        }
                    }
                    case UnixDomainSocketAddress unix -> {
                        int length =
                                unix.getPath().toString().getBytes(StandardCharsets.UTF_8).length;
                        if (!unix.getPath().isAbsolute() || length > PATH_MAX) {
                            throw new IllegalArgumentException(
                                    "address "
                                            + unix
                                            + ": must be an absolute path of at most "
                                            + PATH_MAX
                                            + " bytes");
                        }
                    }
                    default ->
                            throw new IllegalArgumentException(
                                    "address "
                                            + address
                                            + ": must be an InetSocketAddress or a"
                                            + " UnixDomainSocketAddress");
                }
            }
        }

        /**
         * A socket of this JVM, which is only used, not closed. Such a spec has no JSON form.
         *
         * @param channel a bound channel
         */
        record Channel(ServerSocketChannel channel) implements Source {}

        /**
         * A descriptor of this JVM, which is only used, not closed. Such a spec has no JSON form.
         *
         * @param number its number
         */
        record Descriptor(int number) implements Source {
            /** Checks the number. */
            public Descriptor {
                if (number < 0) {
                    throw new IllegalArgumentException("descriptor " + number + ": is negative");
                }
            }
        }
    }

    /** Checks the name. */
    public ListenSocket {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "name of a socket \""
                            + name
                            + "\": must be 1 to 255 printable ASCII characters without a colon");
        }
    }

    /**
     * Reads a socket to be opened.
     *
     * @param text {@code NAME=ADDRESS}, where the address is {@code 127.0.0.1:80}, {@code [::1]:80}
     *     or an absolute path
     * @return the socket
     * @throws IllegalArgumentException naming what it should be
     */
    public static ListenSocket parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("\"" + text + "\": must be NAME=ADDRESS");
        }
        return new ListenSocket(
                text.substring(0, equals), new Source.Address(address(text.substring(equals + 1))));
    }

    /** Reads what {@link #text} writes; no name is looked up. */
    static SocketAddress address(String text) {
        if (text.startsWith("/")) {
            return UnixDomainSocketAddress.of(text);
        }
        var matcher = NUMERIC.matcher(text);
        if (matcher.matches()) {
            int port = Integer.parseInt(matcher.group(2));
            if (port <= 0xffff) {
                return new InetSocketAddress(InetAddress.ofLiteral(matcher.group(1)), port);
            }
        }
        throw new IllegalArgumentException(
                "address \"" + text + "\": must be like 127.0.0.1:80, [::1]:80 or /run/app.sock");
    }

    /** Writes an address so that it can be read back. */
    static String text(SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            var host = inet.getAddress().getHostAddress();
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + inet.getPort();
        }
        return address.toString();
    }
}
