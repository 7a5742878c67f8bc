package io.pelagos.core;

import io.pelagos.core.internal.launch.Ending;
import io.pelagos.core.internal.launch.Launcher;
import io.pelagos.core.internal.state.EndRecord;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.ProcessSpec;
import io.pelagos.core.spec.Signal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A process that was started in a running container. A virtual thread waits for its end. */
final class RunningExec implements Exec {
    private static final System.Logger LOG = System.getLogger(RunningExec.class.getName());

    private final Execs execs;
    private final ProcessSpec process;
    private final @Nullable Duration timeout;
    private final List<String> warnings;
    private final Launcher.Started started;
    private final ProcessStreams streams;
    private final long oomKillsBefore;
    private final PendingExit exit;

    /** Guards the pidfd against its being closed. */
    private final ReentrantLock lock = new ReentrantLock();

    private boolean ended;
    private volatile CompletableFuture<Void> reaped = CompletableFuture.completedFuture(null);

    RunningExec(
            Execs execs,
            ProcessSpec process,
            @Nullable Duration timeout,
            List<String> warnings,
            Launcher.Started started,
            Stdios stdios,
            @Nullable Terminal terminal,
            long oomKillsBefore) {
        this.execs = execs;
        this.process = process;
        this.timeout = timeout;
        this.warnings = new CopyOnWriteArrayList<>(warnings);
        this.started = started;
        this.oomKillsBefore = oomKillsBefore;
        streams = new ProcessStreams(toString(), stdios, terminal);
        exit = new PendingExit("waiting for " + this);
        execs.add(this);
        Thread.ofVirtual().name(this.toString()).start(this::watch);
    }

    @Override
    public List<String> command() {
        return process.command();
    }

    @Override
    public int pid() {
        return started.pid();
    }

    @Override
    public boolean isAlive() {
        return !exit.isKnown();
    }

    @Override
    public Container.Input stdin() {
        return streams.stdin();
    }

    @Override
    public Container.Output stdout() {
        return streams.stdout();
    }

    @Override
    public Container.Output stderr() {
        return streams.stderr();
    }

    @Override
    public Terminal terminal() {
        return streams.requireTerminal();
    }

    @Override
    public CompletableFuture<Exit> onExit() {
        return exit.copy();
    }

    @Override
    public Exit waitFor() throws InterruptedException {
        return exit.await();
    }

    @Override
    public Optional<Exit> waitFor(Duration atMost) throws InterruptedException {
        return exit.await(atMost);
    }

    @Override
    public boolean signal(Signal signal) {
        lock.lock();
        try {
            return !ended
                    && execs.target()
                            .engine()
                            .calls()
                            .pidfdSendSignal(started.pidfd(), signal.number());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void kill() {
        boolean ignored = signal(Signal.KILL);
    }

    @Override
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    @Override
    public void close() {
        kill();
        awaitGone();
        streams.close();
    }

    /** Waits until neither the process nor its supervisor is left. */
    void awaitGone() {
        exit.awaitCertainty();
        reaped.join();
    }

    private void watch() {
        try {
            finish(awaitEnd());
        } catch (RuntimeException | IOException | InterruptedException e) {
            LOG.log(System.Logger.Level.ERROR, "waiting for the end of " + this, e);
            execs.remove(this);
            exit.isUnknown(e);
        }
    }

    private Exit awaitEnd() throws IOException, InterruptedException {
        var poller = execs.target().engine().poller();
        if (timeout != null && !poller.awaitReadable(started.control(), timeout)) {
            kill();
            poller.awaitReadable(started.control());
            var ignored = readInfo();
            return new Exit.TimedOut(timeout);
        }
        poller.awaitReadable(started.control());
        return outOfMemory(EndRecord.exit(readInfo()));
    }

    private byte[] readInfo() throws IOException, InterruptedException {
        var engine = execs.target().engine();
        var info = new byte[Ending.SIGINFO_SIZE];
        if (engine.launcher().receive(started.control(), info) < Ending.SIGINFO_SIZE) {
            warnings.add("the supervisor of " + this + " ended before the process");
            kill();
            engine.poller().awaitReadable(started.pidfd());
            return new byte[0];
        }
        return info;
    }

    private Exit outOfMemory(Exit how) {
        if (!EndRecord.mayBeOutOfMemory(how)) {
            return how;
        }
        long kills = ExecStarter.oomKills(execs) - oomKillsBefore;
        return kills > 0 ? new Exit.OutOfMemory(kills) : how;
    }

    private void finish(Exit how) {
        lock.lock();
        try {
            ended = true;
            started.control().close();
            started.pidfd().close();
        } finally {
            lock.unlock();
        }
        reaped = execs.target().engine().reaper().reap(started.helper());
        exit.is(how);
        execs.remove(this);
    }

    @Override
    public String toString() {
        return process.command().getFirst()
                + " in "
                + execs.target().name()
                + " (process "
                + started.pid()
                + ")";
    }
}
