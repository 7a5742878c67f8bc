package io.pelagos.core;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.internal.launch.KeptInput;
import io.pelagos.core.internal.launch.KeptTerminal;
import io.pelagos.core.internal.state.ProcessMark;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.spec.TerminalSize;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The way to the standard input of a detached container that was started with a pipe for it, which
 * its supervisor keeps open. Several may write at the same time; what each writes at once, up to 4
 * KiB, stays together, see pipe(7).
 *
 * <p>Closing the stream leaves the container's standard input open for others; {@link #end} does
 * not.
 */
public final class DetachedInput extends OutputStream {
    private static final System.Logger LOG = System.getLogger(DetachedInput.class.getName());
    private static final byte[] WORD = {1};
    private static final int CONTROL_D = 4;

    private final Engine engine;
    private final String name;
    private final ProcessMark supervisor;
    private final int number;
    private final boolean terminal;
    private final OutputStream pipe;

    private DetachedInput(
            Engine engine,
            String name,
            ProcessMark supervisor,
            int number,
            boolean terminal,
            OutputStream pipe) {
        this.terminal = terminal;
        this.engine = engine;
        this.name = name;
        this.supervisor = supervisor;
        this.number = number;
        this.pipe = pipe;
    }

    /**
     * Opens the standard input of a run.
     *
     * @param number the number that the supervisor has for it
     * @param terminal whether it is the way to a terminal
     */
    static DetachedInput open(
            Engine engine, String name, ProcessMark supervisor, int number, boolean terminal) {
        var fd = reopened(engine, name, supervisor, number);
        try {
            return new DetachedInput(
                    engine, name, supervisor, number, terminal, engine.streams().output(fd));
        } catch (RuntimeException | Error e) {
            fd.close();
            throw e;
        }
    }

    private static Fd reopened(Engine engine, String name, ProcessMark supervisor, int number) {
        var calls = engine.calls();
        var path = "/proc/" + supervisor.pid() + "/fd/" + number;
        Fd fd;
        try {
            fd = calls.open(null, path, OpenFlag.O_WRONLY);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ESRCH) {
                throw ContainerStateException.ended(name, "it reads nothing any more");
            }
            throw SyscallFailedException.of("opening the standard input of " + name, e);
        }
        // The number meant the supervisor when the pipe was opened, if that lives now.
        if (!supervisor.isAlive(calls)) {
            fd.close();
            throw ContainerStateException.ended(name, "it reads nothing any more");
        }
        if (!new FileCalls(calls).status(fd).isFifo()) {
            fd.close();
            throw ContainerStateException.of(
                    name, "the standard input of " + name + " has come to its end");
        }
        return fd;
    }

    @Override
    public void write(int b) throws IOException {
        pipe.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        pipe.write(bytes, offset, length);
    }

    /**
     * Returns a buffered writer of UTF-8 text; closing it closes this stream.
     *
     * @return the writer
     */
    public Writer writer() {
        return new java.io.BufferedWriter(
                new java.io.OutputStreamWriter(this, StandardCharsets.UTF_8));
    }

    /**
     * Closes this stream, and gives the container end of file as soon as nobody else has its
     * standard input open. It cannot be opened again. Nothing when that has happened before. For a
     * terminal, which has no end, control-D (4) is typed.
     *
     * @throws IOException when closing fails
     */
    public void end() throws IOException {
        if (terminal) {
            try (pipe) {
                pipe.write(CONTROL_D);
            }
            return;
        }
        close();
        try (var word = reopened(engine, name, supervisor, KeptInput.wordOf(number))) {
            engine.calls().writeFully(word.number(), WORD);
        } catch (ContainerStateException e) {
            LOG.log(System.Logger.Level.TRACE, "ending the standard input of " + name, e);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EPIPE) {
                throw SyscallFailedException.of("ending the standard input of " + name, e);
            }
        }
    }

    /** Tells the supervisor of a terminal its new size. */
    void resize(TerminalSize size) {
        // struct winsize { unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel; }
        var words =
                ByteBuffer.allocate(KeptTerminal.WINSIZE)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putShort((short) size.rows())
                        .putShort((short) size.columns())
                        .array();
        try (var word = reopened(engine, name, supervisor, KeptInput.wordOf(number))) {
            engine.calls().writeFully(word.number(), words);
        } catch (ContainerStateException e) {
            LOG.log(System.Logger.Level.TRACE, "the terminal of " + name + " is gone", e);
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("changing the terminal of " + name, e);
        }
    }

    @Override
    public void close() throws IOException {
        pipe.close();
    }
}
