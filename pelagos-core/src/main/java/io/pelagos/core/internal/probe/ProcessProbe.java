package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import java.util.List;

/** How processes can be made and watched. */
final class ProcessProbe {
    private static final long MFD_CLOEXEC = 1;
    private static final long MFD_EXEC = 0x10;

    private ProcessProbe() {}

    static List<Finding> find(Host host) {
        return List.of(memfd(host), clone3(host), pidfd(host));
    }

    /** See memfd_create(2), MFD_EXEC, and vm.memfd_noexec in admin-guide/sysctl/vm.rst. */
    private static Finding memfd(Host host) {
        var name = "execution from memory";
        try (var memory = Memory.open()) {
            long label = memory.string("pelagos-probe");
            long result = host.kernel().call(Syscall.MEMFD_CREATE, label, MFD_CLOEXEC | MFD_EXEC);
            boolean flagIsUnknown = result == -Errno.EINVAL.number();
            if (flagIsUnknown) {
                result = host.kernel().call(Syscall.MEMFD_CREATE, label, MFD_CLOEXEC);
            }
            if (result >= 0) {
                long ignored = host.kernel().call(Syscall.CLOSE, result);
                return Finding.yes(name, flagIsUnknown ? "memfd without MFD_EXEC" : "");
            }
            var noexec = host.line("/proc/sys/vm/memfd_noexec").orElse("");
            return Finding.no(
                    name,
                    noexec.equals("2")
                            ? "vm.memfd_noexec is 2"
                            : "memfd_create: " + Errno.of((int) -result).name(),
                    "sysctl -w vm.memfd_noexec=0; else a file in the runtime directory is used");
        }
    }

    private static Finding clone3(Host host) {
        // A size of 0 is smaller than any struct clone_args: EINVAL.
        return host.has(Syscall.CLONE3, 0, 0)
                ? Finding.yes("clone3", "")
                : Finding.no(
                        "clone3",
                        "ENOSYS: a seccomp filter of the surrounding container hides it,"
                                + " and no container can be started",
                        "allow clone3 in the seccomp profile of the surrounding container");
    }

    private static Finding pidfd(Host host) {
        return host.has(Syscall.PIDFD_OPEN, -1, 0)
                        && host.has(Syscall.PIDFD_SEND_SIGNAL, -1, 0, 0, 0)
                ? Finding.yes("pidfd", "")
                : Finding.no(
                        "pidfd",
                        "pidfd_open or pidfd_send_signal: ENOSYS",
                        "boot Linux 5.14 or newer; inside a container, allow them in its seccomp"
                                + " profile");
    }
}
