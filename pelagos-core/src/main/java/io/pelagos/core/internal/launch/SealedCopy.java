package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.AtFlag.AT_EMPTY_PATH;
import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.Syscall.EXECVEAT;
import static io.pelagos.core.kernel.Syscall.FCNTL;
import static io.pelagos.core.kernel.Syscall.MEMFD_CREATE;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.SENDFILE;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.kernel.Constant;

/**
 * The first steps of a plan that was started from a file: it copies itself into a sealed memfd, and
 * begins anew from there. A container that gets hold of {@code /proc/PID/exe} of its helper or its
 * init can then change nothing (CVE-2019-5736). Where memory cannot be executed the plan goes on
 * from the file, which has no name any more and is never executed again.
 */
final class SealedCopy {
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;

    /** {@code F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE}. */
    private static final int SEALS = 15;

    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int MFD_EXEC = 0x10;
    private static final int LARGEST = 1 << 30;

    private SealedCopy() {}

    /** Adds the steps; what follows them closes the descriptors that they open. */
    static void add(PlanBuilder plan) {
        plan.purpose("going on from memory that nobody can write to");
        var goOn = new Label();
        var copy = new Label();
        var file = plan.slot("file");
        var seals = plan.slot("seals");
        plan.call(OPENAT, AT_FDCWD, "/proc/self/exe", Constant.flags(O_RDONLY, O_CLOEXEC), 0)
                .into(file)
                .orElse(goOn);
        plan.call(FCNTL, file, F_GET_SEALS, 0).into(seals).orElse(copy);
        plan.whenResult(seals, SEALS, goOn);
        plan.here(copy);
        var memory = plan.slot("memfd");
        create(plan, memory, goOn);
        var again = new Label();
        var copied = new Label();
        var count = plan.slot("count");
        plan.here(again);
        plan.call(SENDFILE, memory, file, null, LARGEST).into(count).orElse(goOn);
        plan.whenResult(count, 0, copied);
        plan.jump(again);
        plan.here(copied);
        plan.call(FCNTL, memory, F_ADD_SEALS, SEALS).orElse(goOn);
        var argv = plan.longs("[\"pelagos\"]", plan.bytes("pelagos", NAME), 0);
        var envp = plan.longs("[]", 0);
        plan.call(EXECVEAT, memory, "", argv, envp, AT_EMPTY_PATH).orElse(goOn);
        plan.here(goOn);
    }

    private static final byte[] NAME = {'p', 'e', 'l', 'a', 'g', 'o', 's', 0};

    /** Kernels before 6.3 do not know {@code MFD_EXEC}. */
    private static void create(PlanBuilder plan, PlanBuilder.Slot memory, Label goOn) {
        var without = new Label();
        var created = new Label();
        int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
        plan.call(MEMFD_CREATE, "pelagos-launch", flags | MFD_EXEC).into(memory).orElse(without);
        plan.jump(created);
        plan.here(without);
        plan.call(MEMFD_CREATE, "pelagos-launch", flags).into(memory).orElse(goOn);
        plan.here(created);
    }
}
