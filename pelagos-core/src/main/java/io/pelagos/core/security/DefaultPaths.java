package io.pelagos.core.security;

import java.util.List;

/**
 * The files of procfs and sysfs that a container gets hidden or read-only by default, because they
 * are not namespaced: they show or change the whole machine. These are the lists that Docker and
 * containerd use too.
 */
public final class DefaultPaths {
    /**
     * Paths that are covered: a file by {@code /dev/null}, a directory by an empty read-only tmpfs.
     * A path that the running kernel does not have is left out.
     *
     * <ul>
     *   <li>{@code /proc/acpi}: switches hardware; writable by root without any capability
     *       (CVE-2018-10892)
     *   <li>{@code /proc/asound}: the host's sound cards and who uses them
     *   <li>{@code /proc/interrupts}: counts of the host's interrupts; their timing tells
     *       keystrokes and the load of neighbours
     *   <li>{@code /proc/kcore}: the memory of the kernel
     *   <li>{@code /proc/keys}: the keys of other users of the machine
     *   <li>{@code /proc/latency_stats}, {@code /proc/timer_list}, {@code /proc/timer_stats},
     *       {@code /proc/sched_debug}: processes of the whole host, with names, and kernel
     *       addresses
     *   <li>{@code /proc/scsi}: removes a disk from the machine (CVE-2017-16539)
     *   <li>{@code /sys/firmware}: tables of the firmware, and EFI variables whose removal can
     *       break the machine for good
     *   <li>{@code /sys/devices/virtual/powercap}: the power meter, a side channel that reveals
     *       secrets of other processes (PLATYPUS, CVE-2020-8694)
     * </ul>
     */
    public static final List<String> MASKED =
            List.of(
                    "/proc/acpi",
                    "/proc/asound",
                    "/proc/interrupts",
                    "/proc/kcore",
                    "/proc/keys",
                    "/proc/latency_stats",
                    "/proc/timer_list",
                    "/proc/timer_stats",
                    "/proc/sched_debug",
                    "/proc/scsi",
                    "/sys/firmware",
                    "/sys/devices/virtual/powercap");

    /**
     * Paths that can be read and not written.
     *
     * <ul>
     *   <li>{@code /proc/bus}: the configuration space of PCI devices
     *   <li>{@code /proc/fs}: parameters of the host's file systems
     *   <li>{@code /proc/irq}: which processor serves which interrupt
     *   <li>{@code /proc/sys}: most sysctls are the whole machine's; {@code kernel.core_pattern}
     *       alone runs any program as root on the host
     *   <li>{@code /proc/sysrq-trigger}: reboots the machine at once
     * </ul>
     */
    public static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private DefaultPaths() {}
}
