package io.pelagos.core.oci;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code linux.resources} of a config.json: what a container may use, in the terms of cgroup v1.
 *
 * @param unified raw files of cgroup v2
 * @param devices rules for devices, in order
 * @param pids processes
 * @param blockIO block devices
 * @param cpu processors
 * @param hugepageLimits huge pages
 * @param memory memory
 * @param network marks of packets
 * @param rdma RDMA by device
 */
public record OciResources(
        Map<String, String> unified,
        List<DeviceRule> devices,
        @Nullable Pids pids,
        @Nullable BlockIo blockIO,
        @Nullable Cpu cpu,
        List<HugepageLimit> hugepageLimits,
        @Nullable Memory memory,
        @Nullable Network network,
        Map<String, Rdma> rdma) {
    /** Checks what the schema says and copies collections. */
    public OciResources {
        unified = Checks.copy(unified);
        devices = Checks.copy(devices);
        hugepageLimits = Checks.copy(hugepageLimits);
        rdma = Checks.copy(rdma);
    }

    /**
     * A rule for devices.
     *
     * @param allow whether it allows or denies
     * @param type a, b or c
     * @param major the major number; null for all
     * @param minor the minor number; null for all
     * @param access letters of rwm
     */
    public record DeviceRule(
            Boolean allow,
            @Nullable String type,
            @Nullable Long major,
            @Nullable Long minor,
            @Nullable String access) {}

    /**
     * Processes.
     *
     * @param limit how many; 0 or -1 for no limit
     */
    public record Pids(Long limit) {}

    /**
     * Block devices.
     *
     * @param weight 10 to 1000
     * @param leafWeight 10 to 1000, against child cgroups
     * @param weightDevice weights of devices
     * @param throttleReadBpsDevice bytes read per second
     * @param throttleWriteBpsDevice bytes written per second
     * @param throttleReadIOPSDevice reads per second
     * @param throttleWriteIOPSDevice writes per second
     */
    public record BlockIo(
            @Nullable Long weight,
            @Nullable Long leafWeight,
            List<WeightDevice> weightDevice,
            List<ThrottleDevice> throttleReadBpsDevice,
            List<ThrottleDevice> throttleWriteBpsDevice,
            List<ThrottleDevice> throttleReadIOPSDevice,
            List<ThrottleDevice> throttleWriteIOPSDevice) {
        /** Checks what the schema says and copies collections. */
        public BlockIo {
            weightDevice = Checks.copy(weightDevice);
            throttleReadBpsDevice = Checks.copy(throttleReadBpsDevice);
            throttleWriteBpsDevice = Checks.copy(throttleWriteBpsDevice);
            throttleReadIOPSDevice = Checks.copy(throttleReadIOPSDevice);
            throttleWriteIOPSDevice = Checks.copy(throttleWriteIOPSDevice);
            Checks.range("weight", weight, 0, 65535);
            Checks.range("leafWeight", leafWeight, 0, 65535);
        }
    }

    /**
     * The weight of a block device.
     *
     * @param major its major number
     * @param minor its minor number
     * @param weight 10 to 1000
     * @param leafWeight 10 to 1000, against child cgroups
     */
    public record WeightDevice(
            Long major, Long minor, @Nullable Long weight, @Nullable Long leafWeight) {
        /** Checks what the schema says and copies collections. */
        public WeightDevice {
            Checks.range("weight", weight, 0, 65535);
            Checks.range("leafWeight", leafWeight, 0, 65535);
        }
    }

    /**
     * The limit of a block device.
     *
     * @param major its major number
     * @param minor its minor number
     * @param rate per second
     */
    public record ThrottleDevice(Long major, Long minor, @Nullable BigInteger rate) {
        /** Checks what the schema says and copies collections. */
        public ThrottleDevice {
            Checks.unsigned("rate", rate);
        }
    }

    /**
     * Processors.
     *
     * @param cpus which, as in 0-2,4
     * @param mems memory nodes
     * @param period microseconds
     * @param quota microseconds in each period
     * @param burst microseconds that may be saved up
     * @param realtimePeriod microseconds
     * @param realtimeRuntime microseconds in each period
     * @param shares 2 to 262144
     * @param idle 1 to run only when nothing else wants to
     */
    public record Cpu(
            @Nullable String cpus,
            @Nullable String mems,
            @Nullable BigInteger period,
            @Nullable Long quota,
            @Nullable BigInteger burst,
            @Nullable BigInteger realtimePeriod,
            @Nullable Long realtimeRuntime,
            @Nullable BigInteger shares,
            @Nullable Long idle) {
        /** Checks what the schema says and copies collections. */
        public Cpu {
            Checks.unsigned("period", period);
            Checks.unsigned("burst", burst);
            Checks.unsigned("realtimePeriod", realtimePeriod);
            Checks.unsigned("shares", shares);
        }
    }

    /**
     * A limit of huge pages.
     *
     * @param pageSize like 2MB
     * @param limit bytes
     */
    public record HugepageLimit(String pageSize, BigInteger limit) {
        /** Checks what the schema says and copies collections. */
        public HugepageLimit {
            Checks.required("pageSize", pageSize);
            Checks.unsigned("limit", Checks.required("limit", limit));
            Checks.match("pageSize", pageSize, "[1-9][0-9]*[KMG]B");
        }
    }

    /**
     * Memory.
     *
     * @param kernel bytes of kernel memory
     * @param kernelTCP bytes of buffers of TCP
     * @param limit bytes
     * @param reservation bytes, a soft limit
     * @param swap bytes of memory and swap together
     * @param swappiness 0 to 100
     * @param disableOOMKiller whether processes wait instead of being ended
     * @param useHierarchy whether child cgroups count
     * @param checkBeforeUpdate whether a limit below the usage is refused
     */
    public record Memory(
            @Nullable Long kernel,
            @Nullable Long kernelTCP,
            @Nullable Long limit,
            @Nullable Long reservation,
            @Nullable Long swap,
            @Nullable BigInteger swappiness,
            @Nullable Boolean disableOOMKiller,
            @Nullable Boolean useHierarchy,
            @Nullable Boolean checkBeforeUpdate) {
        /** Checks what the schema says and copies collections. */
        public Memory {
            Checks.unsigned("swappiness", swappiness);
        }
    }

    /**
     * Marks of packets.
     *
     * @param classID the class of net_cls
     * @param priorities priorities of net_prio
     */
    public record Network(@Nullable Long classID, List<InterfacePriority> priorities) {
        /** Checks what the schema says and copies collections. */
        public Network {
            Checks.range("classID", classID, 0, 4294967295L);
            priorities = Checks.copy(priorities);
        }
    }

    /**
     * A priority of net_prio.
     *
     * @param name the network interface
     * @param priority the priority
     */
    public record InterfacePriority(String name, Long priority) {
        /** Checks what the schema says and copies collections. */
        public InterfacePriority {
            Checks.required("name", name);
            Checks.range("priority", priority, 0, 4294967295L);
        }
    }

    /**
     * Limits of an RDMA device.
     *
     * @param hcaHandles handles
     * @param hcaObjects objects
     */
    public record Rdma(@Nullable Long hcaHandles, @Nullable Long hcaObjects) {
        /** Checks what the schema says and copies collections. */
        public Rdma {
            Checks.range("hcaHandles", hcaHandles, 0, 4294967295L);
            Checks.range("hcaObjects", hcaObjects, 0, 4294967295L);
        }
    }
}
