package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.testing.LeakCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What containers see of the kernel's own files: masked, read-only, or not at all. */
@ExtendWith(LeakCheck.class)
class KernelPathsIT extends Trial {
    @ParameterizedTest
    @ValueSource(strings = {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts"})
    void maskedFilesAreEmpty(String path) throws Exception {
        var script = "test -c $0 && cat $0 /proc/1/root$0";
        assertThat(sandbox().command("sh", "-c", script, path).run().stdout()).isEmpty();
        assertThat(output(sandbox().command("sh", "-c", "test ! -e $0 || test -c $0", path)))
                .isEmpty();
    }

    @Test
    void maskedDirectoriesAreEmptyAndCannotBeFilled() throws Exception {
        assertThat(output(sh("ls -A /sys/firmware /proc/scsi 2>/dev/null | grep -v ':$'; true")))
                .isEmpty();
        assertThat(sh("mkdir /sys/firmware/x").run().stderr()).contains("Read-only file system");
    }

    @Test
    void maskedPathsCannotBeUnmasked() throws Exception {
        var script =
                """
                umount /proc/kcore && echo GONE
                umount -l /proc/keys && echo GONE
                mount -o bind /proc/self/status /proc/kcore && echo COVERED
                mount -t proc proc /tmp && echo MOUNTED
                mount -o remount,rw /proc/sys && echo WRITABLE
                unshare -m umount /proc/kcore && echo GONE
                unshare -U -r -m -p -f mount -t proc proc /tmp && echo MOUNTED
                true
                """;
        assertThat(sh(script).run().stdout()).isEmpty();
    }

    @Test
    void callersOwnPathsAreMaskedAndDefaultOnesCanBeShown() throws Exception {
        sandbox().root().file("etc/secret", "secret\n").file("vault/key", "key\n");
        assertThat(output(sh("cat /etc/secret; ls /vault").mask("/etc/secret", "/vault")))
                .isEmpty();
        assertThat(output(sh("head -n1 /proc/interrupts").unmask("/proc/interrupts")))
                .contains("CPU0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/proc/sysrq-trigger",
                "/proc/sys/kernel/core_pattern",
                "/proc/sys/kernel/hostname",
                "/proc/sys/vm/drop_caches",
                "/proc/irq/default_smp_affinity",
                "/sys/kernel/mm/transparent_hugepage/enabled",
                "/sys/power/state"
            })
    void hostCannotBeChangedThrough(String path) throws Exception {
        var result = sh("test -e %1$s || exit 7; echo h > %1$s".formatted(path)).run();
        assertThat(result.exit().code()).isIn(1, 7);
        if (result.exit().code() == 1) {
            assertThat(result.stderr()).contains("Read-only file system");
        }
    }

    @Test
    void kernelFileSystemsAreMountedAsSafelyAsTheyCanBe() throws Exception {
        var mounts = output(sh("cut -d' ' -f5,6 /proc/self/mountinfo")).lines().toList();
        assertThat(mounts)
                .contains(
                        "/proc rw,nosuid,nodev,noexec,relatime",
                        "/sys ro,nosuid,nodev,noexec,relatime",
                        "/proc/sys ro,nosuid,nodev,noexec,relatime",
                        "/dev/shm rw,nosuid,nodev,noexec,relatime",
                        "/dev/mqueue rw,nosuid,nodev,noexec,relatime");
        assertThat(mounts)
                .filteredOn(m -> m.startsWith("/sys/fs/cgroup "))
                .allMatch(m -> m.contains(" ro,nosuid,nodev,noexec"));
    }

    @Test
    void cgroupsCannotBeChanged() throws Exception {
        assertThat(sh("mkdir /sys/fs/cgroup/x").run().stderr())
                .containsAnyOf("Read-only file system", "Operation not permitted");
    }
}
