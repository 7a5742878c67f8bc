package io.pelagos.core.internal.cgroup;

import io.pelagos.core.internal.cgroup.Setting.Write;
import io.pelagos.core.spec.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Resources as a table of settings for cgroup v2, in the order in which they are written. What a
 * live update must do before is written here too: it does no harm to a new cgroup.
 *
 * @see LegacyLimits
 */
final class Limits {
    /** What a raw key may not touch: they move, stop or kill processes, or are ours to set. */
    private static final Set<String> OURS =
            Set.of(
                    "cgroup.procs",
                    "cgroup.threads",
                    "cgroup.kill",
                    "cgroup.freeze",
                    "cgroup.type",
                    "cgroup.subtree_control");

    private final List<Setting> table = new ArrayList<>();

    private Limits() {}

    /** Returns the table; empty for unlimited resources. */
    static List<Setting> unified(Resources resources) {
        var limits = new Limits();
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
                                        "hugetlb." + size + ".max",
                                        "" + most.bytes()));
        resources.unified().forEach(limits::raw);
        return List.copyOf(limits.table);
    }

    /** Refuses raw keys that would take the cgroup out of our hands. */
    static void check(Resources resources) {
        for (var file : resources.unified().keySet()) {
            if (OURS.contains(file)) {
                throw new IllegalArgumentException(
                        "unified key \""
                                + file
                                + "\": is not a limit, and not the caller's to set");
            }
        }
    }

    private void memory(Resources.Memory memory) {
        if (memory.max() != null) {
            add("memory max " + memory.max(), "memory", "memory.max", "" + memory.max().bytes());
        }
        if (memory.high() != null) {
            add(
                    "memory high " + memory.high(),
                    "memory",
                    "memory.high",
                    "" + memory.high().bytes());
        }
        if (memory.low() != null) {
            add("memory low " + memory.low(), "memory", "memory.low", "" + memory.low().bytes());
        }
        if (memory.min() != null) {
            add("memory min " + memory.min(), "memory", "memory.min", "" + memory.min().bytes());
        }
        if (memory.swap() != null) {
            var swap = memory.swap();
            add("memory swap " + swap, "memory", "memory.swap.max", "" + swap.bytes());
        }
        if (oomGroup(memory)) {
            add("memory oom group", "memory", "memory.oom.group", "1");
        } else if (memory.oomGroup() != null) {
            add("memory oom group off", "memory", "memory.oom.group", "0");
        }
        if (memory.swappiness() != null) {
            unsupported(
                    "memory swappiness " + memory.swappiness(),
                    "memory",
                    "cgroup v2 has no swappiness of a cgroup");
        }
    }

    /** Without a word from the caller a container with a limit dies as a whole. */
    static boolean oomGroup(Resources.Memory memory) {
        return memory.oomGroup() == null ? memory.max() != null : memory.oomGroup();
    }

    /** The kernel refuses a weight while idle is set, so idle goes off before and on after. */
    private void cpu(Resources.Cpu cpu) {
        if (Boolean.FALSE.equals(cpu.idle())) {
            add("cpu idle off", "cpu", "cpu.idle", "0");
        }
        if (cpu.weight() != null) {
            add("cpu weight " + cpu.weight(), "cpu", "cpu.weight", "" + cpu.weight());
        }
        if (Boolean.TRUE.equals(cpu.idle())) {
            add("cpu idle", "cpu", "cpu.idle", "1");
        }
        if (cpu.burstMicros() != null) {
            // A quota below the burst that is in force would be refused.
            add("cpu burst 0", "cpu", "cpu.max.burst", "0");
        }
        if (cpu.quotaMicros() != null || cpu.periodMicros() != null) {
            var quota = cpu.quotaMicros() == null ? "max" : "" + cpu.quotaMicros();
            // The period may be left out, then the one in force stays.
            var period = cpu.periodMicros() == null ? "" : " " + cpu.periodMicros();
            add("cpu quota " + quota + period, "cpu", "cpu.max", quota + period);
        }
        if (cpu.burstMicros() != null) {
            var burst = cpu.burstMicros();
            add("cpu burst " + burst, "cpu", "cpu.max.burst", "" + burst);
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
            weight("io weight " + io.weight(), "default", io.weight());
        }
        for (var device : io.devices()) {
            var number = device.major() + ":" + device.minor();
            if (device.weight() != null) {
                weight("io weight " + device.weight() + " of " + number, number, device.weight());
            }
            var most = new StringBuilder();
            append(most, "rbps", device.readBytes());
            append(most, "wbps", device.writeBytes());
            append(most, "riops", device.readOperations());
            append(most, "wiops", device.writeOperations());
            if (!most.isEmpty()) {
                add("io limit of " + number + most, "io", "io.max", number + most);
            }
        }
    }

    private static void append(
            StringBuilder text, String key, @org.jspecify.annotations.Nullable Long value) {
        if (value != null) {
            text.append(' ').append(key).append('=').append(value);
        }
    }

    /** {@code io.weight} is there with the iocost controller, {@code io.bfq.weight} with BFQ. */
    private void weight(String option, String key, long weight) {
        table.add(
                Setting.either(
                        option,
                        "io",
                        new Write("io.weight", key + " " + weight),
                        new Write("io.bfq.weight", key + " " + Weights.bfqOfWeight(weight))));
    }

    private void raw(String file, String text) {
        add(file + " \"" + text + "\"", file.substring(0, file.indexOf('.')), file, text);
    }

    private void add(String option, String controller, String file, String text) {
        table.add(Setting.of(option, controller, file, text));
    }

    private void unsupported(String option, String controller, String why) {
        table.add(Setting.unsupported(option, controller, why));
    }
}
