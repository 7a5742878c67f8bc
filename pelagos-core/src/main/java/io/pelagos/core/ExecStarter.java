package io.pelagos.core;

import io.pelagos.core.internal.cgroup.ContainerCgroup;
import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.Cleanup;
import io.pelagos.core.internal.launch.LaunchFailure;
import io.pelagos.core.internal.launch.Launcher;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.internal.plan.Accounts;
import io.pelagos.core.internal.plan.Entering;
import io.pelagos.core.internal.plan.LaunchInputs;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.spec.ContainerSpec;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Starts one more process in a running container. */
final class ExecStarter {
    /** How long a process may take to end that has begun to. */
    private static final Duration ENDING = Duration.ofSeconds(1);

    private final Execs execs;
    private final Execs.Target target;
    private final Engine engine;
    private final ContainerSpec spec;
    private final @Nullable Duration timeout;

    /**
     * Makes a starter.
     *
     * @param spec the container's specification with the process, streams and confinement of the
     *     new process
     */
    ExecStarter(Execs execs, ContainerSpec spec, @Nullable Duration timeout) {
        this.execs = execs;
        this.target = execs.target();
        this.engine = target.engine();
        this.spec = spec;
        this.timeout = timeout;
    }

    RunningExec start() {
        execs.requireNotPaused();
        return execs.enter(this::launch);
    }

    /** Prints the plan without carrying it out. */
    String explain() {
        int others =
                passedCount()
                        + (spec.process().terminal() ? 2 : 1)
                        + (handlers().isEmpty() ? 0 : 1);
        return execs.enter(() -> compose(Channels.with(others), identity())).toString();
    }

    private RunningExec launch() {
        var event = Recording.begin(ExecEvent::new);
        var identity = identity();
        long oomKillsBefore = oomKills(execs);
        var stdios = Stdios.open(engine.calls(), engine.streams(), spec);
        boolean started = false;
        try (var passed = PassedDescriptors.open(engine.calls(), spec.process().descriptors());
                var channel = TerminalChannel.open(engine, spec.process());
                var listening = ListenerChannel.open(engine, handlers())) {
            long before = System.nanoTime();
            var process = launch(identity, passed, stdios, channel, listening);
            stdios.started();
            if (listening != null) {
                listening.listen(target.name());
            }
            var terminal = channel == null ? null : channel.receive();
            if (event != null) {
                event.container = target.name();
                event.program = spec.process().command().getFirst();
                event.launch = System.nanoTime() - before;
                event.commit();
            }
            var exec =
                    new RunningExec(
                            execs,
                            spec.process(),
                            timeout,
                            warnings(),
                            process,
                            stdios,
                            terminal,
                            oomKillsBefore);
            started = true;
            return exec;
        } finally {
            if (!started) {
                stdios.close();
            }
        }
    }

    /** A process without a filter is not asked for its calls. */
    private Map<String, SyscallHandler> handlers() {
        return spec.confinement().privileged() && !target.spec().confinement().privileged()
                ? Map.of()
                : target.handlers();
    }

    private Launcher.Started launch(
            LaunchInputs.Identity identity,
            PassedDescriptors passed,
            Stdios stdios,
            @Nullable TerminalChannel channel,
            @Nullable ListenerChannel listening) {
        var others = new ArrayList<>(passed.numbers());
        others.add(target.pidfd().number());
        if (channel != null) {
            others.add(channel.number());
        }
        if (listening != null) {
            others.add(listening.number());
        }
        var cgroup = target.cgroup();
        try {
            return engine.launcher()
                    .launch(
                            channels -> compose(channels, identity),
                            new Launcher.Request(
                                    stdios.numbers(),
                                    others,
                                    cgroup == null ? null : new Joining(cgroup),
                                    null,
                                    () -> {},
                                    kind()));
        } catch (LaunchFailure failure) {
            throw translated(failure);
        } catch (ErrnoException errno) {
            throw SyscallFailedException.of(purpose(), errno);
        }
    }

    private String purpose() {
        return "starting " + spec.process().command().getFirst() + " in " + target.name();
    }

    /** How many descriptors come before all others of the plan: those for the program. */
    private int passedCount() {
        return spec.process().descriptors().count();
    }

    private static Supervision.Kind kind() {
        return new Supervision.Kind.Attached(Cleanup.NONE);
    }

    /** Lets a process into cgroups that are there. */
    private record Joining(ContainerCgroup cgroup) implements Launcher.Placing {
        @Override
        public Optional<Fd> make() {
            return cgroup.unified();
        }

