package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernel parameters of a container's own namespaces, see sysctl(8). */
@ExtendWith(LeakCheck.class)
class SysctlIT extends Trial {
    @ParameterizedTest
    @CsvSource({
        "net.ipv4.ip_unprivileged_port_start, 80",
        "kernel.shmmax, 1234567",
        "kernel.domainname, example.org",
        "fs.mqueue.msg_max, 77",
        "net.ipv4.conf.lo.accept_local, 1"
    })
    void namespacedOnesAreSetInTheContainerOnly(String name, String value) throws Exception {
        var file = Path.of("/proc/sys", name.replace('.', '/'));
        var host = Files.readString(file);
        assertThat(output(sh("cat " + file).sysctl(name, value))).isEqualTo(value);
        assertThat(Files.readString(file)).isEqualTo(host);
    }

    @Test
    void portsAreOpenToUsersFromWhereTheParameterSays() throws Exception {
        var name = "net.ipv4.ip_unprivileged_port_start";
        assertThat(output(trying("bind", 80).user(APP, APP).sysctl(name, "80"))).isEqualTo("0");
        assertThat(output(trying("bind", 79).user(APP, APP).sysctl(name, "80")))
                .isEqualTo("EACCES");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kernel.core_pattern",
                "kernel.hostname",
                "kernel.panic",
                "vm.swappiness",
                "fs.file-max",
                "kernel/core_pattern",
                "user.max_user_namespaces"
            })
    void thoseOfTheWholeMachineAreRefusedByName(String name) {
        assertThatThrownBy(() -> sh("true").sysctl(name, "1").start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"net.", "../../etc/passwd", "net.ipv4/../../kernel.panic", "", "net"})
    void whatIsNoNameIsRefused(String name) {
        assertThatThrownBy(() -> sh("true").sysctl(name, "1").start())
                .isInstanceOf(InvalidSpecException.class);
    }

    @Test
    void valueThatTheKernelRefusesIsReportedWithTheName() {
        assertThatThrownBy(() -> sh("true").sysctl("fs.mqueue.msg_max", "none").start())
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining("fs.mqueue.msg_max");
    }
}
