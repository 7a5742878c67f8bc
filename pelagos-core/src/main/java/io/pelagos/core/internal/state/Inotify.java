package io.pelagos.core.internal.state;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.util.ArrayList;
import java.util.List;

/** Tells what happens to files in directories, see inotify(7). */
public final class Inotify implements AutoCloseable {
    /** A file was written to. */
    public static final int MODIFY = 0x2;

    /** Something was renamed away. */
    public static final int MOVED_FROM = 0x40;

    /** Something was renamed to be here. */
    public static final int MOVED_TO = 0x80;

    /** Something was made. */
    public static final int CREATE = 0x100;

    /** Something was removed. */
    public static final int DELETE = 0x200;

    /** More happened than the kernel could keep: everything has to be looked at. */
    public static final int OVERFLOW = 0x4000;

    private static final int ONLYDIR = 0x1000000;
    private static final int NONBLOCK_CLOEXEC = 0x80800;
    private static final int HEADER = 16;
    private static final int AT_ONCE = 1 << 14;

    private final SystemCalls calls;
    private final Fd fd;

    private Inotify(SystemCalls calls, Fd fd) {
        this.calls = calls;
        this.fd = fd;
    }

    /**
     * Something that happened.
     *
     * @param watch in which directory, as {@link #watch} returned it; -1 for {@link #OVERFLOW}
     * @param mask what
     * @param name to what; empty for the directory itself
     */
    public record Event(int watch, int mask, String name) {}

    /** Opens one that watches nothing yet. */
    public static Inotify open(SystemCalls calls) {
        long number =
                SystemCalls.check(
                        calls.retry(Syscall.INOTIFY_INIT1, NONBLOCK_CLOEXEC),
                        Syscall.INOTIFY_INIT1,
                        "IN_NONBLOCK|IN_CLOEXEC");
        return new Inotify(calls, Fd.of(calls.kernel(), (int) number, "inotify"));
    }

    /** Watches a directory that is open, wherever it is moved. */
    public int watch(OwnedDirectory directory, int mask) {
        try (var memory = Memory.open()) {
            // The link of procfs leads to the directory that is open, not to what has its name.
            var path = "/proc/self/fd/" + directory.fd().number();
            return (int)
                    SystemCalls.check(
                            calls.retry(
                                    Syscall.INOTIFY_ADD_WATCH,
                                    fd.number(),
                                    memory.string(path),
                                    mask | ONLYDIR),
                            Syscall.INOTIFY_ADD_WATCH,
                            fd,
                            directory,
                            mask);
        }
    }

    /** Returns the descriptor, which is readable when something has happened. */
    public Fd fd() {
        return fd;
    }

    /** Returns what has happened, without waiting. */
    public List<Event> take() {
        var events = new ArrayList<Event>();
        try (var memory = Memory.open()) {
            var buffer = memory.block(AT_ONCE);
            long size = calls.retry(Syscall.READ, fd.number(), buffer.address(), buffer.size());
            if (size == -Errno.EAGAIN.number()) {
                return events;
            }
            SystemCalls.check(size, Syscall.READ, fd, "…", buffer.size());
            // struct inotify_event { int wd; uint32_t mask, cookie, len; char name[]; }
            for (long at = 0; at < size; at += HEADER + buffer.getInt(at + 12)) {
                var name = buffer.getInt(at + 12) == 0 ? "" : buffer.getString(at + HEADER);
                events.add(new Event(buffer.getInt(at), buffer.getInt(at + 4), name));
            }
        }
        return events;
    }

    @Override
    public void close() {
        fd.close();
    }
}
