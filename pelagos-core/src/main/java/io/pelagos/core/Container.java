package io.pelagos.core;

import io.pelagos.core.spec.Change;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.CopySetting;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.FileSink;
import io.pelagos.core.spec.PressureTrigger;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stats;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.stream.Stream;

/**
 * A container that was started; it feels like {@link Process}.
 *
 * <p>All methods may be called by any thread, virtual ones included: waiting never holds a carrier.
 * What acts on a container that has ended says so or does nothing, as each method tells.
 */
public sealed interface Container extends AutoCloseable permits RunningContainer {
    /**
     * Returns what identifies this container among all of this machine.
     *
     * @return 32 hexadecimal digits
     */
    String id();

    /**
     * Returns the name it was given, or one made up.
     *
     * @return for example {@code pelagos-1}
     */
    String name();

    /**
     * Returns what was asked for.
     *
     * @return the specification
     */
    ContainerSpec spec();

    /**
     * Returns the process id of the first process as the JVM sees it. Between a look at a number
     * and a use of it the process may end and another take the number: {@link #signal} does not
     * have that weakness.
     *
     * @return the process id
     */
    int pid();

    /**
     * Tells whether the first process has not yet ended.
     *
     * @return true while it runs
     */
    boolean isAlive();

    /**
     * Returns the stream to the container's standard input; closing it gives the container end of
     * file.
     *
     * @return the stream
     * @throws IllegalStateException when standard input is not a pipe
     */
    Input stdin();

    /**
     * Returns the stream of the container's standard output.
     *
     * @return the stream
     * @throws IllegalStateException when standard output is not a pipe
     */
    Output stdout();

    /**
     * Returns the stream of the container's standard error.
     *
     * @return the stream
     * @throws IllegalStateException when standard error is not a pipe
     */
    Output stderr();

    /**
     * Returns the terminal of the container's first process.
     *
     * @return the JVM's side of it, which {@link #close} closes
     * @throws IllegalStateException when it has none
     */
    Terminal terminal();

    /**
     * Returns what completes when the container has ended and everything of it has been removed.
     *
     * @return a future of how it ended; cancelling it does nothing to the container
     */
    CompletableFuture<Exit> onExit();

    /**
     * Waits until the container has ended.
     *
     * @return how it ended
     * @throws InterruptedException when the thread is interrupted
     */
    Exit waitFor() throws InterruptedException;

    /**
     * Waits until the container has ended, for some time.
     *
     * @param atMost how long
     * @return how it ended, or empty when it still runs
     * @throws InterruptedException when the thread is interrupted
     */
    Optional<Exit> waitFor(Duration atMost) throws InterruptedException;

    /**
     * Describes one more process in this container.
     *
     * @param command the program, then its arguments; a program without a slash is looked up in the
     *     {@code PATH} of the process
     * @return a builder
     */
    default ExecBuilder exec(String... command) {
        return exec(List.of(command));
    }

    /**
     * Describes one more process in this container.
     *
     * @param command the program, then its arguments
     * @return a builder
     */
    ExecBuilder exec(List<String> command);

    /**
     * Sends a signal to the first process.
     *
     * @param signal which signal
     * @return false when it has already ended
     */
    boolean signal(Signal signal);

    /**
     * Stops the container: sends the stop signal, waits, and ends every process that is left. A
     * copy of its files that is being made meanwhile does not keep it from running on, so such a
     * copy may be of different moments.
     *
     * @param grace how long it may take to end by itself; zero to end it at once
     * @return how it ended; when it had ended before, how it had
     * @throws InterruptedException when the thread is interrupted; the container may still run
     */
    Exit stop(Duration grace) throws InterruptedException;

    /** Ends every process of the container by SIGKILL; does nothing when it has ended. */
    void kill();

    /**
     * Freezes every process of the container, until {@link #resume}. While its files are committed,
     * exported or kept as a snapshot, this waits.
     *
     * @throws IllegalStateException when it has ended or this host has no freezer
     */
    void pause();

    /**
     * Lets a paused container run on.
     *
     * @throws IllegalStateException when it has ended or this host has no freezer
     */
    void resume();

    /**
     * Returns what the container uses now. Figures that this host does not offer are null. Where
     * controllers are bound to hierarchies of cgroup version 1 beside one of version 2, theirs are
     * there only for a container that was started with a limit.
     *
     * @return figures of its cgroup
     * @throws IllegalStateException when it has ended or has no cgroup
     */
    Stats stats();

