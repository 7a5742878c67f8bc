package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_BENEATH;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_MAGICLINKS;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_SYMLINKS;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_XDEV;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.kernel.Constant;
import java.util.Map;

/** Writes kernel parameters through a {@link PrivateProc}. */
final class Sysctls {
    private static final Constant DIRECTLY =
            Constant.flags(
                    RESOLVE_BENEATH, RESOLVE_NO_XDEV, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS);

    private Sysctls() {}

    static void add(PlanBuilder plan, Map<String, String> sysctls) {
        if (sysctls.isEmpty()) {
            return;
        }
        var proc = PrivateProc.open(plan);
        sysctls.forEach(
                (name, value) -> {
                    plan.purpose("setting " + name + " to " + value);
                    var file = PrivateProc.file(plan, proc, path(name), name, DIRECTLY);
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
