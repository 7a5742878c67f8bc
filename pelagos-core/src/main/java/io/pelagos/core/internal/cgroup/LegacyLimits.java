package io.pelagos.core.internal.cgroup;

import io.pelagos.core.internal.cgroup.Setting.Write;
import io.pelagos.core.spec.Resources;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Resources as a table of settings for the hierarchies of cgroup v1, in the order in which they are
 * written. Controllers are named as version 2 names them: {@code io} is v1's {@code blkio}. {@code
 * memory.limit_in_bytes} and {@code memory.memsw.limit_in_bytes}, whose order depends on what is in
 * force, are left to {@link LegacyMemory}.
 *
 * @see Limits
 */
final class LegacyLimits {
    private final List<Setting> table = new ArrayList<>();

    private LegacyLimits() {}

    /** Returns the table; empty for unlimited resources. */
    static List<Setting> legacy(Resources resources) {
        var limits = new LegacyLimits();
        limits.memory(resources.memory());
        limits.cpu(resources.cpu());
        if (resources.pids() != null) {
            limits.add("pids " + resources.pids(), "pids", "pids.max", "" + resources.pids());
        }
        limits.io(resources.io());
        resources
                .hugetlb()
                .forEach(
                        (size, most) ->
                                limits.add(
                                        "hugetlb " + size + " " + most,
                                        "hugetlb",
                                        "hugetlb." + size + ".limit_in_bytes",
                                        "" + most.bytes()));
        resources
                .unified()
                .forEach(
                        (file, text) ->
                                limits.unsupported(
                                        file + " \"" + text + "\"",
                                        file.substring(0, file.indexOf('.')),
                                        "the controller is in a v1 hierarchy, which has no such"
                                                + " file"));
        return List.copyOf(limits.table);
    }

    private void memory(Resources.Memory memory) {
        if (memory.high() != null) {
            unsupported("memory high " + memory.high(), "memory", "cgroup v1 has no such limit");
        }
        if (memory.low() != null) {
            var low = memory.low();
            add("memory low " + low, "memory", "memory.soft_limit_in_bytes", "" + low.bytes());
        }
        if (memory.min() != null) {
            unsupported("memory min " + memory.min(), "memory", "cgroup v1 has no such guarantee");
        }
        if (Boolean.TRUE.equals(memory.oomGroup())) {
            unsupported("memory oom group", "memory", "cgroup v1 kills single processes only");
        }
        if (memory.swappiness() != null) {
            var swappiness = memory.swappiness();
            add("memory swappiness " + swappiness, "memory", "memory.swappiness", "" + swappiness);
        }
    }

    /**
     * Quota and period are two files here, and each is checked with the other one in force; so the
     * quota goes off before both change.
     */
    private void cpu(Resources.Cpu cpu) {
        if (Boolean.FALSE.equals(cpu.idle())) {
            add("cpu idle off", "cpu", "cpu.idle", "0");
        }
        if (cpu.weight() != null) {
            var shares = Weights.sharesOfWeight(cpu.weight());
            add("cpu weight " + cpu.weight(), "cpu", "cpu.shares", "" + shares);
        }
        if (Boolean.TRUE.equals(cpu.idle())) {
            add("cpu idle", "cpu", "cpu.idle", "1");
        }
        if (cpu.burstMicros() != null) {
            add("cpu burst 0", "cpu", "cpu.cfs_burst_us", "0");
        }
        if (cpu.periodMicros() != null) {
            if (cpu.quotaMicros() != null) {
                add("cpu quota off", "cpu", "cpu.cfs_quota_us", "-1");
            }
            var period = cpu.periodMicros();
            add("cpu period " + period, "cpu", "cpu.cfs_period_us", "" + period);
        }
        if (cpu.quotaMicros() != null) {
            var quota = cpu.quotaMicros();
            add("cpu quota " + quota, "cpu", "cpu.cfs_quota_us", "" + quota);
        }
        if (cpu.burstMicros() != null) {
            var burst = cpu.burstMicros();
            add("cpu burst " + burst, "cpu", "cpu.cfs_burst_us", "" + burst);
        }
        if (cpu.cpus() != null) {
            add("cpus " + cpu.cpus(), "cpuset", "cpuset.cpus", cpu.cpus());
        }
        if (cpu.mems() != null) {
            add("mems " + cpu.mems(), "cpuset", "cpuset.mems", cpu.mems());
        }
    }

    private void io(Resources.Io io) {
        if (io.weight() != null) {
            weight("io weight " + io.weight(), "", "", io.weight());
        }
        for (var device : io.devices()) {
            var number = device.major() + ":" + device.minor();
            if (device.weight() != null) {
                weight(
                        "io weight " + device.weight() + " of " + number,
                        "_device",
                        number + " ",
                        device.weight());
            }
            throttle("read_bps", number, device.readBytes());
            throttle("write_bps", number, device.writeBytes());
            throttle("read_iops", number, device.readOperations());
            throttle("write_iops", number, device.writeOperations());
        }
    }

    /** {@code blkio.bfq.weight} is there with BFQ, {@code blkio.weight} was CFQ's. */
    private void weight(String option, String suffix, String key, long weight) {
        table.add(
                Setting.either(
                        option,
                        "io",
                        new Write("blkio.bfq.weight" + suffix, key + Weights.bfqOfWeight(weight)),
                        new Write("blkio.weight" + suffix, key + Weights.blkioOfWeight(weight))));
    }

    private void throttle(String what, String number, @Nullable Long most) {
        if (most != null) {
            add(
                    "io limit " + what + " " + most + " of " + number,
                    "io",
                    "blkio.throttle." + what + "_device",
                    number + " " + most);
        }
    }

    private void add(String option, String controller, String file, String text) {
        table.add(Setting.of(option, controller, file, text));
    }

    private void unsupported(String option, String controller, String why) {
        table.add(Setting.unsupported(option, controller, why));
    }
}
