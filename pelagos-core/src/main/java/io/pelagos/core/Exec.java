package io.pelagos.core;

import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Signal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One more process in a running container; it feels like {@link Process}.
 *
 * <p>It is in every namespace of the container and in its cgroup, and confined like its first
 * program unless {@link ExecBuilder} was told otherwise. It ends with the container and with the
 * JVM. Processes that it leaves behind belong to the container and end with that.
 *
 * <p>All methods may be called by any thread, virtual ones included: waiting never holds a carrier.
 */
public sealed interface Exec extends AutoCloseable permits RunningExec {
    /**
     * Returns the program and its arguments.
     *
     * @return the command
     */
    List<String> command();

    /**
     * Returns the process id as the JVM sees it. Between a look at a number and a use of it the
     * process may end and another take the number: {@link #signal} does not have that weakness.
     *
     * @return the process id
     */
    int pid();

    /**
     * Tells whether the process has not yet ended.
     *
     * @return true while it runs
     */
    boolean isAlive();

    /**
     * Returns the stream to standard input; closing it gives the process end of file.
     *
     * @return the stream
     * @throws IllegalStateException when standard input is not a pipe
     */
    Container.Input stdin();

    /**
     * Returns the stream of standard output.
     *
     * @return the stream
     * @throws IllegalStateException when standard output is not a pipe
     */
    Container.Output stdout();

    /**
     * Returns the stream of standard error.
     *
     * @return the stream
     * @throws IllegalStateException when standard error is not a pipe
     */
    Container.Output stderr();

    /**
     * Returns the terminal of the process.
     *
     * @return the JVM's side of it, which {@link #close} closes
     * @throws IllegalStateException when it has none
     */
    Terminal terminal();

    /**
     * Returns what completes when the process has ended.
     *
     * @return a future of how it ended; cancelling it does nothing to the process
     */
    CompletableFuture<Exit> onExit();

    /**
     * Waits until the process has ended.
     *
     * @return how it ended
     * @throws InterruptedException when the thread is interrupted
     */
    Exit waitFor() throws InterruptedException;

    /**
     * Waits until the process has ended, for some time.
     *
     * @param atMost how long
     * @return how it ended, or empty when it still runs
     * @throws InterruptedException when the thread is interrupted
     */
    Optional<Exit> waitFor(Duration atMost) throws InterruptedException;

    /**
     * Sends a signal to the process.
     *
     * @param signal which signal
     * @return false when it has already ended
     */
    boolean signal(Signal signal);

    /** Ends the process by SIGKILL; does nothing when it has ended. */
    void kill();

    /**
     * Returns what was asked for and could not be had.
     *
     * @return sentences; empty when all is as asked
     */
    List<String> warnings();

    /** Ends the process if it still runs, waits until it is gone, and closes its streams. */
    @Override
    void close();
}
