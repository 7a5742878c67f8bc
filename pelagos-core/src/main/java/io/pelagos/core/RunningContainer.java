package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupException;
import io.pelagos.core.internal.cgroup.ContainerCgroup;
import io.pelagos.core.internal.launch.Launcher;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.Change;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.CopySetting;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.FileSink;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.PressureTrigger;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stats;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A container that this JVM has started. A virtual thread of its own waits for its end. */
final class RunningContainer implements Container {
    /**
     * So long the kernel itself is waited in by who can: no other thread has to wake up for a
     * program that is done at once. An interrupt waits as long at most.
     */
    private static final Duration SOON = Duration.ofMillis(2);

    private static final System.Logger LOG = System.getLogger(RunningContainer.class.getName());
    private static final int F_DUPFD_CLOEXEC = 1030;

    private final Engine engine;
    private final ContainerSpec spec;
    private final String id;
    private final String name;
    private final List<String> warnings;
    private final Launcher.Started started;
    private final Supervision.Kind kind;
    private final @Nullable ContainerCgroup cgroup;
    private final ProcessStreams streams;
    private final ContainerRoot root;
    private final ContainerFiles files;
    private final @Nullable Detachment detachment;
    private final Execs execs;
    private final CgroupWatches watches;
    private final long startedAt = System.nanoTime();
    private final ContainerEnd end;
    private final PendingExit exit;

    /** Completes when a helper that does not stay has been reaped. */
    private final CompletableFuture<Void> helper;

    /** Completes when nothing is left of the container. */
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    /** Guards what acts on the cgroup and the pidfd against their removal. */
    private final ReentrantLock lock = new ReentrantLock();

    /** Held as long as the container is frozen for a copy of its files; taken before the other. */
    private final ReentrantLock freezing = new ReentrantLock();

    private boolean ended;
    private boolean paused;
    private volatile @Nullable AttachedHealth health;

