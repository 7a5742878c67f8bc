package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupException;
import io.pelagos.core.internal.launch.Ending;
import io.pelagos.core.internal.launch.Launcher;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.EndRecord;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.WaitFlag;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Signal;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a container that this JVM has started ends, by the way that its supervision has for it:
 * waitid(2), the report of the helper, or the file that a supervisor leaves.
 */
final class ContainerEnd {
    private static final System.Logger LOG = System.getLogger(ContainerEnd.class.getName());
    private static final int P_PIDFD = 3;
    private static final int WEXITED_WNOWAIT_WNOHANG = 4 | 0x01000000 | 1;
    private static final int MSG_PEEK_DONTWAIT = 2 | 0x40;

    private final Execs.Target container;
    private final Launcher.Started started;
    private final Supervision.Kind kind;
    private final @Nullable Detachment detachment;
    private final Consumer<String> warnings;

    /**
     * Looks at the end of one container.
     *
     * @param container which
     * @param started its processes
     * @param kind who waits for them
     * @param detachment what is on disk about a detached one, or null for another
     * @param warnings takes what was not as it should be
     */
    ContainerEnd(
            Execs.Target container,
            Launcher.Started started,
            Supervision.Kind kind,
            @Nullable Detachment detachment,
            Consumer<String> warnings) {
        this.container = container;
        this.started = started;
        this.kind = kind;
        this.detachment = detachment;
        this.warnings = warnings;
    }

    /** What becomes readable at the end. */
    Fd source() {
        return kind instanceof Supervision.Kind.Child ? started.pidfd() : started.control();
    }

    /**
     * Waits for the end.
     *
     * @param kill ends the container when it has run too long
     */
    Exit await(Runnable kill) throws IOException, InterruptedException {
        var poller = container.engine().poller();
        var timeout = container.spec().timeout();
        boolean timedOut = false;
        if (timeout != null) {
            timedOut = !poller.awaitReadable(source(), timeout);
            if (timedOut) {
                kill.run();
            }
        }
        poller.awaitReadable(source());
        var how =
                switch (kind) {
                    case Supervision.Kind.Child(_) -> decode(waitForChild());
                    case Supervision.Kind.Attached(_) -> decode(readInfo());
                    case Supervision.Kind.Detached _ -> unlessOutOfMemory(recorded());
                    case Supervision.Kind.Foreground _ ->
                            throw new IllegalStateException("a helper without a channel");
                };
        return timedOut ? new Exit.TimedOut(Objects.requireNonNull(timeout)) : how;
    }

    /**
     * Looks at how a program ended that has exited by itself, and leaves it to be seen again by
     * {@link #await}; empty for every other end, and before it.
     */
    Optional<Exit> peek() {
        try (var memory = Memory.open()) {
            var info = memory.block(Ending.SIGINFO_SIZE);
            var calls = container.engine().calls();
            boolean complete =
                    kind instanceof Supervision.Kind.Child
                            ? calls.retry(
                                            Syscall.WAITID,
                                            P_PIDFD,
                                            started.pidfd().number(),
                                            info.address(),
                                            WEXITED_WNOWAIT_WNOHANG,
                                            0)
                                    == 0
                            : calls.retry(
                                            Syscall.RECVFROM,
                                            started.control().number(),
                                            info.address(),
                                            Ending.SIGINFO_SIZE,
                                            MSG_PEEK_DONTWAIT,
                                            0,
                                            0)
                                    == Ending.SIGINFO_SIZE;
            return complete ? code(info.get(0, Ending.SIGINFO_SIZE)) : Optional.empty();
        }
    }

    private static Optional<Exit> code(byte[] info) {
        var how = EndRecord.exit(info);
        return how instanceof Exit.Code ? Optional.of(how) : Optional.empty();
    }

    /** Reaps the JVM's own child when it ends. */
    byte[] waitForChild() {
        return container.engine().calls().waitid(WaitFlag.P_PIDFD, started.pidfd().number());
    }

    private byte[] readInfo() throws IOException, InterruptedException {
        var engine = container.engine();
        var info = new byte[Ending.SIGINFO_SIZE];
        if (engine.launcher().receive(started.control(), info) < Ending.SIGINFO_SIZE) {
            // The supervisor was killed; the container ends with it.
            warnings.accept(
                    "the supervisor of " + container.name() + " ended before the container");
            boolean ignored = engine.calls().pidfdSendSignal(started.pidfd(), Signal.KILL.number());
            engine.poller().awaitReadable(started.pidfd());
            return new byte[0];
        }
        return info;
    }

    /** Returns what the supervisor has left; it has ended. */
    private Exit recorded() {
        return Objects.requireNonNull(detachment)
                .end()
                .map(ContainerState.End::exit)
                .orElse(EndRecord.UNSEEN);
    }

    private Exit decode(byte[] info) {
        return unlessOutOfMemory(EndRecord.exit(info));
    }

    private Exit unlessOutOfMemory(Exit how) {
        long kills = EndRecord.mayBeOutOfMemory(how) ? oomKills() : 0;
        return kills > 0 ? new Exit.OutOfMemory(kills) : how;
    }

    private long oomKills() {
        var cgroup = container.cgroup();
        if (cgroup == null || container.spec().resources().memory().max() == null) {
            return 0;
        }
        try {
            return cgroup.oomKills();
        } catch (ErrnoException | CgroupException e) {
            // A detached container's supervisor may have removed the cgroup already.
            LOG.log(System.Logger.Level.DEBUG, "reading memory events of " + container.name(), e);
            return 0;
        }
    }
}
