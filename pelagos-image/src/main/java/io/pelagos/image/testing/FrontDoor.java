package io.pelagos.image.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lets in who speaks HTTP, and turns away at once who begins with TLS. Clients that are told not to
 * verify certificates try TLS first, and the JDK's server would let each wait for its time limit:
 * it takes what they send for the beginning of a long line.
 */
final class FrontDoor implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger(FrontDoor.class.getName());

    /** The type of the first record of TLS, see RFC 8446 section 5.1. */
    private static final byte HANDSHAKE = 22;

    private static final int BUFFER = 1 << 16;

    private final ServerSocketChannel listening;
    private final InetSocketAddress server;
    private final int port;
    private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();

    private FrontDoor(ServerSocketChannel listening, InetSocketAddress server) throws IOException {
        this.listening = listening;
        this.server = server;
        port = ((InetSocketAddress) listening.getLocalAddress()).getPort();
    }

    /** Opens one on a free port, for a server that listens already. */
    static FrontDoor open(InetSocketAddress server) throws IOException {
        var listening = ServerSocketChannel.open();
        try {
            var loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
            listening.bind(new InetSocketAddress(loopback, 0));
            return new FrontDoor(listening, server);
        } catch (IOException | RuntimeException e) {
            listening.close();
            throw e;
        }
    }

    int port() {
        return port;
    }

    void start() {
        Thread.ofVirtual().name("registry-door").start(this::accept);
    }

    private void accept() {
        try {
            while (true) {
                var client = listening.accept();
                open.add(client);
                Thread.ofVirtual().name("registry-client").start(() -> receive(client));
            }
        } catch (IOException e) {
            LOGGER.log(System.Logger.Level.DEBUG, "the registry is closed", e);
        }
    }

    private void receive(SocketChannel client) {
        var first = ByteBuffer.allocate(BUFFER);
        SocketChannel inner = null;
        try {
            if (client.read(first) > 0 && first.get(0) != HANDSHAKE) {
                var opened = SocketChannel.open(server);
                inner = opened;
                open.add(inner);
                Thread.ofVirtual().name("registry-answer").start(() -> answer(opened, client));
                first.flip();
                write(first, inner);
                pass(client, inner);
                inner.shutdownOutput();
                return; // Whoever has nothing more to ask still waits for the answer.
            }
        } catch (IOException e) {
            LOGGER.log(System.Logger.Level.DEBUG, "a client is gone", e);
        }
        end(client);
        if (inner != null) {
            end(inner);
        }
    }

    /** Passes on answers until the server closes the connection, or the client has. */
    private void answer(SocketChannel inner, SocketChannel client) {
        try {
            pass(inner, client);
        } catch (IOException e) {
            LOGGER.log(System.Logger.Level.DEBUG, "a connection has broken", e);
        } finally {
            end(client);
            end(inner);
        }
    }

    private static void pass(SocketChannel from, SocketChannel to) throws IOException {
        var buffer = ByteBuffer.allocate(BUFFER);
        while (from.read(buffer) >= 0) {
            buffer.flip();
            write(buffer, to);
            buffer.clear();
        }
    }

    private static void write(ByteBuffer bytes, SocketChannel to) throws IOException {
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }

    private void end(SocketChannel channel) {
        open.remove(channel);
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing a connection", e);
        }
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing the registry", e);
        } finally {
            open.forEach(this::end);
        }
    }
}
