package io.pelagos.core.internal.state;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.internal.launch.Logs;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Reads the logs that {@link Logs} describes, chunk after chunk in the order in which they were
 * written, beginning with the files that were replaced and going on in those that replace them.
 */
public final class LogReader implements AutoCloseable {
    private static final int LARGEST_CHUNK = 1 << 20;
    private static final int RECORDS_AT_ONCE = 512;

    /** How often files are opened that are being replaced at that very moment. */
    private static final int TRIES = 1000;

    private final SystemCalls calls;
    private final OwnedDirectory directory;
    private @Nullable Files files;

    /** Takes chunks of output. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Takes a chunk.
         *
         * @param time when it arrived
         * @param stream 1 for standard output, 2 for standard error
         * @param bytes what it is
         */
        void chunk(Instant time, int stream, byte[] bytes);
    }

    /** Three files that belong together, and how much of the index was read. */
    private static final class Files implements AutoCloseable {
        final Fd index;
        final Fd stdout;
        final Fd stderr;
        long position;

        Files(Fd index, Fd stdout, Fd stderr) {
            this.index = index;
            this.stdout = stdout;
            this.stderr = stderr;
        }

        @Override
        public void close() {
            index.close();
            stdout.close();
            stderr.close();
        }
    }

    /**
     * Opens the logs of a container at their beginning.
     *
     * @param calls makes the calls
     * @param directory the directory of the container, which stays the caller's
     */
    public LogReader(SystemCalls calls, OwnedDirectory directory) {
        this.calls = calls;
        this.directory = directory;
    }

    /** Opens the oldest files that there are. */
    private @Nullable Files oldest() {
        var now = current();
        if (now == null) {
            return null;
        }
        var old = open(Logs.OLD);
        if (old == null) {
            return now;
        }
        if (directory.leadsTo(Logs.INDEX, now.index)) {
            now.close();
            return old;
        }
        now.close();
        old.close();
        return oldest();
    }

    /** Opens the files that are being written. */
    private @Nullable Files current() {
        for (int i = 0; i < TRIES; i++) {
            var files = open("");
            if (files != null && directory.leadsTo(Logs.INDEX, files.index)) {
                return files;
            }
            if (files == null && directory.openFile(Logs.INDEX).map(this::discard).isEmpty()) {
                // Either there are no logs, or the index is just between its two names.
                if (directory.openFile(Logs.INDEX + Logs.OLD).map(this::discard).isEmpty()) {
                    return null;
                }
                Thread.onSpinWait();
            }
            if (files != null) {
                files.close();
            }
        }
        return null;
    }

    private boolean discard(Fd file) {
        file.close();
        return true;
    }

    private @Nullable Files open(String suffix) {
        var index = directory.openFile(Logs.INDEX + suffix);
        var out = directory.openFile(Logs.STDOUT + suffix);
        var err = directory.openFile(Logs.STDERR + suffix);
        if (index.isPresent() && out.isPresent() && err.isPresent()) {
            return new Files(index.get(), out.get(), err.get());
        }
        index.ifPresent(Fd::close);
        out.ifPresent(Fd::close);
        err.ifPresent(Fd::close);
        return null;
    }

    /** Goes to the end of what there is by now. */
    public void skip() {
        if (files == null) {
            files = current();
        }
        if (files != null) {
            files.position =
                    new FileCalls(calls).status(files.index).size()
                            / Logs.RECORD_SIZE
                            * Logs.RECORD_SIZE;
        }
    }

    /**
     * Reads everything that there is by now.
     *
     * @param sink takes the chunks
     */
    public void read(Sink sink) {
        while (true) {
            if (files == null) {
                files = oldest();
                if (files == null) {
                    return;
                }
            }
            // Looked at first: what is written before a file is replaced is read after this.
            boolean replaced = !directory.leadsTo(Logs.INDEX, files.index);
            boolean more = readSome(files, sink);
            if (!more && !replaced) {
                return;
            }
            if (!more) {
                var next = current();
                if (next == null) {
                    return;
                }
                files.close();
                files = next;
            }
        }
    }

    /** Returns whether there may be more. */
    private boolean readSome(Files from, Sink sink) {
        var records = read(from.index, from.position, RECORDS_AT_ONCE * Logs.RECORD_SIZE);
        int whole = records.length / Logs.RECORD_SIZE;
        var fields = ByteBuffer.wrap(records).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < whole; i++) {
            int at = i * Logs.RECORD_SIZE;
            pass(from, fields.slice(at, Logs.RECORD_SIZE).order(ByteOrder.LITTLE_ENDIAN), sink);
        }
        from.position += (long) whole * Logs.RECORD_SIZE;
        return whole > 0;
    }

    private void pass(Files from, ByteBuffer fields, Sink sink) {
        long seconds = fields.getLong(0);
        long nanos = fields.getLong(8);
        long offset = fields.getLong(16);
        int length = fields.getInt(24);
        int stream = fields.getInt(28);
        boolean damaged =
                stream < 1
                        || stream > 2
                        || length < 0
                        || length > LARGEST_CHUNK
                        || offset < 0
                        || nanos < 0
                        || nanos > 999_999_999
                        || seconds < 0
                        || seconds > Instant.MAX.getEpochSecond();
        if (damaged) {
            throw new HostileFileException(
                    directory.path() + "/" + Logs.INDEX, "has a record that nobody has written");
        }
        var bytes = read(stream == 1 ? from.stdout : from.stderr, offset, length);
        if (bytes.length > 0) {
            sink.chunk(Instant.ofEpochSecond(seconds, nanos), stream, bytes);
        }
    }

    private byte[] read(Fd file, long offset, int length) {
        var bytes = new byte[length];
        int size = 0;
        try (var memory = Memory.open()) {
            var buffer = memory.block(Math.max(1, length));
            while (size < length) {
                int count =
                        (int)
                                SystemCalls.check(
                                        calls.retry(
                                                Syscall.PREAD64,
                                                file.number(),
                                                buffer.address(),
                                                length - size,
                                                offset + size),
                                        Syscall.PREAD64,
                                        file,
                                        "…",
                                        length - size,
                                        offset + size);
                if (count == 0) {
                    return java.util.Arrays.copyOf(bytes, size);
                }
                buffer.get(0, bytes, size, count);
                size += count;
            }
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EINVAL) {
                throw new HostileFileException(directory.path(), "has a damaged index of its logs");
            }
            throw e;
        }
        return bytes;
    }

    @Override
    public void close() {
        if (files != null) {
            files.close();
        }
    }
}
