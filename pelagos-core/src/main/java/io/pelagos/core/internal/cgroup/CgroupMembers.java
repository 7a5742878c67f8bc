package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The processes that are with the JVM in its own cgroup, and which of them it may take along into a
 * leaf.
 *
 * <p>Always what the JVM has started: had it moved before, they would have been born there. And the
 * supervisors of its user's detached containers, which are nobody's children. All processes of its
 * user, such as the shell and the build tool that the JVM was started by, where the cgroup was
 * delegated to that user: they stay in what was delegated, under the limits and in the unit that
 * they were in. A cgroup for the container beside the JVM's, further up, would need nobody moved,
 * but would escape those limits.
 */
final class CgroupMembers {
    /** What supervisors call themselves. */
    private static final String SUPERVISOR = "pelagos";

    private static final String PROCESSES = "cgroup.procs";
    private static final int LARGEST_STATUS = 1 << 14;

    /** How far up the parents of a process are followed. */
    private static final int GENERATIONS = 1000;

    /** Processes fork while they are moved; those that were moved do it in the leaf. */
    private static final int ROUNDS = 64;

    /** How many are named in a message. */
    private static final int NAMED = 4;

    private final CgroupDirectory directory;
    private final SystemCalls calls;
    private final Delegation delegation;
    private final int jvm;

    CgroupMembers(CgroupHost host, CgroupDirectory directory) {
        this.directory = directory;
        calls = directory.calls();
        delegation = Delegation.of(host);
        jvm = (int) calls.retry(Syscall.GETPID);
    }

    /** What {@code /proc/PID/status} says of a process. */
    private record Status(String name, int parent, List<Long> users) {
        static Status parse(String text) {
            return new Status(
                    field(text, "Name"),
                    Integer.parseInt(field(text, "PPid")),
                    List.of(field(text, "Uid").split("\\s+", -1)).stream()
                            .map(Long::valueOf)
                            .toList());
        }

        private static String field(String text, String name) {
            return text.lines()
                    .filter(line -> line.startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("0");
        }
    }

    /**
     * Moves the JVM and everything beside it into the leaf. Nobody is moved when the JVM is not
     * here, or when there is one at first that it may not move; those stay moved whom one joins
     * later.
     *
     * @return those that it may not move, for messages; empty when there is none
     */
    String move() {
        for (int round = 1; round <= ROUNDS; round++) {
            var pids = processes();
            if (pids.isEmpty() || (round == 1 && !pids.contains(jvm))) {
                return "";
            }
            boolean delegated = delegation.covers(directory);
            var others = new ArrayList<>(pids);
            others.removeIf(pid -> mayMove(pid, delegated));
            if (!others.isEmpty()) {
                others.retainAll(processes());
                if (!others.isEmpty()) {
                    return names(others);
                }
                continue; // who was not to be seen has ended
            }
            makeLeaf();
            pids.forEach(this::move);
        }
        return "new ones all the time";
    }

    private List<Integer> processes() {
        return directory.read(PROCESSES).lines().map(Integer::valueOf).toList();
    }

    private void makeLeaf() {
        try {
            directory.make(Hierarchy.JVM_LEAF);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
    }

    private void move(int pid) {
        try {
            directory.write(Hierarchy.JVM_LEAF + "/" + PROCESSES, "" + pid);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
        }
    }

    private boolean mayMove(int pid, boolean delegated) {
        if (pid == jvm) {
            return true;
        }
        if (pid <= 0) {
            return false; // of another PID namespace
        }
        var status = status(pid);
        // One that has ended, or whom procfs hides from this user, has none.
        return status.isPresent()
                && ((isOwn(status.get()) && (delegated || status.get().name().equals(SUPERVISOR)))
                        || isDescendant(status.get()));
    }

    /** All four of its ids: a program with the rights of another user is not this user's. */
    private boolean isOwn(Status status) {
        return status.users().stream().allMatch(user -> user == delegation.user());
    }

    private boolean isDescendant(Status status) {
        var at = Optional.of(status);
        for (int i = 0; i < GENERATIONS && at.isPresent(); i++) {
            int parent = at.get().parent();
            if (parent == jvm || parent <= 1) {
                return parent == jvm;
            }
            at = status(parent);
        }
        return false;
    }

    /** Returns what procfs shows of a process. */
    private Optional<Status> status(int pid) {
        try {
            return Optional.of(
                    Status.parse(calls.readFile(null, "/proc/" + pid + "/status", LARGEST_STATUS)));
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case ENOENT, ESRCH, EPERM, EACCES -> Optional.empty();
                default -> throw e;
            };
        }
    }

    private String names(List<Integer> pids) {
        var names = new ArrayList<String>();
        for (int pid : pids.subList(0, Math.min(NAMED, pids.size()))) {
            names.add(pid + status(pid).map(status -> " " + status.name()).orElse(""));
        }
        return names.stream().collect(Collectors.joining(", "))
                + (pids.size() > NAMED ? ", …" : "");
    }
}