    /**
     * Tells when processes of the container have to wait for processors, memory or devices. Each
     * subscriber sets a trigger of its own; what happens while it is busy or has requested nothing
     * is one item. The last call is {@code onComplete}, when the container has ended.
     *
     * @param trigger when to tell
     * @return gives how long work had to wait so far, each time that the trigger has gone off;
     *     {@code onError} says why it cannot be known: no cgroup of version 2, a kernel without
     *     pressure stall information, a window that takes CAP_SYS_RESOURCE
     */
    Flow.Publisher<Stats.Pressure> pressure(PressureTrigger trigger);

    /**
     * Tells when memory is short: when one of the counters has changed since the last item, or
     * since the subscription. Cgroup v1 tells when memory has run out, before a process is killed:
     * that is in the item that follows, at the latest in the last one. The last call is {@code
     * onComplete}, when the container has ended.
     *
     * @return gives how often limits were met so far; {@code onError} says why it cannot be known
     */
    Flow.Publisher<Stats.Events> memoryEvents();

    /**
     * Changes the limits of the running container. What is not set stays as it is. On a host with
     * both versions of cgroups a container that was started without any limit gets a warning
     * instead of a limit of version 1.
     *
     * @param resources the new limits
     * @throws IllegalStateException when it has ended or has no cgroup
     */
    void limits(Resources resources);

    /**
     * Tells how the files differ from those of the layers of the root. A directory counts as
     * changed when its own owner or permissions have, not for what is in it.
     *
     * @return the changes, a directory before what is in it
     * @throws IllegalStateException when the root is not of layers, or has gone with the container
     */
    List<Change> diff();

    /**
     * Copies what the container has changed into a directory that can be a layer, with whiteouts
     * and opaque directories as overlayfs has them. The container is frozen meanwhile.
     *
     * @param directory a new directory in one that exists
     * @throws IllegalStateException when the root is not of layers, or has gone with the container;
     *     or when it runs and cannot be frozen
     */
    void commit(Path directory);

    /**
     * Gives what the container has changed to a sink, such as one that writes a layer of an image.
     * What is gone is a character device 0/0, and a directory that hides what lies below it has the
     * attribute {@code trusted.overlay.opaque} or {@code user.overlay.opaque}. Owners have the
     * numbers of the container, which is frozen meanwhile.
     *
     * @param sink takes the files; it is not closed
     * @throws IllegalStateException when the root is not of layers, or has gone with the container;
     *     or when it runs and cannot be frozen
     */
    void commit(FileSink sink);

    /**
     * Gives all files of the root to a sink, as they are below whatever is mounted over them, such
     * as volumes. Owners have the numbers of the container, which is frozen meanwhile.
     *
     * @param sink takes the files; it is not closed
     * @throws IllegalStateException when the root is neither of layers nor a directory, or has gone
     *     with the container; or when it runs and cannot be frozen
     */
    void export(FileSink sink);

    /**
     * Takes the files as they are now, for other containers to start from. The container is frozen
     * while its changes are copied: by sharing blocks where the file system can, such as XFS and
     * Btrfs, else byte by byte. Files that a program keeps open are in the state in which a failure
     * of power would leave them.
     *
     * @return the snapshot, to be closed
     * @throws IllegalStateException when the root is not of layers, or has gone with the container;
     *     or when it runs and cannot be frozen
     */
    Snapshot snapshot();

    /**
     * Takes a {@link #snapshot} for a single other container, with which it is removed.
     *
     * @return a builder, as {@link Snapshot#fork} gives it, that starts one container
     */
    ContainerBuilder fork();

    /**
     * Copies a file or a tree of this machine into the container. It may run or, when its files are
     * still there, have ended. Directories that are missing on the way are made.
     *
     * @param source a path on this machine
     * @param target the path of the copy inside the container; a file is put into what is a
     *     directory or ends with a slash, a tree is merged into a directory that is there
     * @param settings owner, permissions, and what else is kept
     * @throws IllegalStateException when it has ended and its files are gone with it
     * @throws SyscallFailedException when the kernel refuses something
     */
    void copyIn(Path source, String target, CopySetting... settings);

    /**
     * Opens a directory of the container, made when missing, for the files of an archive.
     *
     * @param directory an absolute path inside the container
     * @param settings owner, permissions, and what else is kept
     * @return takes the files; to be closed
     * @throws IllegalStateException when it has ended and its files are gone with it
     */
    FileSink copyInto(String directory, CopySetting... settings);

