package io.pelagos.core;

import io.pelagos.core.internal.launch.Launcher;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.ProcessSpec;
import io.pelagos.core.spec.Signal;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
    private final Stdios stdios;
    private final @Nullable Terminal terminal;
    private final long oomKillsBefore;
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();

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
        this.stdios = stdios;
        this.terminal = terminal;
        this.oomKillsBefore = oomKillsBefore;
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
        return !exit.isDone();
    }

    @Override
    public Container.Input stdin() {
        return stream(stdios.stdin(), "standard input");
    }

    @Override
    public Container.Output stdout() {
        return stream(stdios.stdout(), "standard output");
    }

    @Override
    public Container.Output stderr() {
        return stream(stdios.stderr(), "standard error");
    }

    @Override
    public Terminal terminal() {
        if (terminal == null) {
            throw new IllegalStateException(this + " has no terminal");
        }
        return terminal;
    }

    private <T> T stream(@Nullable T stream, String what) {
        if (stream == null) {
            throw new IllegalStateException(what + " of " + this + " is not a pipe");
        }
        return stream;
    }

    @Override
    public CompletableFuture<Exit> onExit() {
        return exit.copy();
    }

    @Override
    public Exit waitFor() throws InterruptedException {
        try {
            return exit.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting for " + this, e.getCause());
        }
    }

    @Override
    public Optional<Exit> waitFor(Duration atMost) throws InterruptedException {
        try {
            return Optional.of(exit.get(atMost.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting for " + this, e.getCause());
        }
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
        stdios.close();
        if (terminal != null) {
            terminal.close();
        }
    }

    /** Waits until neither the process nor its supervisor is left. */
    void awaitGone() {
        exit.handle((_, _) -> null).join();
        reaped.join();
    }

    private void watch() {
        try {
            finish(awaitEnd());
        } catch (RuntimeException | IOException | InterruptedException e) {
            LOG.log(System.Logger.Level.ERROR, "waiting for the end of " + this, e);
            execs.remove(this);
            exit.completeExceptionally(e);
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
        return outOfMemory(ExitStatus.decode(readInfo()));
    }

    private byte[] readInfo() throws IOException, InterruptedException {
        var engine = execs.target().engine();
        var info = new byte[ExitStatus.SIZE];
        if (engine.launcher().receive(started.control(), info) < ExitStatus.SIZE) {
            warnings.add("the supervisor of " + this + " ended before the process");
            kill();
            engine.poller().awaitReadable(started.pidfd());
            return new byte[0];
        }
        return info;
    }

    private Exit outOfMemory(Exit how) {
        if (!ExitStatus.mayBeOutOfMemory(how)) {
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
        exit.complete(how);
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
