package io.pelagos.core.internal.files;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.SystemCalls;
import java.util.Arrays;
import java.util.Optional;

/**
 * Says which process something on disk belongs to, in such a way that no other process can be taken
 * for it: not one with the same number later, not one after a boot, and not one that another PID
 * namespace numbers alike.
 *
 * @param boot the id of the boot, see random(4)
 * @param namespace the inode of the PID namespace in which the number counts
 * @param pid the process
 * @param started when it started, in clock ticks since the boot, see proc_pid_stat(5)
 */
public record OwnerMark(String boot, String namespace, long pid, long started) {
    private static final int LIMIT = 4096;
    private static final int START_TIME = 19;

    /**
     * Returns the mark of a process that lives.
     *
     * @throws ErrnoException with ESRCH when it does not
     */
    public static OwnerMark of(SystemCalls calls, long pid) {
        return new OwnerMark(
                boot(calls),
                namespace(calls),
                pid,
                startTime(calls, pid)
                        .orElseThrow(() -> new ErrnoException(Errno.ESRCH, "marking " + pid)));
    }

    /** Reads what {@link #toString} wrote, or nothing when it is anything else. */
    public static Optional<OwnerMark> parse(String text) {
        var fields = text.strip().split(" ", -1);
        try {
            return fields.length == 4
                    ? Optional.of(
                            new OwnerMark(
                                    fields[0],
                                    fields[1],
                                    Long.parseLong(fields[2]),
                                    Long.parseLong(fields[3])))
                    : Optional.empty();
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    /**
     * Tells whether the process is known to have ended; one of another PID namespace counts as
     * alive.
     */
    public boolean isDead(SystemCalls calls) {
        if (!boot.equals(boot(calls))) {
            return true;
        }
        return namespace.equals(namespace(calls))
                && startTime(calls, pid).filter(time -> time == started).isEmpty();
    }

    private static String boot(SystemCalls calls) {
        return calls.readFile(null, "/proc/sys/kernel/random/boot_id", LIMIT).strip();
    }

    private static String namespace(SystemCalls calls) {
        var files = new FileCalls(calls);
        try (var directory =
                files.openPath("/proc/self/ns", io.pelagos.core.kernel.OpenFlag.O_PATH)) {
            return files.readLink(directory, "pid");
        }
    }

    /** Empty when there is no such process, or only what is left of it until it is waited for. */
    private static Optional<Long> startTime(SystemCalls calls, long pid) {
        try {
            var stat = calls.readFile(null, "/proc/" + pid + "/stat", LIMIT);
            // The name in brackets may hold anything; what follows the last bracket is fixed.
            var fields = Arrays.asList(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
            return fields.getFirst().equals("Z")
                    ? Optional.empty()
                    : Optional.of(Long.parseLong(fields.get(START_TIME)));
        } catch (ErrnoException e) {
            // Anything else, such as EMFILE, says nothing about the process.
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ESRCH) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @Override
    public String toString() {
        return boot + " " + namespace + " " + pid + " " + started;
    }
}