    /**
     * Copies a file or a tree of the container to this machine, owned by the user of the JVM unless
     * said. File systems of the kernel in it, such as procfs, and sockets are left out.
     *
     * @param source an absolute path inside the container; a link at its end is followed
     * @param target the path of the copy; a file is put into what is a directory, a tree is merged
     *     into a directory that is there
     * @param settings permissions, and what else is kept
     * @throws IllegalStateException when it has ended and its files are gone with it
     * @throws SyscallFailedException when the kernel refuses something
     */
    void copyOut(String source, Path target, CopySetting... settings);

    /**
     * Gives a file or a tree of the container to a sink, such as one that writes an archive.
     *
     * @param source an absolute path inside the container; a link at its end is followed
     * @param sink takes the files; it is not closed
     * @throws IllegalStateException when it has ended and its files are gone with it
     */
    void copyOut(String source, FileSink sink);

    /**
     * Returns a path inside the container, for {@link java.nio.file.Files}: to read files, list
     * directories and look at attributes. Nothing can be changed through it. It may run or, when
     * its files are still there, have ended. Files of procfs and sysfs that show who reads them,
     * such as {@code /proc/self} and {@code /proc/sys/kernel/hostname}, show this JVM.
     *
     * @param path an absolute path inside the container; links in it lead nowhere else
     * @return a path of a read-only file system of its own
     */
    Path path(String path);

    /**
     * Waits until it is ready. For a line ({@link Ready#log}) everything is looked at that it has
     * written to pipes, channels or its terminal since its start, but for what the application has
     * read long ago: of that the last 16 KiB of each stream are left. Nothing is taken away: what
     * is read meanwhile is given to the application, too. An application that does not read at all
     * gets the last 8 MiB of each stream; that more were dropped is a {@linkplain #warnings
     * warning}.
     *
     * @param ready what that means
     * @param atMost how long
     * @return this
     * @throws InvalidSpecException when it never can be, for want of a health check or of an output
     *     that leads to this JVM
     * @throws NotReadyException at once when it has ended, or when time is up, before it was ready;
     *     with its last lines
     * @throws InterruptedException when the thread is interrupted
     */
    Container awaitReady(Ready ready, Duration atMost) throws InterruptedException;

    /**
     * Returns what the health check says that it was started with.
     *
     * @return what it says; {@code NONE} when there is none
     */
    ContainerInfo.Health health();

    /**
     * Returns what was asked for and could not be had.
     *
     * @return sentences; empty when all is as asked
     */
    List<String> warnings();

    /**
     * Ends the container if it still runs, waits until nothing of it is left, and closes its
     * streams. A detached container is only let go of.
     */
    @Override
    void close();

    /** The way to a container's standard input. */
    final class Input extends OutputStream {
        private final OutputStream pipe;

        Input(OutputStream pipe) {
            this.pipe = pipe;
        }

        @Override
        public void write(int b) throws IOException {
            pipe.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            pipe.write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            pipe.flush();
        }

        @Override
        public void close() throws IOException {
            pipe.close();
        }

        /**
         * Returns a buffered writer of UTF-8 text; closing it closes this stream.
         *
         * @return the writer
         */
        public Writer writer() {
            return new java.io.BufferedWriter(
                    new java.io.OutputStreamWriter(this, java.nio.charset.StandardCharsets.UTF_8));
        }
    }

    /** The way from a container's standard output or standard error. */
    final class Output extends InputStream {
        private final InputStream pipe;

        Output(InputStream pipe) {
            this.pipe = pipe;
        }

        @Override
        public int read() throws IOException {
            return pipe.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return pipe.read(bytes, offset, length);
        }

        @Override
        public int available() throws IOException {
            return pipe.available();
        }

        @Override
        public void close() throws IOException {
            pipe.close();
        }

        /**
         * Returns the lines as they come, decoded as UTF-8, to the end of file.
         *
         * @return a stream that waits for lines; it throws {@link java.io.UncheckedIOException}
         *     when reading fails
         */
        public Stream<String> lines() {
            return new java.io.BufferedReader(
                            new java.io.InputStreamReader(
                                    this, java.nio.charset.StandardCharsets.UTF_8))
                    .lines();
        }

        /**
         * Reads to the end of file, decoded as UTF-8.
         *
         * @return everything
         * @throws IOException when reading fails
         */
        public String text() throws IOException {
            return new String(readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }
}