    RunningContainer(
            Engine engine,
            ContainerSpec spec,
            String id,
            String name,
            List<String> warnings,
            Launcher.Started started,
            Supervision.Kind kind,
            @Nullable ContainerCgroup cgroup,
            Stdios stdios,
            @Nullable Detachment detachment,
            @Nullable Terminal terminal,
            ContainerRoot root,
            Map<String, SyscallHandler> handlers) {
        this.engine = engine;
        this.spec = spec;
        this.id = id;
        this.name = name;
        this.warnings = new CopyOnWriteArrayList<>(warnings);
        this.started = started;
        this.kind = kind;
        this.cgroup = cgroup;
        streams = new ProcessStreams(name, stdios, terminal);
        this.root = root;
        files = new ContainerFiles(name, new Reaching());
        this.detachment = detachment;
        this.execs =
                new Execs(
                        new Execs.Target(
                                engine,
                                spec,
                                id,
                                name,
                                started.pid(),
                                started.pidfd(),
                                cgroup,
                                handlers,
                                root.hidden()));
        watches =
                new CgroupWatches(engine, name, this::lastingCgroup, _ -> {}, _ -> Optional::empty);
        helper = helperStays() ? new CompletableFuture<>() : engine.reaper().reap(started.helper());
        end = new ContainerEnd(execs.target(), started, kind, detachment, this.warnings::add);
        exit = new PendingExit("waiting for the end of the container " + name);
        engine.add(this);
        Thread.ofVirtual().name("pelagos-" + name).start(this::watch);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ContainerSpec spec() {
        return spec;
    }

    @Override
    public int pid() {
        return started.pid();
    }

    /** A pidfd of the container's first process for somebody else, unless it has ended. */
    Optional<Fd> copyPidfd() {
        lock.lock();
        try {
            return ended
                    ? Optional.empty()
                    : Optional.of(
                            Fd.of(
                                    engine.calls().kernel(),
                                    engine.calls()
                                            .fcntl(started.pidfd().number(), F_DUPFD_CLOEXEC, 3),
                                    "the process " + started.pid()));
        } finally {
            lock.unlock();
        }
    }

    /** What is on disk about a detached container. */
    Detachment detachment() {
        return Objects.requireNonNull(detachment, name);
    }

    @Override
    public boolean isAlive() {
        return !exit.isKnown();
    }

    @Override
    public Input stdin() {
        return streams.stdin();
    }

    @Override
    public Output stdout() {
        return streams.stdout();
    }

    @Override
    public Output stderr() {
        return streams.stderr();
    }

    @Override
    public Terminal terminal() {
        return streams.requireTerminal();
    }

    /** Begins to check its health. */
    void monitor(HealthCheck check) {
        var patient = new AttachedHealth(this);
        health = patient;
        HealthMonitor.start(name, patient, check, Instant.now());
    }

    @Override
    public ContainerInfo.Health health() {
        var known = health;
        return known == null ? ContainerInfo.Health.NONE : known.now();
    }

    /** Leads into the container for one more process. */
    Execs door() {
        return execs;
    }

    HealthProbe probe() {
        return new HealthProbe(engine, this::door, this::exec);
    }

    void warn(String warning) {
        warnings.add(warning);
    }

    @Override
    public Container awaitReady(Ready ready, Duration atMost) throws InterruptedException {
        awaitReady(List.of(ready), atMost);
        return this;
    }

    void awaitReady(List<Ready> conditions, Duration atMost) throws InterruptedException {
        try (var candidate = candidate(conditions)) {
            new Readiness(engine, candidate, conditions, atMost).await();
        }
    }

    private Candidate candidate(List<Ready> conditions) {
        if (kind instanceof Supervision.Kind.Detached) {
            var state = engine.states().read(name);
            return new DetachedCandidate(
                    engine,
                    new DetachedContainer(
                            engine,
                            state.orElseThrow(() -> ContainerStateException.missing(name))));
        }
        return new AttachedCandidate(this, health, streams.taps(), conditions);
    }

    /** Waits until the channels have all that the container, which has ended, has written. */
    void awaitCopied() throws InterruptedException {
        streams.awaitCopied();
    }

    @Override
    public CompletableFuture<Exit> onExit() {
        return exit.copy();
    }

    @Override
    public Exit waitFor() throws InterruptedException {
        seeEnd();
        return exit.await();
    }

    @Override
    public Optional<Exit> waitFor(Duration atMost) throws InterruptedException {
        return exit.await(atMost);
    }

    @Override
    public ExecBuilder exec(List<String> command) {
        return new ExecBuilder(() -> execs, spec, command);
    }

    @Override
    public boolean signal(Signal signal) {
        return locked(
                "sending " + signal + " to",
                () -> !ended && engine.calls().pidfdSendSignal(started.pidfd(), signal.number()));
    }

    @Override
    public Exit stop(Duration grace) throws InterruptedException {
        if (!grace.isZero() && signal(spec.stopSignal())) {
            locked("thawing", this::thawIfPaused);
            var inTime = waitFor(grace);
            if (inTime.isPresent()) {
                return inTime.get();
            }
        }
        kill();
        return waitFor();
    }

    @Override
    public void kill() {
        locked("killing", this::killUnlessEnded);
    }

    private void killUnlessEnded() {
        if (ended) {
            return;
        }
        boolean ignored = engine.calls().pidfdSendSignal(started.pidfd(), Signal.KILL.number());
        if (cgroup != null && !spec.creates(Namespace.PID)) {
            cgroup.kill();
            paused = false;
        }
        thawIfPaused();
    }

    private void thawIfPaused() {
        if (paused && cgroup != null) {
            cgroup.thaw();
            paused = false;
            execs.pause(false);
        }
    }

    @Override
    public void pause() {
        freezing(
                "pausing",
                () -> {
                    liveCgroup().freeze();
                    paused = true;
                    execs.pause(true);
                });
    }

    @Override
    public void resume() {
        freezing(
                "resuming",
                () -> {
                    liveCgroup().thaw();
                    paused = false;
                    execs.pause(false);
                });
    }

    @Override
    public Stats stats() {
        return locked("measuring", () -> liveCgroup().stats());
    }

    @Override
    public void limits(Resources resources) {
        locked("limiting", () -> warnings.addAll(liveCgroup().update(resources)));
    }

    /** Acts while no copy of the files needs the container to stand still. */
    private void freezing(String doing, Runnable act) {
        freezing.lock();
        try {
            locked(doing, act);
        } finally {
            freezing.unlock();
        }
    }

    private void locked(String doing, Runnable act) {
        Boolean ignored =
                locked(
                        doing,
                        () -> {
                            act.run();
                            return true;
                        });
        assert ignored;
    }

    /** Acts while the container cannot go away. */
    private <T> T locked(String doing, Supplier<T> act) {
        lock.lock();
        try {
            return act.get();
        } catch (ErrnoException e) {
            throw SyscallFailedException.of(doing + " the container " + name, e);
        } catch (CgroupException e) {
            var message = e.getMessage();
            throw new LimitException(message == null ? doing : message, e);
        } finally {
            lock.unlock();
        }
    }

    private boolean ended() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<Change> diff() {
        return files.diff();
    }

    @Override
    public void commit(Path directory) {
        files.commit(directory);
    }

    @Override
    public void commit(FileSink sink) {
        files.commit(sink);
    }

    @Override
    public void export(FileSink sink) {
        files.export(sink);
    }

    @Override
    public Snapshot snapshot() {
        return files.snapshot();
    }

    @Override
    public ContainerBuilder fork() {
        return files.fork();
    }

    @Override
    public void copyIn(Path source, String target, CopySetting... settings) {
        files.copyIn(source, target, settings);
    }

    @Override
    public FileSink copyInto(String directory, CopySetting... settings) {
        return files.copyInto(directory, settings);
    }

    @Override
    public void copyOut(String source, Path target, CopySetting... settings) {
        files.copyOut(source, target, settings);
    }

    @Override
    public void copyOut(String source, FileSink sink) {
        files.copyOut(source, sink);
    }

    @Override
    public Path path(String path) {
        return files.path(path);
    }

    /** The way to the files of this container, which its first process and its cgroup lead to. */
    private final class Reaching implements ContainerFiles.Reach {
        @Override
        public <T> T with(BiFunction<ContainerRoot, Boolean, T> action) {
            return action.apply(root, ended());
        }

        @Override
        public <T> T frozen(BiFunction<ContainerRoot, Boolean, T> action) {
            freezing.lock();
            try {
                boolean freezes = freezeUnlessFrozen();
                try {
                    return with(action);
                } finally {
                    if (freezes) {
                        goOn();
                    }
                }
            } finally {
                freezing.unlock();
            }
        }
    }

    private boolean freezeUnlessFrozen() {
        lock.lock();
        try {
            if (ended || paused) {
                return false;
            }
            liveCgroup().freeze();
            paused = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void goOn() {
        lock.lock();
        try {
            if (!ended) {
                thawIfPaused();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Flow.Publisher<Stats.Pressure> pressure(PressureTrigger trigger) {
        return watches.pressure(trigger);
    }

    @Override
    public Flow.Publisher<Stats.Events> memoryEvents() {
        return watches.memoryEvents();
    }

    /** Its files can be read until the last of {@link #finish}. */
    private ContainerCgroup lastingCgroup() {
        lock.lock();
        try {
            return liveCgroup();
        } finally {
            lock.unlock();
        }
    }

    private ContainerCgroup liveCgroup() {
        if (ended) {
            throw new IllegalStateException("the container " + name + " has ended");
        }
        if (cgroup == null) {
            throw new IllegalStateException(
                    "the container "
                            + name
                            + " has no cgroup: this machine has no hierarchy mounted");
        }
        return cgroup;
    }

    @Override
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    @Override
    public void close() {
        if (!(kind instanceof Supervision.Kind.Detached)) {
            endForSure();
            exit.awaitCertainty();
            gone.join();
            execs.awaitEnd();
        }
        streams.close();
    }

    /** Where the container cannot be killed from here, its helper does it. */
    private void endForSure() {
        try {
            kill();
        } catch (PelagosException e) {
            LOG.log(System.Logger.Level.WARNING, "closing " + name, e);
            locked("closing", this::hangUp);
        }
    }

    /** Lets the helper believe that the JVM has ended. */
    private void hangUp() {
        if (!ended) {
            engine.launcher().hangUp(started.control());
        }
    }

    /** Waits for the end, in a virtual thread. */
    private void watch() {
        Exit how;
        try {
            how = end.await(this::kill);
        } catch (RuntimeException | IOException | InterruptedException e) {
            if (kind instanceof Supervision.Kind.Detached) {
                letGo(e);
            } else {
                LOG.log(System.Logger.Level.ERROR, "waiting for the end of " + name, e);
                giveUp(e);
            }
            return;
        }
        finish(() -> exit.is(how), how.toString());
    }

    /** Has the helper end and remove the container, whose end this JVM cannot wait for. */
    private void giveUp(Exception why) {
        started.control().close();
        if (kind instanceof Supervision.Kind.Child) {
            byte[] ignored = end.waitForChild();
            assert ignored.length > 0;
        }
        finish(() -> exit.isUnknown(why), why.toString());
    }

    /** Leaves a container that goes on alone: the JVM is closing what it waits with. */
    private void letGo(Exception why) {
        markEnded();
        watches.end();
        if (cgroup != null) {
            cgroup.close();
        }
        if (detachment != null) {
            detachment.close();
        }
        started.control().close();
        started.pidfd().close();
        engine.remove(this);
        exit.isUnknown(why);
        gone.complete(null);
    }

    /**
     * Waits for the end of a process that exits on its own, which saves its caller the time in
     * which the watching thread wakes up. That thread finds out about every other end.
     */
    private void seeEnd() throws InterruptedException {
        boolean alone = kind instanceof Supervision.Kind.Detached || spec.timeout() != null;
        if (alone || exit.isKnown() || !spec.creates(Namespace.PID)) {
            return;
        }
        try {
            if (Thread.currentThread().isVirtual() || !endsSoon()) {
                engine.poller().awaitReadable(end.source());
            }
        } catch (ClosedChannelException | ErrnoException e) {
            return; // the watching thread has been faster, or will tell
        }
        peek().ifPresent(exit::is);
    }

    /** Waits a moment in this thread. Whoever takes the number meanwhile is asked in vain. */
    private boolean endsSoon() {
        int number;
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            number = end.source().number();
        } finally {
            lock.unlock();
        }
        return engine.calls().isReadable(number, SOON);
    }

    /** Looks at how it ended, and leaves that to the watching thread. */
    private Optional<Exit> peek() {
        lock.lock();
        try {
            if (ended) {
                return Optional.empty();
            }
            var code = end.peek();
            ended = code.isPresent();
            return code;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells those who wait, and removes everything of the container. Processes that it may have
     * left behind, where it has no PID namespace, end first.
     */
    private void finish(Runnable announcement, String how) {
        markEnded();
        execs.end();
        watches.end();
        if (spec.creates(Namespace.PID)) {
            announcement.run();
        }
        var event = Recording.begin(EndEvent::new);
        long before = System.nanoTime();
        boolean removed = cgroup == null || removeCgroup(cgroup);
        removeLayers();
        // A helper whose channel closes without a word removes what is left.
        if (removed && helperStays()) {
            release();
        }
        engine.poller().cancel(started.control());
        engine.poller().cancel(started.pidfd());
        started.control().close();
        started.pidfd().close();
        if (detachment != null) {
            detachment.close();
        }
        var _ =
                helperGone()
                        .thenRun(
                                () -> {
                                    engine.remove(this);
                                    gone.complete(null);
                                });
        if (event != null) {
            event.container = name;
            event.exit = how;
            event.removal = System.nanoTime() - before;
            event.lifetime = before - startedAt;
            event.commit();
        }
        announcement.run();
    }

    private CompletableFuture<Void> helperGone() {
        return helperStays() ? engine.reaper().reap(started.helper()) : helper;
    }

    /** The helper of a detached container is not the supervisor, but its parent. */
    private boolean helperStays() {
        return !(kind instanceof Supervision.Kind.Detached);
    }

    /** From now on nobody else uses the pidfd or the cgroup. */
    private void markEnded() {
        lock.lock();
        try {
            ended = true;
        } finally {
            lock.unlock();
        }
    }

    /** Tells the supervisor that there is nothing left to remove. */
    private void release() {
        try {
            if (started.control().isOpen()) {
                engine.launcher().send(started.control());
            }
        } catch (ErrnoException e) {
            // It has ended already, because there was nothing to remove in the first place.
            LOG.log(System.Logger.Level.TRACE, "releasing the supervisor of " + name, e);
        }
    }

    private void removeLayers() {
        try {
            root.close();
        } catch (ErrnoException e) {
            engine.removeLater(root);
            warnings.add("the files of " + name + " could not be removed: " + e.getMessage());
            LOG.log(System.Logger.Level.WARNING, "removing the files of " + name, e);
        }
    }

    /** Returns false when it is left to the helper. */
    private boolean removeCgroup(ContainerCgroup group) {
        try {
            if (paused) {
                group.thaw();
            }
            if (!spec.creates(Namespace.PID)) {
                group.kill();
            }
            group.remove();
            return true;
        } catch (CgroupException | ErrnoException e) {
            warnings.add("the cgroup of " + name + " could not be removed: " + e.getMessage());
            LOG.log(System.Logger.Level.WARNING, "removing the cgroup of " + name, e);
            return false;
        } finally {
            group.close();
        }
    }

    @Override
    public String toString() {
        return "container " + name + " (" + id + ", process " + started.pid() + ")";
    }
}
