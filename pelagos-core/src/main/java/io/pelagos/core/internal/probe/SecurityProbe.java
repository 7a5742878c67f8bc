package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What containers can be confined with. */
final class SecurityProbe {
    private static final int SECCOMP_GET_ACTION_AVAIL = 2;
    private static final int SECCOMP_GET_NOTIF_SIZES = 3;
    private static final int LANDLOCK_CREATE_RULESET_VERSION = 1;
    private static final String REMEDY = "boot a kernel that is configured with it";

    private SecurityProbe() {}

    static List<Finding> find(Host host) {
        return List.of(seccomp(host), notification(host), landlock(host), modules(host));
    }

    private static Finding seccomp(Host host) {
        var missing =
                Arrays.stream(Action.values())
                        .filter(action -> !action.isAvailable(host))
                        .map(Action::name)
                        .map(name -> "SECCOMP_RET_" + name)
                        .collect(Collectors.joining(" "));
        if (missing.isEmpty()) {
            return Finding.yes("seccomp", "");
        }
        return Action.ERRNO.isAvailable(host)
                ? Finding.partly("seccomp", "without " + missing, "boot a newer kernel")
                : Finding.no("seccomp", "SECCOMP_RET_ERRNO is not available", REMEDY);
    }

    private static Finding notification(Host host) {
        var name = "seccomp user notification";
        try (var memory = Memory.open()) {
            // struct seccomp_notif_sizes { __u16 seccomp_notif, seccomp_notif_resp, seccomp_data; }
            long result =
                    host.kernel()
                            .call(
                                    Syscall.SECCOMP,
                                    SECCOMP_GET_NOTIF_SIZES,
                                    0,
                                    memory.block(8).address());
            if (result == 0 && Action.USER_NOTIF.isAvailable(host)) {
                return Finding.yes(name, "");
            }
            return Finding.no(
                    name, result < 0 ? error("seccomp", result) : "action not available", REMEDY);
        }
    }

    private static Finding landlock(Host host) {
        long abi =
                host.kernel()
                        .call(
                                Syscall.LANDLOCK_CREATE_RULESET,
                                0,
                                0,
                                LANDLOCK_CREATE_RULESET_VERSION);
        if (abi > 0) {
            return Finding.fact("Landlock", "ABI " + abi, "");
        }
        return abi == -Errno.EOPNOTSUPP.number()
                ? Finding.no(
                        "Landlock",
                        "compiled, but not enabled at boot",
                        "add landlock to the lsm= parameter of the kernel")
                : Finding.no("Landlock", error("landlock_create_ruleset", abi), REMEDY);
    }

    private static Finding modules(Host host) {
        var name = "security modules";
        return host.line("/sys/kernel/security/lsm")
                .map(list -> Finding.fact(name, list.isEmpty() ? "none" : list, ""))
                .orElseGet(
                        () ->
                                Finding.unknown(
                                        name,
                                        "/sys/kernel/security/lsm cannot be read: securityfs is not"
                                                + " mounted",
                                        "mount -t securityfs securityfs /sys/kernel/security"));
    }

    private static String error(String call, long result) {
        return call + ": " + (result < 0 ? Errno.of((int) -result).name() : "answers " + result);
    }

    /** {@code SECCOMP_RET_*} of linux/seccomp.h. */
    private enum Action {
        KILL_PROCESS(0x80000000),
        KILL_THREAD(0),
        TRAP(0x00030000),
        ERRNO(0x00050000),
        USER_NOTIF(0x7fc00000),
        TRACE(0x7ff00000),
        LOG(0x7ffc0000),
        ALLOW(0x7fff0000);

        private final int value;

        Action(int value) {
            this.value = value;
        }

        boolean isAvailable(Host host) {
            try (var memory = Memory.open()) {
                var action = memory.block(4).putInt(0, value);
                return host.kernel()
                                .call(
                                        Syscall.SECCOMP,
                                        SECCOMP_GET_ACTION_AVAIL,
                                        0,
                                        action.address())
                        == 0;
            }
        }
    }
}
