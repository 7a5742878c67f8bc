package io.pelagos.core.internal.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Resources;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LimitsTest {
    private static final Resources EVERYTHING =
            new Resources(
                    new Resources.Memory(size(8), size(7), size(6), size(5), size(4), null, 10),
                    new Resources.Cpu(100L, 50_000L, 100_000L, 2_000L, "0-1", "0", true),
                    16L,
                    new Resources.Io(
                            200L, List.of(new Resources.DeviceLimit(8, 0, 300L, 1L, 2L, 3L, 4L))),
                    Map.of("2MB", size(3)),
                    List.of(),
                    Map.of("memory.zswap.max", "0"),
                    null,
                    false);

    @Test
    void everyLimitHasItsFileInVersionTwo() {
        assertThat(files(Limits.unified(EVERYTHING)))
                .containsExactly(
                        "memory.max 8",
                        "memory.high 7",
                        "memory.low 6",
                        "memory.min 5",
                        "memory.swap.max 4",
                        "memory.oom.group 1",
                        "-",
                        "cpu.weight 100",
                        "cpu.idle 1",
                        "cpu.max.burst 0",
                        "cpu.max 50000 100000",
                        "cpu.max.burst 2000",
                        "cpuset.cpus 0-1",
                        "cpuset.mems 0",
                        "pids.max 16",
                        "io.weight default 200",
                        "io.weight 8:0 300",
                        "io.max 8:0 rbps=1 wbps=2 riops=3 wiops=4",
                        "hugetlb.2MB.max 3",
                        "memory.zswap.max 0");
    }

    @Test
    void everyLimitHasItsFileOrItsReasonInVersionOne() {
        assertThat(files(LegacyLimits.legacy(EVERYTHING)))
                .containsExactly(
                        "-",
                        "memory.soft_limit_in_bytes 6",
                        "-",
                        "memory.swappiness 10",
                        "cpu.shares 2598",
                        "cpu.idle 1",
                        "cpu.cfs_burst_us 0",
                        "cpu.cfs_quota_us -1",
                        "cpu.cfs_period_us 100000",
                        "cpu.cfs_quota_us 50000",
                        "cpu.cfs_burst_us 2000",
                        "cpuset.cpus 0-1",
                        "cpuset.mems 0",
                        "pids.max 16",
                        "blkio.bfq.weight 200",
                        "blkio.bfq.weight_device 8:0 300",
                        "blkio.throttle.read_bps_device 8:0 1",
                        "blkio.throttle.write_bps_device 8:0 2",
                        "blkio.throttle.read_iops_device 8:0 3",
                        "blkio.throttle.write_iops_device 8:0 4",
                        "hugetlb.2MB.limit_in_bytes 3",
                        "-");
    }

    @Test
    void v1RaisesTheTotalBeforeMemoryAndLowersItAfter() {
        var wanted = new Resources.Memory(size(8192), null, null, null, size(4096), null, null);
        assertThat(files(new LegacyMemory(4096, 4096L).to(wanted)))
                .containsExactly("memory.memsw.limit_in_bytes 12288", "memory.limit_in_bytes 8192");
        assertThat(files(new LegacyMemory(16384, 65536L).to(wanted)))
                .containsExactly("memory.limit_in_bytes 8192", "memory.memsw.limit_in_bytes 12288");
    }

    @Test
    void v1KeepsTheSwapWhenOnlyMemoryChanges() {
        var wanted = new Resources.Memory(size(8192), null, null, null, null, null, null);
        assertThat(files(new LegacyMemory(4096, 5096L).to(wanted)))
                .containsExactly("memory.memsw.limit_in_bytes 9192", "memory.limit_in_bytes 8192");
    }

    @Test
    void rawKeysCannotMoveProcesses() {
        var resources =
                new Resources(
                        Resources.Memory.UNLIMITED,
                        Resources.Cpu.UNLIMITED,
                        null,
                        Resources.Io.UNLIMITED,
                        Map.of(),
                        List.of(),
                        Map.of("cgroup.procs", "1"),
                        null,
                        false);
        assertThatThrownBy(() -> Limits.check(resources))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cgroup.procs");
    }

    private static List<String> files(List<Setting> table) {
        return table.stream()
                .map(s -> s.writes().isEmpty() ? "-" : text(s.writes().getFirst()))
                .toList();
    }

    private static String text(Setting.Write write) {
        return write.file() + " " + write.text();
    }

    private static ByteSize size(long bytes) {
        return ByteSize.of(bytes);
    }
}
