package io.pelagos.core.spec;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Limits of a {@link CommandLine}. */
final class CommandLineLimits {
    private CommandLineLimits() {}

    static void add(CommandLine line, ContainerSpec spec) {
        var resources = spec.resources();
        memory(line, resources.memory());
        cpu(line, resources.cpu());
        line.option("pids-limit", resources.pids() == null ? "-1" : resources.pids().toString());
        io(line, resources.io());
        resources
                .hugetlb()
                .forEach((page, size) -> raw(line, "hugetlb." + page + ".max", size.bytes()));
        resources
                .unified()
                .forEach((file, value) -> line.option("cgroup-conf", file + "=" + value));
        if (resources.parent() != null) {
            line.option("cgroup-parent", resources.parent());
        }
    }

    private static void memory(CommandLine line, Resources.Memory memory) {
        var max = memory.max();
        var swap = memory.swap();
        if (max != null) {
            line.option("memory", max.bytes() + "b");
        }
        if (max != null && swap != null && swap.bytes() <= Long.MAX_VALUE - max.bytes()) {
            line.option("memory-swap", max.bytes() + swap.bytes() + "b");
        } else if (max != null) {
            line.option("memory-swap", "-1");
        } else if (swap != null) {
            raw(line, "memory.swap.max", swap.bytes());
        }
        if (memory.low() != null) {
            line.option("memory-reservation", memory.low().bytes() + "b");
        }
        raw(line, "memory.high", memory.high());
        raw(line, "memory.min", memory.min());
        if (memory.oomGroup() != null) {
            raw(line, "memory.oom.group", memory.oomGroup() ? 1 : 0);
        }
        if (memory.swappiness() != null) {
            line.option("memory-swappiness", memory.swappiness().toString());
        }
    }

    private static void cpu(CommandLine line, Resources.Cpu cpu) {
        if (cpu.weight() != null) {
            line.option("cpu-shares", Long.toString(OciResources.sharesOfWeight(cpu.weight())));
        }
        var quota = cpu.quotaMicros();
        long period = cpu.periodMicros() == null ? Resources.Cpu.PERIOD_MICROS : cpu.periodMicros();
        if (quota != null && period == Resources.Cpu.PERIOD_MICROS) {
            var cpus = BigDecimal.valueOf(quota, 5).stripTrailingZeros();
            line.option("cpus", cpus.toPlainString());
        } else {
            number(line, "cpu-quota", quota);
            number(line, "cpu-period", cpu.periodMicros());
        }
        if (cpu.burstMicros() != null) {
            raw(line, "cpu.max.burst", cpu.burstMicros());
        }
        if (cpu.cpus() != null) {
            line.option("cpuset-cpus", cpu.cpus());
        }
        if (cpu.mems() != null) {
            line.option("cpuset-mems", cpu.mems());
        }
        if (cpu.idle() != null) {
            raw(line, "cpu.idle", cpu.idle() ? 1 : 0);
        }
    }

    private static void io(CommandLine line, Resources.Io io) {
        if (io.weight() != null) {
            raw(line, "io.weight", io.weight());
        }
        for (var limit : io.devices()) {
            throw CommandLine.none(
                    "io limit of " + limit.major() + ":" + limit.minor(),
                    "it names devices by their path");
        }
    }

    private static void raw(CommandLine line, String file, @Nullable ByteSize size) {
        if (size != null) {
            raw(line, file, size.bytes());
        }
    }

    private static void raw(CommandLine line, String file, long value) {
        line.option("cgroup-conf", file + "=" + value);
    }

    private static void number(CommandLine line, String name, @Nullable Long number) {
        if (number != null) {
            line.option(name, number.toString());
        }
    }
}
