package io.pelagos.core.internal.probe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CgroupProbeTest {
    private static final String OWN = "/sys/fs/cgroup/user.slice/me.scope";

    private final MadeUpHost host = new MadeUpHost();

    @Test
    void aUnifiedHostHasItsControllers() {
        assertThat(host.probe("cgroup mode").value()).isEqualTo("v2");
        assertThat(host.probe("cgroup v2 memory").value()).isEqualTo("yes");
        assertThat(host.probe("cgroup v1 controllers").value()).isEqualTo("none");
        assertThat(host.probe("cgroup delegation").value()).isEqualTo("yes");
    }

    @Test
    void aControllerThatWasNotPassedOnIsMissing() {
        host.file(OWN + "/cgroup.controllers", "memory pids\n");

        assertThat(host.probe("cgroup v2 memory").value()).isEqualTo("yes");
        assertThat(host.probe("cgroup v2 cpu"))
                .returns("no", Finding::value)
                .satisfies(f -> assertThat(f.remedy()).contains("Delegate=yes"));
    }

    @Test
    void aUserWithoutDelegationIsToldSo() {
        host.user("someone", 1000).unwritable(OWN);

        assertThat(host.probe("cgroup delegation"))
                .returns("no", Finding::value)
                .returns("not writable: " + OWN, Finding::reason);
    }

    @Test
    void aDirectoryWhoseProcessesCannotBeMovedIsNotDelegated() {
        assertThat(host.unwritable(OWN + "/cgroup.procs").probe("cgroup delegation").value())
                .isEqualTo("no");
    }

    @Test
    void onAHybridHostTheControllersAreBoundToTheFirstVersion() {
        hybrid();

        assertThat(host.probe("cgroup mode").value()).isEqualTo("hybrid");
        assertThat(host.probe("cgroup v2 memory"))
                .isEqualTo(
                        Finding.no(
                                "cgroup v2 memory",
                                "bound to a v1 hierarchy",
                                "mount it on cgroup2 or use the v1 driver (in use)"));
        assertThat(host.probe("cgroup v2 io").reason()).isEqualTo("bound to a v1 hierarchy");
        assertThat(host.probe("cgroup v2 hugetlb").value()).isEqualTo("yes");
        assertThat(host.probe("cgroup v1 controllers").reason())
                .isEqualTo("blkio cpu cpuacct memory name=systemd");
    }

    @Test
    void delegationOfSomeHierarchiesIsPartial() {
        hybrid().unwritable("/sys/fs/cgroup/memory/job");

        assertThat(host.probe("cgroup delegation"))
                .returns("partly", Finding::value)
                .returns("not writable: /sys/fs/cgroup/memory/job", Finding::reason);
    }

    @Test
    void aBindMountedPartOfAHierarchyIsSeenFromItsRoot() {
        host.file("/proc/self/cgroup", "0::/docker/abc/inner\n")
                .file(
                        "/proc/self/mountinfo",
                        "31 25 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n")
                .file("/sys/fs/cgroup/inner/cgroup.controllers", "pids\n");

        assertThat(host.probe("cgroup v2 pids").value()).isEqualTo("yes");
    }

    @Test
    void aProcessOutsideOfTheMountedPartIsInNoCgroup() {
        host.file("/proc/self/cgroup", "0::/docker/abcdef\n")
                .file(
                        "/proc/self/mountinfo",
                        "31 25 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n");

        assertThat(host.probe("cgroup delegation").reason())
                .isEqualTo("this process is in no mounted cgroup");
        assertThat(host.probe("cgroup v2 memory").value()).isEqualTo("no");
    }

    @Test
    void aHostWithoutCgroupsSaysWhatToMount() {
        host.file("/proc/self/mountinfo", "25 1 0:22 / / rw - ext4 /dev/vda rw\nbroken line\n");

        assertThat(host.probe("cgroup mode"))
                .returns("none", Finding::value)
                .returns("mount cgroup2 on /sys/fs/cgroup", Finding::remedy);
    }

    private MadeUpHost hybrid() {
        return host.file(
                        "/proc/self/cgroup",
                        "9:name=systemd:/\n7:blkio:/\n4:memory:/job\n2:cpu,cpuacct:/\n0::/\n")
                .file(
                        "/proc/self/mountinfo",
                        """
                        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
                        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                        35 31 0:32 / /sys/fs/cgroup/memory rw shared:3 - cgroup cgroup rw,memory
                        38 31 0:35 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio
                        40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
                        41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
                        """)
                .file("/sys/fs/cgroup/unified/cgroup.controllers", "hugetlb\n");
    }
}
