package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_BENEATH;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_MAGICLINKS;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_SYMLINKS;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_XDEV;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.OPENAT2;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.kernel.Constant;
import java.util.Map;

/**
 * Writes kernel parameters through a procfs that is mounted nowhere, so that nothing that the
 * container could arrange stands in the way (CVE-2025-52881).
 */
final class Sysctls {
    private Sysctls() {}

    static void add(PlanBuilder plan, Map<String, String> sysctls) {
        if (sysctls.isEmpty()) {
            return;
        }
        plan.purpose("opening a private procfs");
        var proc = MountCalls.fileSystem(plan, "proc", Map.of(), KernelFileSystems.SAFE);
        sysctls.forEach(
                (name, value) -> {
                    plan.purpose("setting " + name + " to " + value);
                    var file = plan.slot(name);
                    var flags = Constant.flags(O_WRONLY, O_CLOEXEC);
                    var resolve =
                            Constant.flags(
                                    RESOLVE_BENEATH,
                                    RESOLVE_NO_XDEV,
                                    RESOLVE_NO_SYMLINKS,
                                    RESOLVE_NO_MAGICLINKS);
                    plan.call(
                                    OPENAT2,
                                    proc,
                                    path(name),
                                    plan.longs(
                                            "{" + flags.name() + ", 0, " + resolve.name() + "}",
                                            flags,
                                            0,
                                            resolve),
                                    24)
                            .into(file);
                    plan.call(WRITE, file, value, Namespaces.length(value));
                    plan.call(CLOSE, file);
                });
        plan.call(CLOSE, proc);
    }

    /** A slash in a name stands for a dot in a component, as sysctl(8) has it. */
    static String path(String name) {
        var path = new StringBuilder("sys/");
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            path.append(c == '.' ? '/' : c == '/' ? '.' : c);
        }
        return path.toString();
    }
}
