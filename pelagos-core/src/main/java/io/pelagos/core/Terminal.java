package io.pelagos.core;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Streams;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.TerminalSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The JVM's side of the terminal of a container or of a process in it, see pty(7).
 *
 * <p>The streams carry bytes as they are. What goes through {@link #input} is what a user types:
 * the terminal echoes it, and turns an interrupt character into a signal, as the program has set it
 * up. What comes from {@link #output} is what the program writes to its user; it is the program's,
 * and a hostile one may write sequences that make the terminal of whoever looks at it do things.
 *
 * <p>All methods may be called by any thread.
 */
public final class Terminal implements AutoCloseable {
    private static final int TIOCGWINSZ = 0x5413;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int F_DUPFD_CLOEXEC = 1030;

    private final SystemCalls calls;
    private final @Nullable Fd master;
    private final OutputTap output;
    private final OutputStream input;
    private final @Nullable Sizing sizing;

    /** How the size of a terminal is changed that somebody else has. */
    interface Sizing {
        /** Changes it. */
        void resize(TerminalSize size);
    }

    /** Guards the descriptor against its being closed. */
    private final ReentrantLock lock = new ReentrantLock();

    private Terminal(
            SystemCalls calls,
            @Nullable Fd master,
            OutputTap output,
            OutputStream input,
            @Nullable Sizing sizing) {
        this.calls = calls;
        this.sizing = sizing;
        this.master = master;
        this.output = output;
        this.input = input;
    }

    /** Takes a descriptor into care. */
    static Terminal of(SystemCalls calls, Streams streams, Fd master) {
        OutputTap output = null;
        try {
            output = new OutputTap(new UntilHangUp(streams.input(copy(calls, master))));
            return new Terminal(calls, master, output, streams.output(copy(calls, master)), null);
        } catch (RuntimeException | Error e) {
            closeQuietly(e, output);
            master.close();
            throw e;
        }
    }

    /** One that somebody else has; closing it does not hang it up. */
    static Terminal elsewhere(
            SystemCalls calls, InputStream output, OutputStream input, Sizing sizing) {
        return new Terminal(calls, null, new OutputTap(output), input, sizing);
    }

    private static void closeQuietly(Throwable cause, @Nullable InputStream stream) {
        if (stream != null) {
            try {
                stream.close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }

    private static Fd copy(SystemCalls calls, Fd master) {
        return Fd.of(
                calls.kernel(), calls.fcntl(master.number(), F_DUPFD_CLOEXEC, 3), "the terminal");
    }

    /** That of a process which was killed before it had one. */
    static Terminal hungUp(SystemCalls calls) {
        return new Terminal(
                calls,
                null,
                new OutputTap(InputStream.nullInputStream()),
                OutputStream.nullOutputStream(),
                null);
    }

    /**
     * Returns what the program writes.
     *
     * @return a stream that ends when no process has the terminal open any more; it has no buffer
     */
    public InputStream output() {
        return output;
    }

    OutputTap tap() {
        return output;
    }

    /**
     * Returns what the program reads. End of file is a character that is typed, usually control-D
     * (4); closing this stream is none.
     *
     * @return a stream that waits while the program reads nothing; it has no buffer
     */
    public OutputStream input() {
        return input;
    }

    /**
     * Changes the size; processes in the foreground get SIGWINCH when it is another one.
     *
     * @param rows how many lines, 1 to 65535
     * @param columns how many characters in a line, 1 to 65535
     * @throws IllegalArgumentException when a number is not one of those
     */
    public void resize(int rows, int columns) {
        var size = new TerminalSize(rows, columns);
        if (sizing != null) {
            sizing.resize(size);
            return;
        }
        try (var memory = Memory.open()) {
            // struct winsize { unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel; }
            var words = memory.block(8);
            words.putInt(0, size.rows() | size.columns() << 16);
            control(TIOCSWINSZ, "TIOCSWINSZ", words.address());
        }
    }

    /**
     * Returns the size, which processes in the container may have changed.
     *
     * @return the size; {@link TerminalSize#USUAL} when it is none or the terminal is closed
     */
    public TerminalSize size() {
        try (var memory = Memory.open()) {
            var words = memory.block(8);
            control(TIOCGWINSZ, "TIOCGWINSZ", words.address());
            int rows = words.getShort(0) & 0xffff;
            int columns = words.getShort(2) & 0xffff;
            return rows == 0 || columns == 0 ? TerminalSize.USUAL : new TerminalSize(rows, columns);
        }
    }

    private void control(int operation, String name, long argument) {
        lock.lock();
        try {
            if (master != null && master.isOpen()) {
                SystemCalls.check(
                        calls.retry(Syscall.IOCTL, master.number(), operation, argument),
                        Syscall.IOCTL,
                        master,
                        name,
                        "…");
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Hangs up: the leader of the session gets SIGHUP, as do processes in the foreground, and what
     * reads or writes gets end of file or an error. A thread that waits in a stream gets an {@link
     * IOException}.
     */
    @Override
    public void close() {
        try {
            input.close();
            output.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("closing a terminal", e);
        } finally {
            lock.lock();
            try {
                if (master != null) {
                    master.close();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** Takes EIO for the end: no process has the other side open, see pty(7). */
    private static final class UntilHangUp extends InputStream {
        private final InputStream master;

        UntilHangUp(InputStream master) {
            this.master = master;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return master.read(bytes, offset, length);
            } catch (IOException e) {
                if (e.getCause() instanceof ErrnoException errno && errno.errno() == Errno.EIO) {
                    return -1;
                }
                throw e;
            }
        }

        @Override
        public int available() throws IOException {
            return master.available();
        }

        @Override
        public void close() throws IOException {
            master.close();
        }
    }
}
