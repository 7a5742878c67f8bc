package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Syscall.OPENAT2;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import java.util.Map;

/**
 * A procfs that is mounted nowhere, so that nothing that the container could arrange stands in the
 * way of what is written there (CVE-2025-52881).
 */
final class PrivateProc {
    private static final Constant WRITE = Constant.flags(O_WRONLY, O_CLOEXEC);
    private static final int OPEN_HOW_SIZE = 24;

    private PrivateProc() {}

    static Slot open(PlanBuilder plan) {
        plan.purpose("opening a private procfs");
        return MountCalls.fileSystem(plan, "proc", Map.of(), KernelFileSystems.SAFE);
    }

    /** Opens a file below for writing, if nothing redirects the way. */
    static Slot file(PlanBuilder plan, Slot proc, String path, String what, Constant resolve) {
        var file = plan.slot(what);
        plan.call(
                        OPENAT2,
                        proc,
                        path,
                        plan.longs(
                                "{" + WRITE.name() + ", 0, " + resolve.name() + "}",
                                WRITE,
                                0,
                                resolve),
                        OPEN_HOW_SIZE)
                .into(file);
        return file;
    }
}
