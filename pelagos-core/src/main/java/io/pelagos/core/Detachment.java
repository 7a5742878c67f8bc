package io.pelagos.core;

import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.Cleanup;
import io.pelagos.core.internal.launch.Ending;
import io.pelagos.core.internal.launch.KeptInput;
import io.pelagos.core.internal.launch.KeptTerminal;
import io.pelagos.core.internal.launch.Logs;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.OwnedDirectory;
import io.pelagos.core.internal.state.ProcessMark;
import io.pelagos.core.internal.state.StateStore;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.ContainerSpec;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a detached container has on disk while it is being started: its directory, and its state,
 * which names its process before that executes the program. The lock of the container is held.
 */
final class Detachment implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Detachment.class.getName());
    private static final Duration LAST_STEPS = Duration.ofSeconds(20);
    private static final int LONGEST_LINK = 64;

    private final Engine engine;
    private final OwnedDirectory directory;
    private final @Nullable ContainerState before;
    private ContainerState state;

    /** The number that the supervisor has for standard input, or 0 when that is not kept open. */
    private int stdin;

    private boolean terminal;

    private Detachment(
            Engine engine,
            OwnedDirectory directory,
            @Nullable ContainerState before,
            ContainerState state) {
        this.engine = engine;
        this.directory = directory;
        this.before = before;
        this.state = state;
    }

    /** Makes the directory of a new container; one of the same name that has ended is removed. */
    static Detachment first(Engine engine, ContainerState state, ContainerSpec spec) {
        var store = engine.states();
        var name = state.name();
        var old = store.read(name);
        if (old.isPresent() && old.get().status() == ContainerState.Status.RUNNING) {
            throw ContainerStateException.running(name, "its name cannot be used again");
        }
        if (old.isPresent()) {
            store.remove(name);
        }
        OwnedDirectory directory;
        try {
            directory = store.create(state, spec);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
            // What somebody left who died before there was a state.
            store.remove(name);
            directory = store.create(state, spec);
        }
        return new Detachment(engine, directory, null, state);
    }

    /** Begins another run of a container that has ended; its logs begin anew. */
    static Detachment again(Engine engine, ContainerState before, ContainerState state) {
        var directory = engine.states().directory(state.name());
        try {
            for (var file : List.of(Logs.INDEX, Logs.STDOUT, Logs.STDERR)) {
                directory.removeFile(file + Logs.OLD);
            }
            engine.states().writeTo(directory, state);
            directory.removeFile(Ending.FILE);
        } catch (RuntimeException | Error e) {
            directory.close();
            throw e;
        }
        return new Detachment(engine, directory, before, state);
    }

    /**
     * Says what the supervisor does.
     *
     * @param before how many other descriptors come before those of {@link #numbers}; the last of
     *     them is that of the terminal if there is one
     */
    Supervision.Kind.Detached kind(
            Stdios stdios,
            int before,
            boolean terminal,
            List<String> memoryEvents,
            Cleanup cleanup) {
        int directoryThere = Channels.with(0).other(before);
        int outThere = stdios.logged(1) < 0 ? -1 : directoryThere + 1;
        int errThere = stdios.logged(2) < 0 ? -1 : Math.max(directoryThere, outThere) + 1;
        int last = Math.max(directoryThere, Math.max(outThere, errThere));
        var input = stdios.kept().isEmpty() ? null : KeptInput.from(last + 1);
        stdin = input == null ? 0 : input.pipe();
        this.terminal = terminal;
        return new Supervision.Kind.Detached(
                directoryThere,
                new Logs(outThere, errThere, state.upkeep().logBound()),
                input,
                terminal
                        ? new KeptTerminal(directoryThere - 1, last + 1 + stdios.kept().size())
                        : null,
                memoryEvents,
                cleanup);
    }

    /** Returns the descriptors that the supervisor uses, in the order of their numbers there. */
    List<Integer> numbers(Stdios stdios) {
        return IntStream.concat(
                        IntStream.of(directory.fd().number(), stdios.logged(1), stdios.logged(2))
                                .filter(number -> number >= 0),
                        stdios.kept().stream().mapToInt(Integer::intValue))
                .boxed()
                .toList();
    }

    /** Writes who the container's processes are, before its program is executed. */
    void created(int pid, Map<String, String> cgroups) {
        var calls = engine.calls();
        var process = ProcessMark.of(calls, pid);
        if (process.isEmpty()) {
            return; // its report tells why, or nobody knows: see requireCreated
        }
        state =
                state.running(
                        process.get(),
                        ProcessMark.supervisorOf(calls, pid).orElse(null),
                        cgroups,
                        mountNamespace(calls, pid),
                        stdin,
                        terminal);
        engine.states().writeTo(directory, state);
    }

    /** Refuses a process that has ended so early that nothing is known of it. */
    void requireCreated() {
        if (state.run().process() == null) {
            throw new ErrnoException(Errno.ESRCH, "marking the first process");
        }
    }

    /** The inode of a namespace, from a link such as {@code mnt:[4026531841]}. */
    private static long mountNamespace(SystemCalls calls, int pid) {
        try (var memory = Memory.open()) {
            var buffer = memory.block(LONGEST_LINK);
            long length =
                    calls.retry(
                            Syscall.READLINKAT,
                            -100,
                            memory.string("/proc/" + pid + "/ns/mnt"),
                            buffer.address(),
                            buffer.size());
            if (length <= 0) {
                return 0;
            }
            var link =
                    new String(
                            buffer.get(0, (int) length),
                            java.nio.charset.StandardCharsets.US_ASCII);
            return Long.parseLong(link.replaceAll("[^0-9]", ""));
        }
    }

    /** Returns the state as it was written last. */
    ContainerState state() {
        return state;
    }

    /** Returns how the container ended, as its supervisor has left it. */
    Optional<ContainerState.End> end() {
        return StateStore.readEnd(directory);
    }

    /** Takes everything back after a start that failed. */
    void undo() {
        try {
            awaitSupervisor();
            if (before == null) {
                engine.states().remove(state.name());
            } else {
                engine.states().writeTo(directory, before);
            }
        } finally {
            close();
        }
    }

    /** It writes into the directory until it has ended. */
    private void awaitSupervisor() {
        var supervisor = state.run().supervisor();
        var pidfd = supervisor == null ? null : supervisor.open(engine.calls()).orElse(null);
        if (pidfd == null) {
            return;
        }
        try (pidfd) {
            if (!engine.poller().awaitReadable(pidfd, LAST_STEPS)) {
                LOG.log(System.Logger.Level.WARNING, "the supervisor of {0} stays", state.name());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ClosedChannelException e) {
            throw new IllegalStateException("closed while a container is being started", e);
        }
    }

    @Override
    public void close() {
        directory.close();
    }
}
