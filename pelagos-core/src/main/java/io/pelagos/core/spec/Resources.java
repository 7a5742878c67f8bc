package io.pelagos.core.spec;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a container may use of the machine, in the terms of cgroup v2; where a host has the v1
 * hierarchies they are translated. Null means "not set".
 *
 * @param memory limits of memory
 * @param cpu shares, bandwidth and placement
 * @param pids the largest number of processes and threads, at least 1
 * @param io weights and limits of block devices
 * @param hugetlb the largest amount of huge pages by page size, as in {@code 2MB}
 * @param devices rules for devices beside the default ones, in order; later rules win
 * @param unified raw files of cgroup v2, by name, written last
 * @param parent the cgroup below which the container's is made, as a path relative to the root of
 *     the hierarchy; null for the JVM's own
 * @param required whether a limit that cannot be set is an error instead of a warning
 */
public record Resources(
        Memory memory,
        Cpu cpu,
        @Nullable Long pids,
        Io io,
        Map<String, ByteSize> hugetlb,
        List<DeviceRule> devices,
        Map<String, String> unified,
        @Nullable String parent,
        boolean required) {
    /** No limit at all. */
    public static final Resources UNLIMITED =
            new Resources(
                    Memory.UNLIMITED,
                    Cpu.UNLIMITED,
                    null,
                    Io.UNLIMITED,
                    Map.of(),
                    List.of(),
                    Map.of(),
                    null,
                    false);

    /** Checks and copies everything. */
    public Resources {
        if (pids != null && pids < 1) {
            throw new IllegalArgumentException("pids " + pids + ": must be at least 1");
        }
        hugetlb = Collections.unmodifiableMap(new TreeMap<>(hugetlb));
        for (var size : hugetlb.keySet()) {
            if (!size.matches("[0-9]{1,6}(KB|MB|GB)")) {
                throw new IllegalArgumentException(
                        "hugetlb page size \"" + size + "\": must be like 2MB");
            }
        }
        devices = List.copyOf(devices);
        unified = Collections.unmodifiableMap(new TreeMap<>(unified));
        for (var file : unified.keySet()) {
            if (!file.matches("[a-z]+(\\.[A-Za-z0-9_]+)+")) {
                throw new IllegalArgumentException(
                        "unified key \"" + file + "\": must be the name of a file of cgroup v2");
            }
        }
        if (parent != null) {
            parent =
                    ContainerPath.normalize(
                            "cgroup parent", parent.startsWith("/") ? parent : "/" + parent);
        }
    }

    /**
     * Limits of memory, see "Memory" in the kernel's cgroup v2 document.
     *
     * @param max beyond this the kernel ends processes of the container
     * @param high beyond this the container is throttled and its memory reclaimed
     * @param low up to this its memory is spared while others have some to give
     * @param min up to this its memory is never reclaimed
     * @param swap how much may be swapped out; this is swap alone, unlike v1 and the OCI's {@code
     *     memory.swap}, which count memory and swap together. Null means as much as the machine
     *     has, also beside a {@code max}: as an OCI configuration without {@code memory.swap} says,
     *     and unlike podman, which is therefore told so by {@code --memory-swap=-1}. For no swap at
     *     all it must be 0, as {@code ContainerBuilder.memory} sets it
     * @param oomGroup whether running out of memory ends all processes of the container; null for
     *     yes where a {@code max} is set
     * @param swappiness 0 to 100; only v1 has it
     */
    public record Memory(
            @Nullable ByteSize max,
            @Nullable ByteSize high,
            @Nullable ByteSize low,
            @Nullable ByteSize min,
            @Nullable ByteSize swap,
            @Nullable Boolean oomGroup,
            @Nullable Integer swappiness) {
        /** No limit. */
        public static final Memory UNLIMITED = new Memory(null, null, null, null, null, null, null);

        /** Checks what can be checked without the machine. */
        public Memory {
            if (max != null && max.bytes() == 0) {
                throw new IllegalArgumentException("memory 0: nothing can run in no memory");
            }
            if (swappiness != null && (swappiness < 0 || swappiness > 100)) {
                throw new IllegalArgumentException(
                        "swappiness " + swappiness + ": must be 0 to 100");
            }
        }

        private boolean limited() {
            return max != null
                    || high != null
                    || low != null
                    || min != null
                    || swap != null
                    || oomGroup != null
                    || swappiness != null;
        }

        /**
         * Converts the combined limit of cgroup v1, OCI and docker's {@code --memory-swap} into
         * that of swap alone.
         *
         * @param combined memory and swap together
         * @param max the limit of memory
         * @return how much may be swapped out
         * @throws IllegalArgumentException when {@code combined} is less than {@code max}
         */
        public static ByteSize swapOf(ByteSize combined, ByteSize max) {
            if (combined.bytes() < max.bytes()) {
                throw new IllegalArgumentException(
                        "memory and swap of " + combined + ": less than the memory of " + max);
            }
            return ByteSize.of(combined.bytes() - max.bytes());
        }
    }

    /**
     * Shares, bandwidth and placement of processors.
     *
     * @param weight the share when processors are wanting, 1 to 10000; 100 is usual
     * @param quotaMicros how long it may run in each period, in microseconds, all processors taken
     *     together
     * @param periodMicros the period in microseconds, 1000 to 1000000; 100000 is usual
     * @param burstMicros how much unused quota may be saved up, in microseconds
     * @param cpus which processors, as in {@code 0-2,4}
     * @param mems which memory nodes, as in {@code 0}
     * @param idle whether it runs only when nothing else wants to
     */
    public record Cpu(
            @Nullable Long weight,
            @Nullable Long quotaMicros,
            @Nullable Long periodMicros,
            @Nullable Long burstMicros,
            @Nullable String cpus,
            @Nullable String mems,
            @Nullable Boolean idle) {
        /** No limit. */
        public static final Cpu UNLIMITED = new Cpu(null, null, null, null, null, null, null);

        /** The usual period in microseconds. */
        public static final long PERIOD_MICROS = 100_000;

        /** Checks what can be checked without the machine. */
        public Cpu {
            range("cpu weight", weight, 1, 10_000);
            range("cpu quota in microseconds", quotaMicros, 1_000, Long.MAX_VALUE / 1000);
            range("cpu period in microseconds", periodMicros, 1_000, 1_000_000);
            range("cpu burst in microseconds", burstMicros, 0, Long.MAX_VALUE / 1000);
            list("cpus", cpus);
            list("mems", mems);
        }

        private boolean limited() {
            return weight != null
                    || quotaMicros != null
                    || periodMicros != null
                    || burstMicros != null
                    || cpus != null
                    || mems != null
                    || idle != null;
        }

        /**
         * Converts the shares of cgroup v1, OCI and docker into a weight: 2 becomes 1, 1024 becomes
         * 39, 262144 becomes 10000.
         *
         * @param shares 2 to 262144
         * @return 1 to 10000
         */
        public static long weightOfShares(long shares) {
            range("cpu shares", shares, 2, 262_144);
            return 1 + (shares - 2) * 9999 / 262_142;
        }

        /**
         * Converts a number of processors into microseconds of the usual period.
         *
         * @param cpus for example 1.5, at least 0.01
         * @return the quota
         */
        public static long quotaOf(double cpus) {
            if (!(cpus >= 0.01 && cpus <= 1e6)) {
                throw new IllegalArgumentException("cpus " + cpus + ": must be at least 0.01");
            }
            return Math.round(cpus * PERIOD_MICROS);
        }

        private static void list(String what, @Nullable String list) {
            if (list != null
                    && !list.matches("[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*")) {
                throw new IllegalArgumentException(
                        what + " \"" + list + "\": must be a list like 0-2,4");
            }
        }
    }

    /**
     * Weights and limits of block devices.
     *
     * @param weight the share, 1 to 10000; 100 is usual
     * @param devices what holds for single devices
     */
    public record Io(@Nullable Long weight, List<DeviceLimit> devices) {
        /** No limit. */
        public static final Io UNLIMITED = new Io(null, List.of());

        /** Checks and copies. */
        public Io {
            range("io weight", weight, 1, 10_000);
            devices = List.copyOf(devices);
        }
    }

    /**
     * What holds for one block device.
     *
     * @param major its major number
     * @param minor its minor number
     * @param weight the share, 1 to 10000
     * @param readBytes bytes read per second
     * @param writeBytes bytes written per second
     * @param readOperations reads per second
     * @param writeOperations writes per second
     */
    public record DeviceLimit(
            int major,
            int minor,
            @Nullable Long weight,
            @Nullable Long readBytes,
            @Nullable Long writeBytes,
            @Nullable Long readOperations,
            @Nullable Long writeOperations) {
        /** Checks the numbers. */
        public DeviceLimit {
            range("device major number", (long) major, 0, 0xfff);
            range("device minor number", (long) minor, 0, 0xfffff);
            range("io weight", weight, 1, 10_000);
            range("bytes read per second", readBytes, 1, Long.MAX_VALUE);
            range("bytes written per second", writeBytes, 1, Long.MAX_VALUE);
            range("reads per second", readOperations, 1, Long.MAX_VALUE);
            range("writes per second", writeOperations, 1, Long.MAX_VALUE);
        }
    }

    /**
     * A rule for devices.
     *
     * @param allow whether it allows or denies
     * @param type {@code CHARACTER}, {@code BLOCK}, or null for all devices
     * @param major the major number, or null for all
     * @param minor the minor number, or null for all
     * @param access letters of {@code rwm}: read, write, make a node
     */
    public record DeviceRule(
            boolean allow,
            Device.@Nullable Type type,
            @Nullable Integer major,
            @Nullable Integer minor,
            String access) {
        /** Checks the rule. */
        public DeviceRule {
            if (type == Device.Type.FIFO || !access.matches("r?w?m?") || access.isEmpty()) {
                throw new IllegalArgumentException(
                        "device rule "
                                + type
                                + " \""
                                + access
                                + "\": must name devices and letters of rwm");
            }
        }
    }

    /**
     * Tells whether anything is limited.
     *
     * @return false for {@link #UNLIMITED}, whatever the parent
     */
    public boolean limited() {
        return memory.limited()
                || cpu.limited()
                || pids != null
                || io.weight() != null
                || !io.devices().isEmpty()
                || !hugetlb.isEmpty()
                || !devices.isEmpty()
                || !unified.isEmpty();
    }

    private static void range(String what, @Nullable Long value, long least, long most) {
        if (value != null && (value < least || value > most)) {
            throw new IllegalArgumentException(
                    what + " " + value + ": must be " + least + " to " + most);
        }
    }
}
