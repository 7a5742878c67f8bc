package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupException;
import io.pelagos.core.internal.cgroup.ContainerCgroup;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.internal.state.FreezeMark;
import io.pelagos.core.internal.state.StateStore;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.spec.Change;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.CopySetting;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.FileSink;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.PressureTrigger;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stats;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A container that survives the JVM which has started it. It is a name for what is on disk: each
 * method looks there anew, and other JVMs may do the same at the same time.
 */
public final class DetachedContainer {
    private final Engine engine;
    private final String id;
    private final ContainerFiles files;
    private final DetachedStreams streams;
    private final DetachedDoor door;
    private volatile String name;

    DetachedContainer(Engine engine, ContainerState state) {
        this.engine = engine;
        this.id = state.id();
        this.name = state.name();
        files = new ContainerFiles(state.name(), new DetachedFiles(engine, this));
        streams = new DetachedStreams(engine, this);
        door = new DetachedDoor(engine, this);
    }

    /**
     * Returns what identifies this container among all of this machine, also after it was renamed.
     *
     * @return 32 hexadecimal digits
     */
    public String id() {
        return id;
    }

    /**
     * Returns the name that it had when it was last looked at.
     *
     * @return for example {@code pelagos-1}
     */
    public String name() {
        return name;
    }

    /**
     * Returns what is known about it now.
     *
     * @return its present state
     * @throws ContainerStateException when it was removed
     */
    public ContainerInfo inspect() {
        return ContainerInfo.of(state());
    }

    /**
     * Returns everything that it was made with.
     *
     * @return the specification
     * @throws ContainerStateException when it was removed, or another implementation made it
     */
    public ContainerSpec spec() {
        return engine.states()
                .spec(state().name())
                .orElseThrow(() -> ContainerStateException.withoutOptions(name));
    }

    /** Looks at the disk; somebody may have given the container another name. */
    ContainerState state() {
        try {
            return find();
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("reading the state of the container " + name, e);
        }
    }

    private ContainerState find() {
        var known = engine.states().read(name).filter(s -> s.id().equals(id));
        if (known.isEmpty()) {
            known =
                    engine.states().list().states().stream()
                            .filter(s -> s.id().equals(id))
                            .findFirst();
            known.ifPresent(s -> name = s.name());
        }
        return known.orElseThrow(() -> ContainerStateException.missing(name));
    }

    /**
     * Tells whether it runs.
     *
     * @return false when it has ended or was removed
     */
    public boolean isAlive() {
        try {
            return state().status() == Status.RUNNING;
        } catch (ContainerStateException e) {
            return false;
        }
    }

    /**
     * Waits until its present run has ended.
     *
     * @return how it ended; when it had ended before, how it had
     * @throws InterruptedException when the thread is interrupted
     */
    public Exit waitFor() throws InterruptedException {
        return new RunWait(engine, this::state).await(null).orElseThrow();
    }

    /**
     * Waits until its present run has ended, for some time.
     *
     * @param atMost how long
     * @return how it ended, or empty when it still runs
     * @throws InterruptedException when the thread is interrupted
     */
    public Optional<Exit> waitFor(Duration atMost) throws InterruptedException {
        return new RunWait(engine, this::state).await(atMost);
    }

    /**
     * Sends a signal to its first process.
     *
     * @param signal which signal
     * @return false when it does not run
     */
    public boolean signal(Signal signal) {
        return signal(state(), signal);
    }

    private boolean signal(ContainerState state, Signal signal) {
        return attempt("sending " + signal + " to", () -> send(state, signal));
    }

    private boolean send(ContainerState state, Signal signal) {
        var first = firstProcess(state);
        if (first.isEmpty()) {
            return false;
        }
        try (var pidfd = first.get().pidfd()) {
            return engine.calls().pidfdSendSignal(pidfd, signal.number());
        }
    }

