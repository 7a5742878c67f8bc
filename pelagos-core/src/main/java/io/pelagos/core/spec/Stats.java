package io.pelagos.core.spec;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a container has used of the machine, read from its cgroups at one moment.
 *
 * <p>Every figure that the host does not offer is null (or an empty list): a v1 hierarchy has no
 * event counters, a kernel without pressure stall information no pressures, a controller that is
 * not enabled nothing at all. A zero is always a measured zero. Figures are counted since the
 * container's cgroup was made and include everything below it.
 *
 * @param memory memory and swap
 * @param cpu processor time
 * @param pids processes and threads
 * @param io block devices, one entry a device, in the order of their numbers; empty when nothing
 *     was read or written or the host does not count
 * @param pressure how long work had to wait
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">Control Group v2</a>
 */
public record Stats(Memory memory, Cpu cpu, Pids pids, List<Io> io, Pressure pressure) {
    /** No figure at all, as for a container without a cgroup. */
    public static final Stats NONE =
            new Stats(
                    new Memory(
                            null, null, null, null, null, new Events(null, null, null, null, null)),
                    new Cpu(null, null, null, null, null, null),
                    new Pids(null, null),
                    List.of(),
                    new Pressure(null, null, null, null, null, null));

    /** Copies the list. */
    public Stats {
        io = List.copyOf(io);
    }

    /**
     * Memory and swap.
     *
     * @param current what is in use, page cache included; null when not counted
     * @param peak the most that was ever in use; null before Linux 5.19 on v2
     * @param max the limit; null when there is none
     * @param swap what is swapped out; null when not counted
     * @param swapMax how much may be swapped out; null when there is no limit
     * @param events how often limits were met
     */
    public record Memory(
            @Nullable ByteSize current,
            @Nullable ByteSize peak,
            @Nullable ByteSize max,
            @Nullable ByteSize swap,
            @Nullable ByteSize swapMax,
            Events events) {}

    /**
     * How often limits of memory were met, as {@code memory.events} counts; each is null when the
     * host does not count it. v1 hierarchies have {@code max} and {@code oomKill} only.
     *
     * @param low times that memory was reclaimed although usage was below the low boundary
     * @param high times that processes were throttled for exceeding the high boundary
     * @param max times that usage was about to exceed the limit
     * @param oom times that the limit was reached and an allocation was about to fail
     * @param oomKill processes killed by the out-of-memory killer
     */
    public record Events(
            @Nullable Long low,
            @Nullable Long high,
            @Nullable Long max,
            @Nullable Long oom,
            @Nullable Long oomKill) {}

    /**
     * Processor time, summed over all processors; each is null when the host does not count it.
     *
     * @param usage time used
     * @param user the part of it spent in programs
     * @param system the part of it spent in the kernel
     * @param periods how many periods of the quota have passed in which something ran
     * @param throttledPeriods in how many of them the quota was used up
     * @param throttled for how long processes were kept from running by the quota
     */
    public record Cpu(
            @Nullable Duration usage,
            @Nullable Duration user,
            @Nullable Duration system,
            @Nullable Long periods,
            @Nullable Long throttledPeriods,
            @Nullable Duration throttled) {}

    /**
     * Processes and threads.
     *
     * @param current how many there are; null when not counted
     * @param max how many there may be; null when there is no limit
     */
    public record Pids(@Nullable Long current, @Nullable Long max) {}

    /**
     * What was read from and written to a block device.
     *
     * @param major its major number
     * @param minor its minor number
     * @param readBytes bytes read
     * @param writeBytes bytes written
     * @param readOperations reads
     * @param writeOperations writes
     */
    public record Io(
            int major,
            int minor,
            long readBytes,
            long writeBytes,
            long readOperations,
            long writeOperations) {}

    /**
     * How long work had to wait for a resource: some of the processes, or all of them at once. Each
     * is null when the kernel has no pressure stall information or has it switched off.
     *
     * @param cpuSome some waited for a processor
     * @param cpuFull all waited for a processor; null before Linux 5.13
     * @param memorySome some waited for memory
     * @param memoryFull all waited for memory
     * @param ioSome some waited for a block device
     * @param ioFull all waited for a block device
     * @see <a href="https://docs.kernel.org/accounting/psi.html">Pressure Stall Information</a>
     */
    public record Pressure(
            @Nullable Stall cpuSome,
            @Nullable Stall cpuFull,
            @Nullable Stall memorySome,
            @Nullable Stall memoryFull,
            @Nullable Stall ioSome,
            @Nullable Stall ioFull) {}

    /**
     * Time spent waiting.
     *
     * @param average10 percent of the last ten seconds
     * @param average60 percent of the last minute
     * @param average300 percent of the last five minutes
     * @param total the whole time since the cgroup was made
     */
    public record Stall(double average10, double average60, double average300, Duration total) {}

    /**
     * Returns what was read from and written to one block device.
     *
     * @param major its major number
     * @param minor its minor number
     * @return the figures, or empty when there are none
     */
    public Optional<Io> device(int major, int minor) {
        return io.stream().filter(d -> d.major == major && d.minor == minor).findFirst();
    }
}
