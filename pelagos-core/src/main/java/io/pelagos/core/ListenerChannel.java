package io.pelagos.core;

import io.pelagos.core.kernel.SystemCalls;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The socket through which a process hands the JVM the listener of its filter of system calls. */
final class ListenerChannel implements AutoCloseable {
    private final Engine engine;
    private final Map<String, SyscallHandler> handlers;
    private final SystemCalls.Pair ends;

    private ListenerChannel(
            Engine engine, Map<String, SyscallHandler> handlers, SystemCalls.Pair ends) {
        this.engine = engine;
        this.handlers = handlers;
        this.ends = ends;
    }

    /** Opens one when there is anybody to answer; else null. */
    static @Nullable ListenerChannel open(Engine engine, Map<String, SyscallHandler> handlers) {
        return handlers.isEmpty()
                ? null
                : new ListenerChannel(
                        engine, handlers, engine.calls().socketpair("the channel of a listener"));
    }

    /** The end that the plan uses. */
    int number() {
        return ends.second().number();
    }

    /** Begins to answer for a process that was started; it may have ended already. */
    void listen(String container) {
        engine.launcher()
                .receiveDescriptor(ends.first(), "the listener of " + container)
                .ifPresent(
                        listener -> SyscallListener.start(engine, container, listener, handlers));
    }

    @Override
    public void close() {
        ends.close();
    }
}