    /** Opens its first process; empty when it does not run. */
    Optional<ContainerRoot.First> firstProcess(ContainerState state) {
        var process = state.run().process();
        return process == null || state.status() != Status.RUNNING
                ? Optional.empty()
                : process.open(engine.calls())
                        .map(pidfd -> new ContainerRoot.First(process.pid(), pidfd));
    }

    /**
     * Stops it: sends the stop signal, waits, and ends every process that is left. Its restart
     * policy does not start it again. A copy of its files that is being made meanwhile does not
     * keep it from running on, so such a copy may be of different moments.
     *
     * @param grace how long it may take to end by itself; zero to end it at once
     * @return how it ended; when it had ended before, how it had
     * @throws InterruptedException when the thread is interrupted; it may still run
     */
    public Exit stop(Duration grace) throws InterruptedException {
        var state =
                attempt(
                        "noting the stop of",
                        () ->
                                engine.states()
                                        .update(state().name(), s -> s.withStopped(true))
                                        .orElseThrow(() -> ContainerStateException.missing(name)));
        if (!grace.isZero() && signal(state, stopSignal(state))) {
            thaw(state);
            var inTime = waitFor(grace);
            if (inTime.isPresent()) {
                return inTime.get();
            }
        }
        kill();
        return waitFor();
    }

    private Signal stopSignal(ContainerState state) {
        return engine.states()
                .spec(state.name())
                .map(ContainerSpec::stopSignal)
                .orElse(Signal.TERM);
    }

    /** What is left of it ends with its first process in a PID namespace of its own. */
    private boolean endsWithFirstProcess(ContainerState state) {
        return engine.states()
                .spec(state.name())
                .map(spec -> spec.creates(Namespace.PID))
                .orElse(true);
    }

    /** Ends every process of it by SIGKILL; does nothing when it does not run. */
    public void kill() {
        var state = state();
        boolean ignored = signal(state, Signal.KILL);
        if (state.status() == Status.RUNNING) {
            whileAlive(
                    "killing",
                    state,
                    group -> {
                        if (!endsWithFirstProcess(state)) {
                            group.kill();
                        }
                        group.thaw();
                    });
        }
    }

    /**
     * Starts it again with everything that it was made with; its logs begin anew. Waits for a copy
     * of its files that is being made.
     *
     * @throws ContainerStateException when it runs or was removed
     */
    public void start() {
        new Detaching(engine).againAndKeep(state().name(), 0);
    }

    /**
     * Stops it if it runs, and starts it again.
     *
     * @param grace how long it may take to end by itself
     * @throws InterruptedException when the thread is interrupted while it ends
     */
    public void restart(Duration grace) throws InterruptedException {
        if (state().status() == Status.RUNNING) {
            Exit ignored = stop(grace);
        }
        start();
    }

