package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_RDWR;
import static io.pelagos.core.kernel.Syscall.CHDIR;
import static io.pelagos.core.kernel.Syscall.CLOSE_RANGE;
import static io.pelagos.core.kernel.Syscall.EXECVE;
import static io.pelagos.core.kernel.Syscall.OPENAT;

import io.pelagos.core.internal.launch.MappedProcess.Told;
import io.pelagos.core.kernel.CloneFlag;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SystemCalls;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Removes a tree in which directories belong to subordinate ids of an ordinary user: only who is
 * root of a user namespace that has them may unlink what is in there. So rm(1) does it there, which
 * follows no link and is given one name in a directory of this user's.
 */
public final class MappedRemoval {
    private static final List<String> PROGRAMS = List.of("/usr/bin/rm", "/bin/rm");
    private static final int CLOSE_RANGE_CLOEXEC = 4;

    private MappedRemoval() {}

    /**
     * Removes it as far as that goes; whoever wants to know looks whether it is still there.
     *
     * @param calls what starts the process
     * @param poller waits for it
     * @param mapping writes the ids of a new user namespace, given the process
     * @param tree what is removed
     * @return what kept it from trying; empty when it has tried
     */
    public static Optional<String> remove(
            SystemCalls calls, Poller poller, IntConsumer mapping, Path tree) {
        var program = PROGRAMS.stream().filter(it -> Files.isExecutable(Path.of(it))).findFirst();
        if (program.isEmpty()) {
            return Optional.of("there is no rm in /usr/bin or /bin");
        }
        try (var process =
                MappedProcess.start(calls, poller, "a removal", plan(calls, program.get(), tree))) {
            if (!(process.told() instanceof Told.Done)) {
                return Optional.of("no user namespace can be made");
            }
            process.map(mapping);
            return process.told() instanceof Told.Failed failed
                    ? Optional.of(failed.toString())
                    : Optional.empty();
        }
    }

    private static LaunchPlan plan(SystemCalls calls, String program, Path tree) {
        return MappedProcess.plan(
                calls,
                plan -> {
                    for (int stream = 0; stream < MappedProcess.CONTROL; stream++) {
                        plan.call(OPENAT, AT_FDCWD, "/dev/null", O_RDWR, 0);
                    }
                    MappedProcess.enter(
                            plan,
                            "making a user namespace",
                            Constant.flags(CloneFlag.CLONE_NEWUSER));
                    plan.purpose("removing files");
                    plan.call(
                            CLOSE_RANGE,
                            MappedProcess.CONTROL,
                            MappedProcess.CONTROL,
                            CLOSE_RANGE_CLOEXEC);
                    plan.call(CHDIR, String.valueOf(tree.getParent()));
                    plan.call(
                            EXECVE,
                            program,
                            plan.strings(
                                    List.of("rm", "-rf", "--", String.valueOf(tree.getFileName()))),
                            plan.strings(List.of("LC_ALL=C")));
                });
    }
}
