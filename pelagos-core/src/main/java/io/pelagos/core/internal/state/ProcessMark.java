package io.pelagos.core.internal.state;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.SystemCalls;
import java.util.Optional;

/**
 * One process and no other that had or will have its number: the boot, the process id, and when it
 * started in clock ticks since the boot, field 22 of proc_pid_stat(5).
 *
 * @param bootId {@code /proc/sys/kernel/random/boot_id}
 * @param pid its number
 * @param startTime its clock ticks
 */
public record ProcessMark(String bootId, int pid, long startTime) {
    private static final int LARGEST_STAT = 1 << 13;

    /** What {@code /proc/PID/stat} says of a process. */
    private record Stat(char state, int parent, int session, long startTime) {}

    /**
     * Marks a process that is known to live.
     *
     * @param calls makes the calls
     * @param pid its number
     * @return the mark, or empty when there is no such process any more
     */
    public static Optional<ProcessMark> of(SystemCalls calls, int pid) {
        return stat(calls, pid).map(stat -> mark(calls, pid, stat));
    }

    /** Marks the process of this JVM. */
    public static ProcessMark own(SystemCalls calls) {
        return of(calls, (int) ProcessHandle.current().pid()).orElseThrow();
    }

    /**
     * Marks the supervisor of a process that has just been made: its parent, of whose session it
     * still is. Where the supervisor has died, the parent is whoever adopts orphans.
     *
     * @param calls makes the calls
     * @param pid the process
     * @return the mark, or empty when the supervisor or the process is gone
     */
    public static Optional<ProcessMark> supervisorOf(SystemCalls calls, int pid) {
        return stat(calls, pid)
                .flatMap(
                        process ->
                                stat(calls, process.parent())
                                        .filter(parent -> parent.session() == process.session())
                                        .map(parent -> mark(calls, process.parent(), parent)));
    }

    private static ProcessMark mark(SystemCalls calls, int pid, Stat stat) {
        return new ProcessMark(bootId(calls), pid, stat.startTime());
    }

    /** Returns what distinguishes this boot of the machine from all others. */
    public static String bootId(SystemCalls calls) {
        return calls.readFile(null, "/proc/sys/kernel/random/boot_id", 64).strip();
    }

    /** Tells whether the process lives; a zombie does not. */
    public boolean isAlive(SystemCalls calls) {
        return isAlive(calls, bootId(calls));
    }

    /** Tells whether the process lives, when the present boot is known. */
    boolean isAlive(SystemCalls calls, String presentBoot) {
        if (pid <= 0 || !bootId.equals(presentBoot)) {
            return false;
        }
        var now = stat(calls, pid);
        return now.isPresent()
                && now.get().startTime() == startTime
                && now.get().state() != 'Z'
                && now.get().state() != 'X';
    }

    /**
     * Opens the process.
     *
     * @param calls makes the calls
     * @return a pidfd that refers to this process and no other, or empty when it has ended
     */
    public Optional<Fd> open(SystemCalls calls) {
        if (!isAlive(calls)) {
            return Optional.empty();
        }
        Fd pidfd;
        try {
            pidfd = calls.pidfdOpen(pid);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ESRCH) {
                return Optional.empty();
            }
            throw e;
        }
        // The number could have gone to another process in between; from here on it cannot.
        if (isAlive(calls)) {
            return Optional.of(pidfd);
        }
        pidfd.close();
        return Optional.empty();
    }

    private static Optional<Stat> stat(SystemCalls calls, int pid) {
        String text;
        try {
            text = calls.readFile(null, "/proc/" + pid + "/stat", LARGEST_STAT);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ESRCH) {
                return Optional.empty();
            }
            throw e;
        }
        // The name, in parentheses, may contain anything: the fields are counted from behind it.
        var fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
        return Optional.of(
                new Stat(
                        fields[0].charAt(0),
                        Integer.parseInt(fields[1]),
                        Integer.parseInt(fields[3]),
                        Long.parseLong(fields[19])));
    }
}