        @Override
        public List<Fd> complete() {
            return cgroup.openJoinFiles();
        }
    }

    private LaunchPlan compose(Channels channels, LaunchInputs.Identity identity) {
        var cgroup = target.cgroup();
        return Entering.compose(
                new LaunchInputs(
                        spec,
                        engine.facts(),
                        new LaunchInputs.Names(
                                Starter.hostname(spec, target.name()),
                                CgroupPlacing.name(target.id())),
                        identity,
                        channels,
                        kind(),
                        cgroup == null
                                ? LaunchInputs.Placement.NONE
                                : new LaunchInputs.Placement(true, cgroup.joinFiles().size()),
                        Map.of(),
                        engine.filter(spec),
                        opened(channels)),
                channels.other(passedCount()));
    }

    /** Says what numbers the sockets have: they come behind the pidfd of the container. */
    private LaunchInputs.Opened opened(Channels channels) {
        boolean terminal = spec.process().terminal();
        int first = passedCount() + 1;
        return new LaunchInputs.Opened(
                Map.of(),
                Map.of(),
                terminal ? channels.other(first) : null,
                handlers().isEmpty()
                        ? null
                        : engine.listening(
                                handlers().keySet(),
                                spec,
                                channels.other(terminal ? first + 1 : first)),
                null);
    }

    private List<String> warnings() {
        var warnings = new ArrayList<String>();
        warnings.addAll(spec.confinement().landlock().warnings(engine.facts().landlockAbi()));
        var filter = engine.filter(spec);
        if (filter != null) {
            warnings.addAll(filter.warnings());
        }
        return warnings;
    }

    /** Looks users up in the files that the container has now. */
    private LaunchInputs.Identity identity() {
        if (target.hidden() != null) {
            try {
                return new Accounts(engine.calls(), target.hidden()).identity(spec.process());
            } catch (IllegalArgumentException e) {
                throw new InvalidSpecException("user", e);
            }
        }
        try (var root = openRoot()) {
            return Accounts.below(engine.calls(), root).identity(spec.process());
        } catch (IllegalArgumentException e) {
            throw new InvalidSpecException("user", e);
        } catch (ErrnoException e) {
            throw e.errno() == Errno.ENOENT ? ended(e) : SyscallFailedException.of(purpose(), e);
        }
    }

    /**
     * Opens the root of the container as its first process has it, which has none any more once it
     * is ending (ENOENT). A signal that still arrives shows that the number meant that process when
     * the file was opened.
     */
    private Fd openRoot() {
        var root =
                engine.calls()
                        .open(
                                null,
                                "/proc/" + target.pid() + "/root",
                                OpenFlag.O_PATH,
                                OpenFlag.O_DIRECTORY);
        if (engine.calls().pidfdSendSignal(target.pidfd(), 0)) {
            return root;
        }
        root.close();
        throw new IllegalStateException("the container " + target.name() + " has ended");
    }

    private RuntimeException translated(LaunchFailure failure) {
        var step = failure.step();
        boolean refused =
                step != null
                        && switch (step.syscall()) {
                            // Of a process that has left its namespaces, because it is ending.
                            case SETNS -> failure.errno() == Errno.ESRCH;
                            // Into a PID namespace whose first process is ending: see clone(2).
                            case CLONE3 -> failure.errno() == Errno.ENOMEM;
                            default -> false;
                        };
        return hasEnded(refused ? ENDING : Duration.ZERO)
                ? ended(failure)
                : Starter.launchFailure(failure, spec, target.name());
    }

    private IllegalStateException ended(RuntimeException cause) {
        return new IllegalStateException("the container " + target.name() + " has ended", cause);
    }

    /** A pidfd can be read once its process has ended. */
    private boolean hasEnded(Duration atMost) {
        try {
            return engine.poller().awaitReadable(target.pidfd(), atMost);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ClosedChannelException e) {
            return true;
        }
    }

    /** Returns how often memory has run out so far, as far as that is limited and known. */
    static long oomKills(Execs execs) {
        var cgroup = execs.target().cgroup();
        if (cgroup == null || execs.target().spec().resources().memory().max() == null) {
            return 0;
        }
        try {
            return execs.enter(cgroup::oomKills);
        } catch (IllegalStateException | ErrnoException e) {
            // The container has ended, and its counters with it.
            return 0;
        }
    }
}
