package io.pelagos.core.internal.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CgroupTablesTest {
    private static final String HYBRID =
            """
            31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
            40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
            """;

    @Test
    void aHybridHostHasItsControllersInV1() {
        var membership = "9:name=systemd:/\n4:memory:/api/x\n1:cpu,cpuacct:/\n0::/init.scope\n";
        assertThat(CgroupTables.parse(HYBRID, membership))
                .containsExactly(
                        Hierarchy.legacy(
                                "/sys/fs/cgroup/cpu,cpuacct", List.of("cpu", "cpuacct"), "/"),
                        Hierarchy.legacy("/sys/fs/cgroup/memory", List.of("memory"), "/api/x"),
                        Hierarchy.unified("/sys/fs/cgroup/unified", List.of(), "/init.scope"));
    }

    @Test
    void theRootOfTheMountIsTakenOffTheOwnPath() {
        var mountinfo =
                "35 31 0:32 /docker/ab /sys/fs/cgroup/mem\\040ory ro - cgroup cgroup rw,memory\n";
        assertThat(CgroupTables.parse(mountinfo, "4:memory:/docker/ab/in\n"))
                .containsExactly(
                        Hierarchy.legacy("/sys/fs/cgroup/mem ory", List.of("memory"), "/in"));
    }

    @Test
    void aPathOutsideOfTheMountLeavesItsTop() {
        var mountinfo = "41 31 0:38 /../x /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
        assertThat(CgroupTables.parse(mountinfo, "0::/\n"))
                .containsExactly(Hierarchy.unified("/sys/fs/cgroup", List.of(), "/"));
    }

    @Test
    void aJvmInItsLeafMakesContainersBesideIt() {
        assertThat(Hierarchy.unified("/c", List.of(), "/a/pelagos-jvm").base()).isEqualTo("/a");
        assertThat(Hierarchy.unified("/c", List.of(), "/pelagos-jvm").base()).isEqualTo("/");
    }

    @Test
    void withoutCgroupsThereIsNothing() {
        assertThat(CgroupTables.parse("1 0 8:1 / / rw - ext4 /dev/vda rw\n", "0::/\n")).isEmpty();
    }
}
