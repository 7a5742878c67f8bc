package io.pelagos.core;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Resources;
import org.jspecify.annotations.Nullable;

/**
 * What a container may use while it is being described. Each change is checked at once
 * (IllegalArgumentException), and one that cannot be changes nothing.
 */
final class ResourcesDraft {
    private Resources all = Resources.UNLIMITED;

    /** Returns what was described so far. */
    Resources resources() {
        return all;
    }

    /** Sets all limits at once. */
    void replace(Resources limits) {
        all = limits;
    }

    /** Limits memory, and leaves no swap beside it. */
    void memory(ByteSize max) {
        var m = all.memory();
        memory(
                new Resources.Memory(
                        max,
                        m.high(),
                        m.low(),
                        m.min(),
                        ByteSize.of(0),
                        m.oomGroup(),
                        m.swappiness()));
    }

    void oomGroup(boolean together) {
        var m = all.memory();
        memory(
                new Resources.Memory(
                        m.max(), m.high(), m.low(), m.min(), m.swap(), together, m.swappiness()));
    }

    void cpus(double cpus) {
        var c = all.cpu();
        change(
                all.memory(),
                new Resources.Cpu(
                        c.weight(),
                        Resources.Cpu.quotaOf(cpus),
                        Resources.Cpu.PERIOD_MICROS,
                        c.burstMicros(),
                        c.cpus(),
                        c.mems(),
                        c.idle()),
                all.pids(),
                all.parent(),
                all.required());
    }

    void pids(long max) {
        change(all.memory(), all.cpu(), max, all.parent(), all.required());
    }

    /** Sets the cgroup below which the container's is made. */
    void parent(String path) {
        change(all.memory(), all.cpu(), all.pids(), path, all.required());
    }

    /** Makes it an error when a limit cannot be had. */
    void required() {
        change(all.memory(), all.cpu(), all.pids(), all.parent(), true);
    }

    private void memory(Resources.Memory memory) {
        change(memory, all.cpu(), all.pids(), all.parent(), all.required());
    }

    private void change(
            Resources.Memory memory,
            Resources.Cpu cpu,
            @Nullable Long pids,
            @Nullable String parent,
            boolean required) {
        all =
                new Resources(
                        memory,
                        cpu,
                        pids,
                        all.io(),
                        all.hugetlb(),
                        all.devices(),
                        all.unified(),
                        parent,
                        required);
    }
}
