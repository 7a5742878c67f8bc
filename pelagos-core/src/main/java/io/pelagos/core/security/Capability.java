package io.pelagos.core.security;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The capabilities that Linux divides the power of root into, with their numbers in {@code
 * linux/capability.h}; see capabilities(7).
 */
public enum Capability {
    /** Change the owner and group of any file. */
    CHOWN(0),
    /** Bypass the permission checks for reading, writing and executing files. */
    DAC_OVERRIDE(1),
    /** Bypass the permission checks for reading files and directories; open_by_handle_at(2). */
    DAC_READ_SEARCH(2),
    /** Bypass the checks that the caller owns a file. */
    FOWNER(3),
    /** Keep set-user-ID and set-group-ID bits when a file is modified. */
    FSETID(4),
    /** Signal any process. */
    KILL(5),
    /** Change group IDs and supplementary groups freely. */
    SETGID(6),
    /** Change user IDs freely. */
    SETUID(7),
    /** Drop capabilities from the bounding set and set the securebits. */
    SETPCAP(8),
    /** Set the immutable and append-only attributes of files. */
    LINUX_IMMUTABLE(9),
    /** Bind to Internet ports below 1024. */
    NET_BIND_SERVICE(10),
    /** Make socket broadcasts; unused by the kernel. */
    NET_BROADCAST(11),
    /** Configure interfaces, routes, firewalls and the like. */
    NET_ADMIN(12),
    /** Use RAW and PACKET sockets. */
    NET_RAW(13),
    /** Lock memory; allocate with huge pages. */
    IPC_LOCK(14),
    /** Bypass the permission checks for System V IPC objects. */
    IPC_OWNER(15),
    /** Load and unload kernel modules. */
    SYS_MODULE(16),
    /** Perform I/O port operations; read kernel memory. */
    SYS_RAWIO(17),
    /** Use chroot(2); change mount namespaces with setns(2). */
    SYS_CHROOT(18),
    /** Trace any process; read and write its memory. */
    SYS_PTRACE(19),
    /** Switch process accounting on and off. */
    SYS_PACCT(20),
    /** Mount, make namespaces, and very much else. */
    SYS_ADMIN(21),
    /** Use reboot(2) and kexec_load(2). */
    SYS_BOOT(22),
    /** Raise priorities; set scheduling and CPU affinity of any process. */
    SYS_NICE(23),
    /** Exceed quotas and raise hard resource limits. */
    SYS_RESOURCE(24),
    /** Set the clocks. */
    SYS_TIME(25),
    /** Use vhangup(2) and privileged terminal operations. */
    SYS_TTY_CONFIG(26),
    /** Make device files. */
    MKNOD(27),
    /** Establish leases on any file. */
    LEASE(28),
    /** Write records to the audit log. */
    AUDIT_WRITE(29),
    /** Configure the audit system. */
    AUDIT_CONTROL(30),
    /** Set capabilities on files. */
    SETFCAP(31),
    /** Override mandatory access control of Smack. */
    MAC_OVERRIDE(32),
    /** Configure mandatory access control of Smack. */
    MAC_ADMIN(33),
    /** Use privileged syslog(2) operations; see kernel addresses. */
    SYSLOG(34),
    /** Set timers that wake the system. */
    WAKE_ALARM(35),
    /** Block the suspending of the system. */
    BLOCK_SUSPEND(36),
    /** Read the audit log by netlink. */
    AUDIT_READ(37),
    /** Observe performance; since Linux 5.8. */
    PERFMON(38),
    /** Use privileged bpf(2) operations; since Linux 5.8. */
    BPF(39),
    /** Checkpoint and restore processes; since Linux 5.9. */
    CHECKPOINT_RESTORE(40);

    /**
     * What the root user of a container keeps unless the caller says otherwise: eleven capabilities
     * that act inside the container's own files, processes and network only. Three that Docker adds
     * are left out on purpose: NET_RAW (forging packets on a shared bridge), MKNOD (device files)
     * and AUDIT_WRITE (the host's audit log). As a mask: {@code 0x800405fb}.
     */
    public static final Set<Capability> DEFAULTS =
            Collections.unmodifiableSet(
                    EnumSet.of(
                            CHOWN,
                            DAC_OVERRIDE,
                            FOWNER,
                            FSETID,
                            KILL,
                            NET_BIND_SERVICE,
                            SETFCAP,
                            SETGID,
                            SETPCAP,
                            SETUID,
                            SYS_CHROOT));

    private final int number;

    Capability(int number) {
        this.number = number;
    }

    /**
     * Returns the number of the capability, which is its bit in a mask.
     *
     * @return 0 to 40
     */
    public int number() {
        return number;
    }

    /**
     * Returns the name of the manual page and of the OCI specification.
     *
     * @return for example {@code CAP_NET_ADMIN}
     */
    public String capName() {
        return "CAP_" + name();
    }

    /**
     * Returns the capability of this name, in either case, with or without {@code CAP_}.
     *
     * @param name for example {@code CAP_NET_ADMIN} or {@code net_admin}
     * @return the capability
     * @throws IllegalArgumentException when there is none of this name
     */
    public static Capability parse(String name) {
        return find(name)
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "capability: no capability has the name '" + name + "'"));
    }

    static Optional<Capability> find(String name) {
        var upper = name.toUpperCase(Locale.ROOT);
        var bare = upper.startsWith("CAP_") ? upper.substring(4) : upper;
        for (var capability : values()) {
            if (capability.name().equals(bare)) {
                return Optional.of(capability);
            }
        }
        return Optional.empty();
    }

    /**
     * Returns the mask of a set, as {@code /proc/PID/status} and capset(2) have it.
     *
     * @param capabilities any number of capabilities
     * @return bit n is set when the capability with the number n is among them
     */
    public static long mask(Collection<Capability> capabilities) {
        long mask = 0;
        for (var capability : capabilities) {
            mask |= 1L << capability.number;
        }
        return mask;
    }

    /**
     * Returns the set that a mask stands for. Bits of capabilities newer than those known here are
     * left out.
     *
     * @param mask as {@code /proc/PID/status} has it
     * @return the capabilities, unmodifiable, in the order of their numbers
     */
    public static Set<Capability> ofMask(long mask) {
        var capabilities = EnumSet.noneOf(Capability.class);
        for (var capability : values()) {
            if ((mask >>> capability.number & 1) == 1) {
                capabilities.add(capability);
            }
        }
        return Collections.unmodifiableSet(capabilities);
    }
}
