package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Resources;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the container may use of the machine. */
final class ResourceOptions {
    private static final String UNLIMITED = "-1";

    @Option(
            names = {"-m", "--memory"},
            paramLabel = "SIZE",
            description = "Memory, such as 64m; what exceeds it is ended. No swap beside it.")
    private @Nullable ByteSize memory;

    @Option(
            names = "--memory-reservation",
            paramLabel = "SIZE",
            description = "Memory that is spared while others have some to give.")
    private @Nullable ByteSize memoryReservation;

    @Option(
            names = "--memory-swap",
            paramLabel = "SIZE",
            description = "Memory and swap together; -1 for unlimited swap.")
    private @Nullable String memorySwap;

    @Option(
            names = "--memory-swappiness",
            paramLabel = "0-100",
            description = "How readily memory is swapped out; only cgroup v1 has it.")
    private @Nullable Integer memorySwappiness;

    @Option(
            names = "--cpus",
            paramLabel = "N",
            description = "Processors, all threads together, such as 1.5.")
    private @Nullable Double cpus;

    @Option(
            names = {"-c", "--cpu-shares"},
            paramLabel = "N",
            description = "Share when processors are wanting, 2 to 262144 (usual: 1024).")
    private @Nullable Long cpuShares;

    @Option(
            names = "--cpu-quota",
            paramLabel = "MICROS",
            description = "Processor time in each period.")
    private @Nullable Long cpuQuota;

    @Option(
            names = "--cpu-period",
            paramLabel = "MICROS",
            description = "The period (default: 100000).")
    private @Nullable Long cpuPeriod;

    @Option(
            names = "--cpu-burst",
            paramLabel = "MICROS",
            description = "Unused quota that may be saved up.")
    private @Nullable Long cpuBurst;

    @Option(
            names = "--cpuset-cpus",
            paramLabel = "LIST",
            description = "Which processors, such as 0-2,4.")
    private @Nullable String cpusetCpus;

    @Option(names = "--cpuset-mems", paramLabel = "LIST", description = "Which memory nodes.")
    private @Nullable String cpusetMems;

    @Option(
            names = "--pids-limit",
            paramLabel = "N",
            description = "Processes and threads; -1 for unlimited.")
    private @Nullable Long pidsLimit;

    @Mixin private BlockDeviceOptions blockDevices = new BlockDeviceOptions();

    @Option(
            names = "--hugepage-limit",
            paramLabel = "PAGE=SIZE",
            description = "Huge pages, such as 2MB=64m.")
    private List<KeyValue> hugepages = new ArrayList<>();

    @Option(
            names = "--device-cgroup-rule",
            paramLabel = "RULE",
            description = "Allow devices, such as \"c 1:3 rwm\".")
    private List<Resources.DeviceRule> deviceRules = new ArrayList<>();

    @Option(
            names = "--cgroup-conf",
            paramLabel = "FILE=VALUE",
            description = "Write a file of cgroup v2, such as memory.high=64M.")
    private List<KeyValue> cgroupConf = new ArrayList<>();

    @Option(
            names = "--cgroup-parent",
            paramLabel = "PATH",
            description = "The cgroup below which the container's is made.")
    private @Nullable String cgroupParent;

    @Option(
            names = "--require-limits",
            description = "Fail, instead of warning, when a limit cannot be had.")
    private boolean required;

    void applyTo(ContainerBuilder builder) {
        builder.resources(resources());
    }

    Resources resources() {
        return new Resources(
                memory(),
                cpu(),
                pids(),
                blockDevices.io(),
                hugetlb(),
                deviceRules,
                unified(),
                cgroupParent,
                required);
    }

    private Resources.Memory memory() {
        return new Resources.Memory(
                memory,
                null,
                memoryReservation,
                null,
                swap(memory, memorySwap),
                null,
                memorySwappiness);
    }

    private static @Nullable ByteSize swap(@Nullable ByteSize memory, @Nullable String memorySwap) {
        if (memorySwap == null || memorySwap.equals("0")) {
            return memory == null ? null : ByteSize.of(0);
        }
        if (memory == null) {
            throw new IllegalArgumentException(
                    "--memory-swap " + memorySwap + ": wants --memory, which it includes");
        }
        if (memorySwap.equals(UNLIMITED)) {
            return null;
        }
        return Refusal.naming(
                "--memory-swap", () -> Resources.Memory.swapOf(ByteSize.parse(memorySwap), memory));
    }

    private Resources.Cpu cpu() {
        if (cpus != null && (cpuQuota != null || cpuPeriod != null)) {
            throw new IllegalArgumentException(
                    "--cpus " + cpus + ": says the same as --cpu-quota and --cpu-period");
        }
        Long quota = cpuQuota;
        if (cpus != null) {
            double processors = cpus;
            quota = Refusal.naming("--cpus", () -> Resources.Cpu.quotaOf(processors));
        } else if (quota != null && quota == -1) {
            quota = null;
        }
        Long weight = null;
        if (cpuShares != null) {
            long shares = cpuShares;
            weight = Refusal.naming("--cpu-shares", () -> Resources.Cpu.weightOfShares(shares));
        }
        return new Resources.Cpu(
                weight, quota, period(quota), cpuBurst, cpusetCpus, cpusetMems, null);
    }

    private @Nullable Long period(@Nullable Long quota) {
        return cpuPeriod != null || quota == null ? cpuPeriod : (Long) Resources.Cpu.PERIOD_MICROS;
    }

    private @Nullable Long pids() {
        return pidsLimit == null || pidsLimit == -1 ? null : pidsLimit;
    }

    private Map<String, ByteSize> hugetlb() {
        var limits = new LinkedHashMap<String, ByteSize>();
        for (var limit : hugepages) {
            limits.put(
                    limit.key(),
                    Refusal.naming("--hugepage-limit", () -> ByteSize.parse(limit.value())));
        }
        return limits;
    }

    private Map<String, String> unified() {
        var files = new LinkedHashMap<String, String>();
        cgroupConf.forEach(file -> files.put(file.key(), file.value()));
        return files;
    }
}
