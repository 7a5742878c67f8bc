package io.pelagos.core.internal.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Syscall;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostProbeTest {
    private final MadeUpHost host = new MadeUpHost();

    @Test
    void aRecentHostHasNothingToRemedy() {
        assertThat(HostProbe.probe(host, host))
                .hasSizeGreaterThan(35)
                .allSatisfy(finding -> assertThat(finding.remedy()).isEmpty())
                .noneMatch(finding -> finding.value().equals("no"));
    }

    @Test
    void whateverIsLackingSaysWhyAndWhatToDo() {
        var poor = new MadeUpHost().user("someone", 1000).release("3.10.0-1160.el7.x86_64");
        for (var syscall : Syscall.values()) {
            if (syscall != Syscall.GETUID && syscall != Syscall.GETEUID) {
                poor.fails(syscall, Errno.ENOSYS);
            }
        }
        for (var path :
                List.of(
                        "/proc/filesystems",
                        "/sys/kernel/security/lsm",
                        "/dev/fuse",
                        "/dev/net/tun",
                        "/etc/subuid")) {
            poor.absent(path);
        }
        for (var name : List.of("newuidmap", "newgidmap", "pasta", "nft", "fuse-overlayfs")) {
            poor.withoutProgram(name);
        }
        assertThat(HostProbe.probe(poor, poor))
                .filteredOn(f -> f.value().equals("no") || f.value().equals("unknown"))
                .hasSizeGreaterThan(12)
                .allSatisfy(
                        finding -> {
                            assertThat(finding.reason()).isNotEmpty();
                            assertThat(finding.remedy()).isNotEmpty();
                        });
    }

    @Test
    void bridgeNetworksTakeADriverAndRightsAndNetfilter() {
        assertThat(host.probe("bridge networks").value()).isEqualTo("yes");
        assertThat(host.called).contains(Syscall.CLOSE);

        host.fails(Syscall.SOCKET, Errno.EPROTONOSUPPORT);
        assertThat(host.probe("bridge networks").value()).isEqualTo("partly");
        assertThat(host.absent("/sys/module/bridge").probe("bridge networks").remedy())
                .isEqualTo("modprobe bridge");
        host.answers(Syscall.SOCKET, 78)
                .file("/lib/modules/6.18.5/modules.dep", "kernel/net/bridge/bridge.ko: stp.ko\n");
        assertThat(host.probe("bridge networks").value()).isEqualTo("yes");
        assertThat(host.capabilities("0").probe("bridge networks").reason())
                .contains("CAP_NET_ADMIN");
    }

    @Test
    void anOldKernelIsRefusedClearly() {
        var kernel = host.release("3.10.0-1160.el7.x86_64").probe("kernel");

        assertThat(kernel)
                .isEqualTo(
                        new Finding(
                                "kernel",
                                "3.10.0-1160.el7.x86_64",
                                "too old: Pelagos needs Linux 5.14 and refuses to start containers"
                                        + " here",
                                "boot Linux 5.14 or newer"));
    }

    @ParameterizedTest
    @CsvSource({"5.13.19,false", "5.14.0-rc1,true", "5.14,true", "5.4.0,false", "10.0,true"})
    void theFloorIsLinux514(String release, boolean accepted) {
        assertThat(host.release(release).probe("kernel").remedy().isEmpty()).isEqualTo(accepted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "linux", "6", "6.", "99999.1", "6.x"})
    void aReleaseThatIsNoneIsUnknown(String release) {
        assertThat(host.release(release).probe("kernel").value()).isEqualTo("unknown");
    }

    @Test
    void capabilitiesAreNamed() {
        assertThat(host.probe("capabilities").value()).isEqualTo("all");
        assertThat(host.capabilities("000001fffeffffff").probe("capabilities").reason())
                .isEqualTo("all but CAP_SYS_RESOURCE");
        assertThat(host.capabilities("0000000000201000").probe("capabilities").reason())
                .isEqualTo("CAP_NET_ADMIN CAP_SYS_ADMIN");
        assertThat(host.capabilities("0000000000000000").probe("capabilities").value())
                .isEqualTo("none");
    }

    @Test
    void rootInsideAUserNamespaceIsToldApart() {
        assertThat(host.probe("privileges").reason()).isEqualTo("uid 0, euid 0");
        host.file("/proc/self/uid_map", "         0       1000          1\n");
        assertThat(host.probe("privileges").reason())
                .isEqualTo("uid 0, euid 0, inside a user namespace");
    }

    @Test
    void ubuntusAppArmorTakesUserNamespacesFromUsersOnly() {
        host.file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
        assertThat(host.probe("user namespaces").value()).isEqualTo("yes");
        assertThat(host.probe("AppArmor restriction of user namespaces").reason())
                .isEqualTo("this process is not subject to it");

        host.user("someone", 1000);
        assertThat(host.probe("user namespaces"))
                .returns("no", Finding::value)
                .satisfies(f -> assertThat(f.reason()).contains("AppArmor"))
                .satisfies(f -> assertThat(f.remedy()).contains("userns"));
        assertThat(host.probe("network namespaces").remedy()).isEqualTo("see user namespaces");
    }

    @Test
    void debiansSysctlTakesUserNamespacesFromUsersOnly() {
        host.file("/proc/sys/kernel/unprivileged_userns_clone", "0\n");
        assertThat(host.probe("user namespaces").value()).isEqualTo("yes");

        assertThat(host.user("someone", 1000).probe("user namespaces"))
                .returns("no", Finding::value)
                .satisfies(f -> assertThat(f.remedy()).contains("unprivileged_userns_clone=1"));
    }

    @Test
    void aLimitOfZeroNamespacesBindsRootToo() {
        host.file("/proc/sys/user/max_user_namespaces", "0\n");

        assertThat(host.probe("user namespaces"))
                .returns("no", Finding::value)
                .returns("user.max_user_namespaces is 0", Finding::reason)
                .returns("sysctl -w user.max_user_namespaces=10000", Finding::remedy);
        assertThat(host.probe("pid namespaces").value()).isEqualTo("yes");
    }

    @Test
    void aKernelWithoutTimeNamespacesSaysSo() {
        assertThat(host.absent("/proc/self/ns/time").probe("time namespaces").reason())
                .isEqualTo("/proc/self/ns/time is absent: not in this kernel");
    }

    @Test
    void aUserGetsNamespacesTogetherWithAUserNamespace() {
        assertThat(host.user("someone", 1000).probe("mount namespaces"))
                .isEqualTo(Finding.yes("mount namespaces", "together with a user namespace"));
    }

    @Test
    void aContainerThatHidesClone3CannotStartContainers() {
        assertThat(host.fails(Syscall.CLONE3, Errno.ENOSYS).probe("clone3"))
                .returns("no", Finding::value)
                .satisfies(f -> assertThat(f.reason()).startsWith("ENOSYS: a seccomp filter"))
                .satisfies(f -> assertThat(f.remedy()).startsWith("allow clone3"));
    }

    @Test
    void theMissingCallsOfTheMountApiAreNamed() {
        host.fails(Syscall.FSOPEN, Errno.ENOSYS).fails(Syscall.MOUNT_SETATTR, Errno.ENOSYS);

        assertThat(host.probe("new mount API").reason()).isEqualTo("fsopen, mount_setattr: ENOSYS");
        assertThat(host.probe("idmapped mounts").value()).isEqualTo("no");
    }

    @Test
    void aUserMayMountInANamespaceOfHisOwn() {
        assertThat(host.fails(Syscall.FSOPEN, Errno.EPERM).probe("new mount API"))
                .returns("yes", Finding::value)
                .satisfies(f -> assertThat(f.reason()).contains("user namespace of one's own"));
    }

    @Test
    void overlayNeedsTheFileSystemAndUserXattrANewerKernel() {
        assertThat(host.release("5.10.0").probe("overlay userxattr").value()).isEqualTo("no");
        assertThat(host.probe("overlay").value()).isEqualTo("yes");
        host.release("6.1.0").file("/proc/filesystems", "nodev\tnotoverlay\n");
        assertThat(host.probe("overlay").remedy()).startsWith("modprobe overlay");
        assertThat(host.probe("overlay userxattr").remedy()).isEqualTo("see overlay");
    }

    @Test
    void landlockTellsItsAbiOrWhyItIsOff() {
        assertThat(host.probe("Landlock").value()).isEqualTo("ABI 7");
        assertThat(
                        host.fails(Syscall.LANDLOCK_CREATE_RULESET, Errno.EOPNOTSUPP)
                                .probe("Landlock")
                                .remedy())
                .contains("lsm=");
        assertThat(
                        host.fails(Syscall.LANDLOCK_CREATE_RULESET, Errno.ENOSYS)
                                .probe("Landlock")
                                .reason())
                .isEqualTo("landlock_create_ruleset: ENOSYS");
    }

    @Test
    void securityModulesAreUnknownWithoutSecurityfs() {
        assertThat(host.probe("security modules").value()).contains("landlock");
        assertThat(host.absent("/sys/kernel/security/lsm").probe("security modules"))
                .returns("unknown", Finding::value)
                .satisfies(f -> assertThat(f.remedy()).startsWith("mount -t securityfs"));
    }

    @Test
    void seccompIsReportedWithItsNotifications() {
        assertThat(host.probe("seccomp").value()).isEqualTo("yes");
        host.fails(Syscall.SECCOMP, Errno.ENOSYS);
        assertThat(host.probe("seccomp").value()).isEqualTo("no");
        assertThat(host.probe("seccomp user notification").reason()).isEqualTo("seccomp: ENOSYS");
    }

    @Test
    void forbiddenExecutionFromMemoryNamesTheSysctlAndTheWayOut() {
        host.fails(Syscall.MEMFD_CREATE, Errno.EACCES).file("/proc/sys/vm/memfd_noexec", "2\n");

        assertThat(host.probe("execution from memory"))
                .returns("no", Finding::value)
                .returns("vm.memfd_noexec is 2", Finding::reason)
                .satisfies(f -> assertThat(f.remedy()).contains("a file in the runtime directory"));
    }

    @Test
    void whatWasOpenedIsClosed() {
        assertThat(host.probe("execution from memory").value()).isEqualTo("yes");
        assertThat(host.called)
                .containsSubsequence(
                        Syscall.MEMFD_CREATE, Syscall.CLOSE, Syscall.SOCKET, Syscall.CLOSE);
    }

    @Test
    void rangesAreFoundByNameOrNumberAndAllOfThem() {
        host.user("someone", 1000)
                .file(
                        "/etc/subuid",
                        """
                        other:1:5
                        someone:100000:65536
                        1000:300000:10
                        someone:bad:1
                        someone:5:0
                        """)
                .file("/etc/subgid", "other:100000:65536\n");

        assertThat(host.probe("subuid ranges"))
                .isEqualTo(Finding.yes("subuid ranges", "100000+65536 300000+10"));
        assertThat(host.probe("subgid ranges"))
                .isEqualTo(
                        Finding.no(
                                "subgid ranges",
                                "/etc/subgid has none for someone",
                                "usermod --add-subgids 100000-165535 someone"));
    }

    @Test
    void aMapperThatCannotRaisePrivilegesIsUseless() {
        host.unprivilegedProgram("newuidmap").withoutProgram("newgidmap");

        assertThat(host.probe("newuidmap").remedy()).isEqualTo("chmod u+s /usr/bin/newuidmap");
        assertThat(host.probe("newgidmap").reason()).isEqualTo("not on the PATH");
    }

    @Test
    void aDeviceThatMayNotBeOpenedIsNotThere() {
        assertThat(host.unwritable("/dev/net/tun").probe("/dev/net/tun").reason())
                .isEqualTo("this user may not open it");
        assertThat(host.absent("/dev/fuse").probe("/dev/fuse").remedy()).isEqualTo("modprobe fuse");
    }

    @Test
    void fuseOverlayfsTellsWhereItIsAndItsVersion() {
        assertThat(host.probe("fuse-overlayfs").reason()).isEqualTo("/usr/bin/fuse-overlayfs");
        host.version(
                "/usr/bin/fuse-overlayfs",
                """
                fusermount3 version: 3.14.0
                fuse-overlayfs: version 1.10
                FUSE library version 3.14.0
                """);
        assertThat(host.probe("fuse-overlayfs").reason())
                .isEqualTo("/usr/bin/fuse-overlayfs, version 1.10");
        assertThat(host.withoutProgram("fuse-overlayfs").probe("fuse-overlayfs").remedy())
                .isEqualTo("install fuse-overlayfs");
    }
}
