package io.pelagos.core;

import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ProcessMark;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.Exit;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits for the end of a run that another process supervises, by the pidfds of both. */
final class RunWait {
    private final Engine engine;
    private final Supplier<ContainerState> look;

    RunWait(Engine engine, Supplier<ContainerState> look) {
        this.engine = engine;
        this.look = look;
    }

    /** Waits for the end; empty when the time is up before. */
    Optional<Exit> await(@Nullable Duration atMost) throws InterruptedException {
        long deadline = atMost == null ? 0 : System.nanoTime() + atMost.toNanos();
        while (true) {
            var state = look.get();
            if (state.end() != null) {
                return Optional.of(state.end().exit());
            }
            if (state.isBeingStarted()) {
                // Whoever starts it has its lock until there is a process, or it is gone.
                var _ = engine.states().locked(state.name(), look);
                if (look.get().isBeingStarted()) {
                    throw ContainerStateException.of(
                            state.name(),
                            "the JVM that was starting " + state.name() + " has ended: recover()");
                }
                continue;
            }
            var left =
                    atMost == null
                            ? null
                            : Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            if (!awaitOne(state, left)) {
                return Optional.ofNullable(look.get().end()).map(ContainerState.End::exit);
            }
        }
    }

    /** Waits until the supervisor has done its last, whether the container has ended or not. */
    void awaitSupervisor() throws InterruptedException {
        boolean ignored = awaitEnd(look.get().run().supervisor(), null);
    }

    /** Waits for the supervisor, and where that is gone for the process. */
    private boolean awaitOne(ContainerState state, @Nullable Duration atMost)
            throws InterruptedException {
        var supervisor = state.run().supervisor();
        boolean supervised = supervisor != null && supervisor.isAlive(engine.calls());
        return awaitEnd(supervised ? supervisor : state.run().process(), atMost);
    }

    private boolean awaitEnd(@Nullable ProcessMark mark, @Nullable Duration atMost)
            throws InterruptedException {
        var pidfd = mark == null ? Optional.<Fd>empty() : mark.open(engine.calls());
        if (pidfd.isEmpty()) {
            return true;
        }
        try (var process = pidfd.get()) {
            if (atMost != null) {
                return engine.poller().awaitReadable(process, atMost);
            }
            engine.poller().awaitReadable(process);
            return true;
        } catch (ClosedChannelException e) {
            throw new IllegalStateException("Pelagos was closed", e);
        }
    }
}
