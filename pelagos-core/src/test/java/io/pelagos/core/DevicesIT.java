package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.security.Capability;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Device nodes of containers, and what their cgroup lets them use. */
@ExtendWith(LeakCheck.class)
class DevicesIT extends Trial {
    /** /dev/kmsg: harmless to open, and not among the usual devices. */
    private static final Device KMSG = Device.character("/dev/log-of-kernel", 1, 11);

    private static final String OPEN = "head -c 0 /dev/log-of-kernel && echo opened";

    @Test
    void usualDevicesWork() throws Exception {
        var script =
                """
                head -c 3 /dev/zero | wc -c
                head -c 5 /dev/urandom | wc -c
                echo gone > /dev/null
                echo x > /dev/full || echo full
                """;
        assertThat(output(sh(script)).lines()).containsExactly("3", "5", "full");
    }

    @Test
    void deviceIsMadeAsDescribed() throws Exception {
        var device =
                new Device(
                        "/dev/given/mine",
                        Device.Type.CHARACTER,
                        1,
                        5,
                        new FileMode(0640),
                        APP,
                        33,
                        "rw");
        var script =
                "stat -c '%F %a %u %g %t:%T' /dev/given/mine; head -c 2 /dev/given/mine | wc -c";
        assertThat(output(sh(script).device(device)).lines())
                .containsExactly("character special file 640 1000 33 1:5", "2");
    }

    @Test
    void fifoIsMade() throws Exception {
        var fifo = new Device("/run/pipe", Device.Type.FIFO, 0, 0, new FileMode(0600), 0, 0, "rwm");
        var script = "test -p /run/pipe && (echo through > /run/pipe & cat /run/pipe)";
        assertThat(output(sh(script).device(fifo))).isEqualTo("through");
    }

    @Test
    void deviceThatIsGivenCanBeUsed() throws Exception {
        assertThat(output(sh(OPEN).device(KMSG).capAdd(Capability.SYSLOG))).isEqualTo("opened");
    }

    @Test
    void deviceCanBeUsedOnlyAsItsAccessSays() throws Exception {
        var readable = new Device(KMSG.path(), KMSG.type(), 1, 11, new FileMode(0666), 0, 0, "r");
        var script = OPEN + "; (echo x > /dev/log-of-kernel) || echo refused";
        var result = sh(script).device(readable).capAdd(Capability.SYSLOG).run();
        assertThat(result.stdout().lines()).containsExactly("opened", "refused");
        assertThat(result.stderr()).contains("Operation not permitted");
    }

    @Test
    void ruleOfTheCallerWinsOverADevice() throws Exception {
        var result = sh(OPEN).device(KMSG).resources(rule(false)).capAdd(Capability.SYSLOG).run();
        assertThat(result.stdout()).isEmpty();
        assertThat(result.stderr()).contains("Operation not permitted");
    }

    @Test
    void deviceMadeByTheProgramCannotBeOpened() throws Exception {
        var script = "mknod /dev/shm/x c 1 11; mknod /dev/mine c 1 11 && head -c 0 /dev/mine";
        var result = sh(script).capAdd(Capability.MKNOD).run();
        assertThat(result.exit().code()).isEqualTo(1);
        assertThat(result.stderr()).contains("/dev/mine: Operation not permitted");
    }

    @Test
    void ruleAllowsWhatTheProgramMakes() throws Exception {
        var script = "mknod /dev/mine c 1 11 && head -c 0 /dev/mine && echo opened";
        assertThat(
                        output(
                                sh(script)
                                        .resources(rule(true))
                                        .capAdd(Capability.SYSLOG, Capability.MKNOD)))
                .isEqualTo("opened");
    }

    @Test
    void deviceOfTheHostIsRefusedThroughABindMount() throws Exception {
        var script = "head -c 0 /dev/kmsg || echo refused";
        var bound = sh(script).mount(Mount.bind(Path.of("/dev/kmsg"), "/dev/kmsg")).run();
        assertThat(bound.stdout()).isEqualTo("refused\n");
        assertThat(bound.stderr()).containsAnyOf("Operation not permitted", "Permission denied");
    }

    @Test
    void nodeInTheRootIsNoDevice() throws Exception {
        var script = "mknod /null c 1 3; echo x > /null; rm /null";
        var result = sh(script).capAdd(Capability.MKNOD).run();
        assertThat(result.stderr()).contains("/null: Permission denied");
    }

    @Test
    void privilegedContainerCanUseAllDevices() throws Exception {
        var script = "mknod /dev/mine c 1 11 && head -c 0 /dev/mine && echo opened";
        assertThat(output(sh(script).privileged())).isEqualTo("opened");
    }

    @Test
    void deviceInAUserNamespaceIsRefusedBeforeAnything() {
        var ids = List.of(new IdMap(0, 100000, 65536));
        assertThatThrownBy(() -> sh("true").userNamespace(ids, ids).device(KMSG).start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining(KMSG.path());
    }

    private static Resources rule(boolean allow) {
        var none = Resources.UNLIMITED;
        return new Resources(
                none.memory(),
                none.cpu(),
                none.pids(),
                none.io(),
                none.hugetlb(),
                List.of(new Resources.DeviceRule(allow, Device.Type.CHARACTER, 1, 11, "rw")),
                none.unified(),
                none.parent(),
                none.required());
    }
}
