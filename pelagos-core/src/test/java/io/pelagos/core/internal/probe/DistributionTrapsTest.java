package io.pelagos.core.internal.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Syscall;
import org.junit.jupiter.api.Test;

/** What distributions put in the way of an ordinary user: each is named, with what to do. */
class DistributionTrapsTest {
    private final MadeUpHost host = new MadeUpHost().user("someone", 1000).capabilities("0");

    private void trap(String name, String reason, String remedy) {
        var finding = host.probe(name);
        assertThat(finding.value()).isIn("no", "partly");
        assertThat(finding.reason()).contains(reason);
        assertThat(finding.remedy()).contains(remedy);
    }

    @Test
    void appArmorTakesTheCapabilitiesOfUserNamespacesAway() {
        host.file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
        trap(
                "user namespaces",
                "kernel.apparmor_restrict_unprivileged_userns is 1",
                "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
        assertThat(HostProbe.userNamespaces(host, host))
                .hasValueSatisfying(f -> assertThat(f.reason()).contains("AppArmor"));
    }

    @Test
    void debianDeniesUserNamespaces() {
        host.file("/proc/sys/kernel/unprivileged_userns_clone", "0\n");
        trap(
                "user namespaces",
                "kernel.unprivileged_userns_clone is 0",
                "sysctl -w kernel.unprivileged_userns_clone=1");
    }

    @Test
    void noUserNamespaceIsLeft() {
        host.file("/proc/sys/user/max_user_namespaces", "0\n");
        trap(
                "user namespaces",
                "user.max_user_namespaces is 0",
                "sysctl -w user.max_user_namespaces=");
    }

    @Test
    void nothingIsInTheWayOfAUserNamespace() {
        assertThat(HostProbe.userNamespaces(host, host)).isEmpty();
    }

    @Test
    void theUserHasNoSubordinateIds() {
        host.file("/etc/subuid", "other:100000:65536\n").absent("/etc/subgid");
        trap(
                "subuid ranges",
                "/etc/subuid has none for someone",
                "usermod --add-subuids 100000-165535 someone");
        trap(
                "subgid ranges",
                "/etc/subgid has none for someone",
                "usermod --add-subgids 100000-165535 someone");
    }

    @Test
    void whoMapsIdsHasLostItsPrivileges() {
        host.unprivilegedProgram("newuidmap").unprivilegedProgram("newgidmap");
        trap("newuidmap", "neither set-user-ID", "chmod u+s /usr/bin/newuidmap");
        trap("newgidmap", "neither set-user-ID", "chmod u+s /usr/bin/newgidmap");
    }

    @Test
    void nothingIsExecutedFromTmp() {
        var mounts = host.read("/proc/self/mountinfo").orElseThrow();
        host.file(
                "/proc/self/mountinfo",
                mounts + "40 25 0:40 / /tmp rw,nosuid,nodev,noexec - tmpfs tmpfs rw\n");
        trap("execution from /tmp", "/tmp is mounted noexec", "mount -o remount,exec /tmp");
    }

    @Test
    void aLaterMountOnTmpHidesTheEarlierOne() {
        var mounts = host.read("/proc/self/mountinfo").orElseThrow();
        host.file(
                "/proc/self/mountinfo",
                mounts
                        + """
                        40 25 0:40 / /tmp rw,noexec - tmpfs tmpfs rw
                        41 40 0:41 / /tmp rw - tmpfs tmpfs rw
                        """);
        assertThat(host.probe("execution from /tmp").value()).isEqualTo("yes");
    }

    @Test
    void nobodyHasMadeARuntimeDirectory() {
        trap("runtime directory", "XDG_RUNTIME_DIR is not set", "/run/user/1000");
        host.variable("XDG_RUNTIME_DIR", "/run/user/0").unwritable("/run/user/0");
        trap("runtime directory", "may not write", "/run/user/1000");
        host.variable("XDG_RUNTIME_DIR", "/run/user/1000");
        assertThat(host.probe("runtime directory").value()).isEqualTo("yes");
    }

    @Test
    void noCgroupIsDelegated() {
        host.unwritable("/sys/fs/cgroup/user.slice/me.scope");
        trap(
                "cgroup delegation",
                "not writable: /sys/fs/cgroup/user.slice/me.scope",
                "systemd-run --user --scope -p Delegate=yes");
    }

    @Test
    void rootFallsIntoNoneOfThem() {
        var root = new MadeUpHost();
        root.file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
        root.file("/proc/sys/kernel/unprivileged_userns_clone", "0\n");
        assertThat(root.probe("user namespaces").value()).isEqualTo("yes");
        assertThat(root.probe("runtime directory").value()).isEqualTo("yes");
        assertThat(root.called).contains(Syscall.GETEUID);
    }
}
