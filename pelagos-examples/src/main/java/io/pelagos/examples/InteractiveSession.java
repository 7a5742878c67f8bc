package io.pelagos.examples;

import io.pelagos.core.Terminal;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.TerminalSize;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.concurrent.CompletableFuture;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.InputFlag;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Attributes.OutputFlag;
import org.jline.terminal.TerminalBuilder;

/**
 * Connects the terminal of this JVM with that of a container or of a process in it.
 *
 * <p>While it runs, this terminal is in raw mode: every key goes to the program, also those that
 * interrupt; only control-P control-Q leaves it. The terminal is what it was before when the
 * session has ended, however it has: by the end of the program, by an exception, or by a signal
 * that ends the JVM.
 */
public final class InteractiveSession implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(InteractiveSession.class.getName());

    private static final int CHUNK = 8192;

    /** How a session has ended. */
    public enum End {
        /** The program has ended, or has let go of its terminal. */
        ENDED,
        /** The keys were typed that leave it; the program goes on. */
        DETACHED,
        /** This terminal was hung up. */
        HUNG_UP
    }

    private final org.jline.terminal.Terminal own;
    private final Attributes before;
    private final Thread restoring = new Thread(this::restore, "restore the terminal");

    private InteractiveSession(org.jline.terminal.Terminal own) {
        this.own = own;
        before = own.getAttributes();
    }

    /**
     * Opens the terminal of this JVM, and leaves it as it is until {@link #run}.
     *
     * @return a session
     * @throws IllegalStateException when standard input or standard output is no terminal
     */
    public static InteractiveSession open() {
        try {
            var terminal =
                    TerminalBuilder.builder()
                            .system(true)
                            .dumb(false)
                            .provider("ffm")
                            .nativeSignals(true)
                            .signalHandler(org.jline.terminal.Terminal.SignalHandler.SIG_DFL)
                            .build();
            return new InteractiveSession(terminal);
        } catch (IOException | IllegalStateException e) {
            throw new IllegalStateException(
                    "standard input and output are no terminal: leave --tty out", e);
        }
    }

    /**
     * Returns the size of this terminal.
     *
     * @return the size, or the usual one when it is not known
     */
    public TerminalSize size() {
        var size = own.getSize();
        return size.getRows() < 1 || size.getColumns() < 1
                ? TerminalSize.USUAL
                : new TerminalSize(size.getRows(), size.getColumns());
    }

    /**
     * Connects both terminals, and waits for the end.
     *
     * @param terminal that of the container
     * @param exit when its program has ended
     * @param typing whether what is typed goes to the program
     * @return how it has ended; after {@link End#DETACHED} what the program writes is dropped
     * @throws InterruptedException when the thread is interrupted
     */
    public End run(Terminal terminal, CompletableFuture<Exit> exit, boolean typing)
            throws InterruptedException {
        var end = new CompletableFuture<End>();
        Runtime.getRuntime().addShutdownHook(restoring);
        try {
            own.setAttributes(raw(before));
            own.handle(org.jline.terminal.Terminal.Signal.WINCH, _ -> resize(terminal));
            resize(terminal);
            var showing = Thread.ofVirtual().name("show").start(() -> show(terminal, end));
            var _ = exit.whenComplete((_, _) -> showing.interrupt());
            Thread.ofPlatform().name("type").daemon().start(() -> type(terminal, typing, end));
            var how = end.get();
            if (how == End.HUNG_UP) {
                terminal.close();
            }
            return how;
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException("showing a terminal", e.getCause());
        } finally {
            stopRestoring();
            restore();
        }
    }

    /** Raw as cfmakeraw(3) makes it. */
    private static Attributes raw(Attributes from) {
        var raw = new Attributes(from);
        raw.setInputFlags(
                EnumSet.of(
                        InputFlag.IGNBRK,
                        InputFlag.BRKINT,
                        InputFlag.PARMRK,
                        InputFlag.ISTRIP,
                        InputFlag.INLCR,
                        InputFlag.IGNCR,
                        InputFlag.ICRNL,
                        InputFlag.IXON),
                false);
        raw.setOutputFlag(OutputFlag.OPOST, false);
        raw.setLocalFlags(
                EnumSet.of(
                        LocalFlag.ECHO,
                        LocalFlag.ECHONL,
                        LocalFlag.ICANON,
                        LocalFlag.ISIG,
                        LocalFlag.IEXTEN),
                false);
        raw.setControlChar(ControlChar.VMIN, 1);
        raw.setControlChar(ControlChar.VTIME, 0);
        return raw;
    }

    private void resize(Terminal terminal) {
        var size = size();
        terminal.resize(size.rows(), size.columns());
    }

    /** Shows what the program writes; an interruption means that it has ended. */
    private void show(Terminal terminal, CompletableFuture<End> end) {
        var bytes = new byte[CHUNK];
        try {
            while (true) {
                int count = read(terminal.output(), bytes);
                if (count < 0) {
                    end.complete(End.ENDED);
                    return;
                }
                if (!end.isDone()) {
                    OutputStream output = own.output();
                    output.write(bytes, 0, count);
                    output.flush();
                }
            }
        } catch (IOException | RuntimeException e) {
            if (!end.completeExceptionally(e)) {
                LOG.log(System.Logger.Level.DEBUG, "the terminal was closed", e);
            }
        }
    }

    /** Reads to the end of what there is, once it is known that no more comes. */
    private static int read(InputStream output, byte[] bytes) throws IOException {
        try {
            return output.read(bytes);
        } catch (java.io.InterruptedIOException e) {
            boolean wasInterrupted = Thread.interrupted();
            int count = output.available() > 0 ? output.read(bytes) : -1;
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
            return count;
        }
    }

    /** Passes on what is typed; nothing can end a read of this terminal but a key. */
    private void type(Terminal terminal, boolean typing, CompletableFuture<End> end) {
        var keys = new DetachKeys();
        var bytes = new byte[CHUNK];
        // Not to be closed: it is standard input.
        @SuppressWarnings("resource")
        var input = new FileInputStream(FileDescriptor.in);
        try {
            while (!end.isDone()) {
                int count = input.read(bytes);
                if (count < 0) {
                    end.complete(End.HUNG_UP);
                    return;
                }
                var passed = keys.pass(bytes, count);
                if (typing) {
                    terminal.input().write(passed);
                }
                if (keys.typed()) {
                    end.complete(End.DETACHED);
                }
            }
        } catch (IOException e) {
            // The program may have ended; if it has not, nobody can reach it any more.
            LOG.log(System.Logger.Level.DEBUG, "passing on what is typed", e);
            end.complete(End.HUNG_UP);
        }
    }

    private void stopRestoring() {
        try {
            boolean ignored = Runtime.getRuntime().removeShutdownHook(restoring);
        } catch (IllegalStateException e) {
            // The JVM is ending, and the terminal is being restored.
            LOG.log(System.Logger.Level.TRACE, "too late", e);
        }
    }

    private void restore() {
        own.setAttributes(before);
    }

    /** Leaves the terminal of this JVM as it was. */
    @Override
    public void close() {
        try {
            restore();
            own.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing the terminal", e);
        }
    }
}