    /**
     * Gives it another name, whether it runs or not.
     *
     * @param newName 1 to 128 letters, digits, {@code _}, {@code .} and {@code -}
     * @throws InvalidSpecException when that cannot be a name
     * @throws ContainerStateException when another container has the name
     */
    public void rename(String newName) {
        if (!StateStore.isName(newName)) {
            throw new InvalidSpecException(
                    "rename",
                    "\"" + newName + "\"",
                    "must be 1 to 128 letters, digits, '_', '.' or '-', and begin with a letter or"
                            + " digit");
        }
        try {
            var renamed = engine.states().rename(state().name(), newName);
            name = renamed.orElseThrow(() -> ContainerStateException.missing(name)).name();
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EEXIST) {
                throw ContainerStateException.of(newName, "another container is named " + newName);
            }
            throw SyscallFailedException.of("renaming the container " + name, e);
        }
    }

    /**
     * Removes everything of it: state, logs and files.
     *
     * @param force whether to end it first when it runs
     * @throws ContainerStateException when it runs and is not to be ended
     * @throws InterruptedException when the thread is interrupted while it ends
     */
    public void remove(boolean force) throws InterruptedException {
        var state = state();
        if (state.status() == Status.RUNNING) {
            if (!force) {
                throw ContainerStateException.running(
                        state.name(), "stop it first, or remove it by force");
            }
            Exit ignored = stop(Duration.ZERO);
        }
        awaitSupervisor();
        if (!new Removal(engine).removeEnded(state().name(), id) && isAlive()) {
            throw ContainerStateException.running(name, "somebody has started it again meanwhile");
        }
    }

    /** Its supervisor may still be removing the cgroups. */
    private void awaitSupervisor() throws InterruptedException {
        new RunWait(engine, this::state).awaitSupervisor();
    }

    /**
     * Freezes every process of it, until {@link #resume}. While its files are committed, exported
     * or kept as a snapshot, by whatever JVM, this waits.
     *
     * @throws ContainerStateException when it does not run
     */
    public void pause() {
        freezing(
                mark ->
                        withCgroup(
                                "pausing",
                                group -> {
                                    group.freeze();
                                    mark.clear();
                                    return null;
                                }));
    }

    /**
     * Lets it run on; waits as {@link #pause} does.
     *
     * @throws ContainerStateException when it does not run
     */
    public void resume() {
        freezing(
                mark ->
                        withCgroup(
                                "resuming",
                                group -> {
                                    group.thaw();
                                    mark.clear();
                                    return null;
                                }));
    }

    /**
     * Returns what it uses now, see {@link Container#stats}.
     *
     * @return figures of its cgroup
     * @throws ContainerStateException when it does not run
     */
    public Stats stats() {
        return Objects.requireNonNull(withCgroup("measuring", ContainerCgroup::stats));
    }

    /**
     * Returns its processes, those that were started in it later included.
     *
     * @return their ids as this JVM sees them, in rising order; its first process alone where it
     *     has no cgroup
     * @throws ContainerStateException when it does not run
     */
    public List<Integer> processes() {
        var state = state();
        var process = state.run().process();
        if (state.status() != Status.RUNNING || process == null) {
            throw ContainerStateException.ended(name, "it has no process");
        }
        return attempt(
                "listing the processes of",
                () -> {
                    try (var group = cgroup(state).orElse(null)) {
                        return group == null ? List.of(process.pid()) : group.processes();
                    }
                });
    }

    /**
     * Tries its health check once, now. A success is written down as its health; a failure alone is
     * not, since it takes several in a row.
     *
     * @return whether it succeeds
     * @throws ContainerStateException when it does not run, or has no health check
     */
    public boolean checkHealth() {
        var state = state();
        var check = state.upkeep().healthCheck();
        if (state.status() != Status.RUNNING) {
            throw ContainerStateException.ended(name, "it has no health");
        }
        if (check == null) {
            throw ContainerStateException.of(
                    name, "the container " + name + " has no health check");
        }
        var health = new DetachedHealth(engine, this, state.run().startedAt());
        boolean succeeds = health.probe().succeeds(check.test(), check.timeout());
        if (succeeds && state.health() != ContainerState.Health.HEALTHY) {
            health.health(ContainerInfo.Health.HEALTHY);
        }
        return succeeds;
    }

    /**
     * Changes its limits while it runs; a later start has those that it was made with.
     *
     * @param resources the new limits; what is not set stays as it is
     * @return what could not be had: a sentence for each
     * @throws ContainerStateException when it does not run
     */
    public List<String> limits(Resources resources) {
        return Objects.requireNonNull(withCgroup("limiting", group -> group.update(resources)));
    }

    /**
     * Tells when its processes have to wait, see {@link Container#pressure}.
     *
     * @param trigger when to tell
     * @return gives how long work had to wait so far
     */
    public Flow.Publisher<Stats.Pressure> pressure(PressureTrigger trigger) {
        return watches().pressure(trigger);
    }

    /**
     * Tells when memory is short, see {@link Container#memoryEvents}. Its supervisor, which removes
     * its cgroup, keeps the last counters, so that what happens right before its end is told too,
     * unless it is removed or started again meanwhile.
     *
     * @return gives how often limits were met so far
     */
    public Flow.Publisher<Stats.Events> memoryEvents() {
        return watches().memoryEvents();
    }

    /** The removal of the cgroup ends them. */
    private CgroupWatches watches() {
        return new CgroupWatches(
                engine,
                name,
                () -> runningCgroup(state()),
                ContainerCgroup::close,
                _ -> lastMemoryEvents(state().run().startedAt()));
    }

    /** What was counted until the end of a run; nothing once there is another. */
    private Supplier<Optional<Stats.Events>> lastMemoryEvents(Instant startedAt) {
        return () -> {
            var events = engine.states().memoryEvents(state());
            return state().run().startedAt().equals(startedAt) ? events : Optional.empty();
        };
    }

    private ContainerCgroup runningCgroup(ContainerState state) {
        if (state.status() != Status.RUNNING) {
            throw ContainerStateException.ended(name, "it has no cgroup");
        }
        return cgroup(state)
                .orElseThrow(() -> ContainerStateException.ended(name, "its cgroup is gone"));
    }

    private <T extends @org.jspecify.annotations.Nullable Object> T withCgroup(
            String doing, Function<ContainerCgroup, T> action) {
        return attempt(
                doing,
                () -> {
                    try (var group = runningCgroup(state())) {
                        return action.apply(group);
                    }
                });
    }

    /** Acts while nobody else freezes it or lets it go on. */
    <T extends @org.jspecify.annotations.Nullable Object> T freezing(
            Function<FreezeMark, T> action) {
        var current = state().name();
        return attempt("freezing", () -> engine.states().freezing(current, action));
    }

    void thaw(ContainerState state) {
        whileAlive("thawing", state, ContainerCgroup::thaw);
    }

    /** Acts on its cgroup, which its supervisor removes as soon as it is empty. */
    private void whileAlive(String doing, ContainerState state, Consumer<ContainerCgroup> action) {
        Boolean ignored =
                attempt(
                        doing,
                        () -> {
                            try (var group = cgroup(state).orElse(null)) {
                                if (group != null) {
                                    action.accept(group);
                                }
                                return true;
                            } catch (CgroupException | ErrnoException e) {
                                if (isAlive()) {
                                    throw e;
                                }
                                return false;
                            }
                        });
    }

    /** Acts, and says in its own words what the kernel has refused. */
    <T extends @org.jspecify.annotations.Nullable Object> T attempt(
            String doing, Supplier<T> action) {
        try {
            return action.get();
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ESRCH || (e.errno() == Errno.ENODEV && !isAlive())) {
                throw ContainerStateException.ended(name, doing + " it came too late");
            }
            throw SyscallFailedException.of(doing + " the container " + name, e);
        } catch (CgroupException e) {
            throw new LimitException(doing + " the container " + name + ": " + e.getMessage(), e);
        }
    }

    Optional<ContainerCgroup> cgroup(ContainerState state) {
        var host = engine.cgroups();
        return host == null || state.run().cgroups().isEmpty()
                ? Optional.empty()
                : host.open(state.run().cgroups());
    }

    /**
     * Describes one more process in this container. It belongs to this JVM, and ends with it or
     * with the container, whichever is first.
     *
     * @param command the program, then its arguments; a program without a slash is looked up in the
     *     {@code PATH} of the process
     * @return a builder
     * @throws ContainerStateException when it was removed, or another implementation made it
     */
    public ExecBuilder exec(String... command) {
        return exec(List.of(command));
    }

    /**
     * Describes one more process in this container.
     *
     * @param command the program, then its arguments
     * @return a builder
     * @throws ContainerStateException when it was removed, or another implementation made it
     */
    public ExecBuilder exec(List<String> command) {
        var spec = spec();
        return new ExecBuilder(() -> door.open(spec), spec, command);
    }

    /**
     * Tells how its files differ from those of its layers, see {@link Container#diff}.
     *
     * @return the changes, a directory before what is in it
     * @throws IllegalStateException when its root is not of layers
     * @throws ContainerStateException when it does not run, and its changes were not kept
     */
    public List<Change> diff() {
        return files.diff();
    }

    /**
     * Copies what it has changed into a new layer directory, see {@link Container#commit}; it
     * stands still meanwhile.
     *
     * @param directory the directory to make, whose parent exists
     * @throws IllegalStateException when its root is not of layers
     * @throws ContainerStateException when it does not run, and its changes were not kept
     */
    public void commit(Path directory) {
        files.commit(directory);
    }

    /**
     * Takes its files as they are at this moment, see {@link Container#snapshot}; it stands still
     * meanwhile.
     *
     * @return the snapshot, which belongs to this JVM
     * @throws IllegalStateException when its root is not of layers
     * @throws ContainerStateException when it does not run, and its changes were not kept
     */
    public Snapshot snapshot() {
        return files.snapshot();
    }

    /**
     * Describes a container that is like this one, on its files as they are now, see {@link
     * Container#fork}.
     *
     * @return a builder; what it starts belongs to this JVM unless it is started detached
     * @throws IllegalStateException when its root is not of layers
     * @throws ContainerStateException when it does not run, and its changes were not kept
     */
    public ContainerBuilder fork() {
        return files.fork();
    }

    /**
     * Copies a file or a tree of this machine into the container, see {@link Container#copyIn}.
     *
     * @param source a path on this machine
     * @param target the path of the copy inside the container
     * @param settings owner, permissions, and what else is kept
     * @throws ContainerStateException when it does not run, and its files are gone
     * @throws SyscallFailedException when the kernel refuses something
     */
    public void copyIn(Path source, String target, CopySetting... settings) {
        files.copyIn(source, target, settings);
    }

    /**
     * Opens a directory of the container, made when missing, to put a tree into it, see {@link
     * Container#copyInto}.
     *
     * @param directory an absolute path inside the container
     * @param settings owner, permissions, and what else is kept
     * @return takes the tree; to be closed
     * @throws ContainerStateException when it does not run, and its files are gone
     * @throws SyscallFailedException when the kernel refuses something
     */
    public FileSink copyInto(String directory, CopySetting... settings) {
        return files.copyInto(directory, settings);
    }

    /**
     * Copies a file or a tree of the container to this machine, see {@link Container#copyOut}.
     *
     * @param source an absolute path inside the container
     * @param target the path of the copy
     * @param settings permissions, and what else is kept
     * @throws ContainerStateException when it does not run, and its files are gone
     * @throws SyscallFailedException when the kernel refuses something
     */
    public void copyOut(String source, Path target, CopySetting... settings) {
        files.copyOut(source, target, settings);
    }

    /**
     * Gives a file or a tree of the container to a sink, see {@link Container#copyOut(String,
     * FileSink)}.
     *
     * @param source an absolute path inside the container
     * @param sink takes the entries; the caller closes it
     * @throws ContainerStateException when it does not run, and its files are gone
     * @throws SyscallFailedException when the kernel refuses something
     */
    public void copyOut(String source, FileSink sink) {
        files.copyOut(source, sink);
    }

    /**
     * Gives what the container has changed to a sink, see {@link Container#commit(FileSink)}.
     *
     * @param sink takes the files; it is not closed
     * @throws ContainerStateException when it was removed, or does not run and its changes were not
     *     kept
     * @throws IllegalStateException when its root is not of layers
     * @throws SyscallFailedException when the kernel refuses something
     */
    public void commit(FileSink sink) {
        files.commit(sink);
    }

    /**
     * Gives all files of the root to a sink, see {@link Container#export}.
     *
     * @param sink takes the files; it is not closed
     * @throws ContainerStateException when it was removed, or does not run and its changes were not
     *     kept
     * @throws IllegalStateException when its root is neither of layers nor a directory
     * @throws SyscallFailedException when the kernel refuses something
     */
    public void export(FileSink sink) {
        files.export(sink);
    }

    /**
     * Returns a path of the container for the methods of {@link java.nio.file.Files} that read, see
     * {@link Container#path}.
     *
     * @param path an absolute path inside the container
     * @return a path of a read-only file system
     * @throws ContainerStateException when it does not run, and its files are gone
     */
    public Path path(String path) {
        return files.path(path);
    }

    /** Holds on to it for one more process, see {@link Execs#release}. */
    Execs door() {
        return door.open(spec());
    }

    /**
     * Returns the way to what it has written since its latest start.
     *
     * @return its logs, all of them unless narrowed
     */
    public ContainerLogs logs() {
        return new ContainerLogs(engine, this::state);
    }

    /**
     * Passes on what it writes from now on, byte for byte, until it ends.
     *
     * @param stdout takes its standard output
     * @param stderr takes its standard error
     * @return how it ended
     * @throws IOException when a stream takes no more
     * @throws InterruptedException when the thread is interrupted; the container is not affected
     */
    public Exit attach(OutputStream stdout, OutputStream stderr)
            throws IOException, InterruptedException {
        return streams.attach(stdout, stderr);
    }

    /**
     * Passes on what it writes from now on, and to it what a stream has, until it ends. At the end
     * of the stream the container gets end of file, see {@link DetachedInput#end}.
     *
     * @param stdin is read by a thread that, when the container ends, stays until what it waits for
     *     has come
     * @param stdout takes its standard output
     * @param stderr takes its standard error
     * @return how it ended
     * @throws ContainerStateException when it does not run, or its standard input is not kept open
     * @throws IOException when an output takes no more
     * @throws InterruptedException when the thread is interrupted; the container is not affected
     */
    public Exit attach(InputStream stdin, OutputStream stdout, OutputStream stderr)
            throws IOException, InterruptedException {
        return streams.attach(stdin, stdout, stderr);
    }

    /**
     * Opens its standard input, which is kept open when it was started with {@link
     * io.pelagos.core.spec.Stdio#PIPE} for it.
     *
     * @return a stream, whose closing the container does not notice; {@link DetachedInput#end} is
     *     what it notices
     * @throws ContainerStateException when it does not run, or its standard input is not kept open
     *     or has come to its end
     */
    public DetachedInput stdin() {
        return streams.stdin();
    }

    /**
     * Opens the terminal that it was started with. Its supervisor keeps it: what the program writes
     * is in the logs, and closing what this returns hangs nothing up.
     *
     * @return a terminal, to be closed; its output begins now and ends with the container, and its
     *     size is told as {@link io.pelagos.core.spec.TerminalSize#USUAL}
     * @throws ContainerStateException when it does not run, or was started without a terminal
     */
    public Terminal terminal() {
        return streams.terminal();
    }

    /**
     * Tells whether {@link #terminal} can be opened.
     *
     * @return false when it does not run or was started without a terminal
     */
    public boolean hasTerminal() {
        return streams.hasTerminal();
    }

    /**
     * Tells whether {@link #stdin} can be opened.
     *
     * @return false when it does not run or was not started with a pipe
     */
    public boolean hasStdin() {
        return streams.hasStdin();
    }

    /**
     * Waits until it is ready.
     *
     * @param ready what that means
     * @param atMost how long
     * @return this
     * @throws InvalidSpecException when it never can be, such as for want of a health check
     * @throws NotReadyException when it has ended, or time is up, before it was ready
     * @throws InterruptedException when the thread is interrupted
     */
    public DetachedContainer awaitReady(Ready ready, Duration atMost) throws InterruptedException {
        awaitReady(List.of(ready), atMost);
        return this;
    }

    void awaitReady(List<Ready> ready, Duration atMost) throws InterruptedException {
        try (var candidate = new DetachedCandidate(engine, this)) {
            new Readiness(engine, candidate, ready, atMost).await();
        }
    }

    @Override
    public String toString() {
        return "container " + name + " (" + id + ")";
    }
}
