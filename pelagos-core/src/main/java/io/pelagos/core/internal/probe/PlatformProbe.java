package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Syscall;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The kernel, the processor, and what this process may do. */
final class PlatformProbe {
    /** Bit by bit as in linux/capability.h, without {@code CAP_}. */
    private static final List<String> CAPABILITIES =
            List.of(
                    """
                    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID
                    SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW
                    IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT
                    SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD
                    LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
                    WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"""
                            .split("\\s"));

    private static final Pattern INITIAL_MAP = Pattern.compile("\\s*0\\s+0\\s+4294967295\\s*");

    private PlatformProbe() {}

    static List<Finding> find(Host host) {
        return List.of(kernel(host), architecture(host), privileges(host), capabilities(host));
    }

    private static Finding kernel(Host host) {
        var release = host.line("/proc/sys/kernel/osrelease").orElse("");
        var version = KernelVersion.parse(release);
        if (version.isEmpty()) {
            return Finding.unknown(
                    "kernel",
                    "/proc/sys/kernel/osrelease cannot be read or understood",
                    "mount procfs on /proc");
        }
        return version.get().atLeast(5, 14)
                ? Finding.fact("kernel", release, "")
                : new Finding(
                        "kernel",
                        release,
                        "too old: Pelagos needs Linux 5.14 and refuses to start containers here",
                        "boot Linux 5.14 or newer");
    }

    private static Finding architecture(Host host) {
        return Finding.fact(
                "architecture", host.kernel().architecture().name().toLowerCase(Locale.ROOT), "");
    }

    private static Finding privileges(Host host) {
        long user = host.kernel().call(Syscall.GETUID);
        long effective = host.kernel().call(Syscall.GETEUID);
        var mapped =
                host.files().read("/proc/self/uid_map").stream()
                        .anyMatch(map -> !INITIAL_MAP.matcher(map).matches());
        var ids =
                "uid " + user + ", euid " + effective + (mapped ? ", inside a user namespace" : "");
        return Finding.fact("privileges", effective == 0 ? "root" : "rootless", ids);
    }

    private static Finding capabilities(Host host) {
        long held = host.capabilities();
        var present =
                IntStream.range(0, 64)
                        .filter(bit -> (held >>> bit & 1) != 0)
                        .mapToObj(PlatformProbe::capability)
                        .collect(Collectors.joining(" "));
        var missing =
                IntStream.range(0, CAPABILITIES.size())
                        .filter(bit -> (held >>> bit & 1) == 0)
                        .mapToObj(PlatformProbe::capability)
                        .collect(Collectors.joining(" "));
        if (held == 0) {
            return Finding.fact("capabilities", "none", "");
        }
        return missing.isEmpty()
                ? Finding.fact("capabilities", "all", "")
                : Finding.fact(
                        "capabilities",
                        "some",
                        // The shorter of the two lists says the same.
                        missing.length() < present.length() ? "all but " + missing : present);
    }

    private static String capability(int bit) {
        return "CAP_" + (bit < CAPABILITIES.size() ? CAPABILITIES.get(bit) : bit);
    }
}
