package io.pelagos.core;

import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.ProcessSpec;
import org.jspecify.annotations.Nullable;

/**
 * The socket through which a process hands its terminal to the JVM: one of its own, since what the
 * helper and the process send through the control socket comes in no certain order.
 */
final class TerminalChannel implements AutoCloseable {
    private final Engine engine;
    private final SystemCalls.Pair ends;

    private TerminalChannel(Engine engine, SystemCalls.Pair ends) {
        this.engine = engine;
        this.ends = ends;
    }

    /** Opens one for a process that is to have a terminal; null for another. */
    static @Nullable TerminalChannel open(Engine engine, ProcessSpec process) {
        return process.terminal()
                ? new TerminalChannel(
                        engine, engine.calls().socketpair("the channel of a terminal"))
                : null;
    }

    /** The end that the plan uses. */
    int number() {
        return ends.second().number();
    }

    /** The other end, for a supervisor that receives the terminal in place of the JVM. */
    int receiver() {
        return ends.first().number();
    }

    /** Receives the terminal of a process that was started. */
    Terminal receive() {
        var calls = engine.calls();
        return engine.launcher()
                .receiveDescriptor(ends.first(), "a terminal")
                .map((Fd master) -> Terminal.of(calls, engine.streams(), master))
                .orElseGet(() -> Terminal.hungUp(calls));
    }

    @Override
    public void close() {
        ends.close();
    }
}
