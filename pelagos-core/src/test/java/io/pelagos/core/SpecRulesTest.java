package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import io.pelagos.core.spec.Stdio;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Options that contradict each other are refused by name and value before anything is touched. */
final class SpecRulesTest {
    private static final List<IdMap> IDS = List.of(new IdMap(0, 1000, 1));

    record Refused(
            String option, String value, UnaryOperator<ContainerBuilder> options, String reason) {
        @Override
        public String toString() {
            return option + " " + value + ": " + reason;
        }
    }

    static final List<Refused> REFUSED =
            List.of(
                    new Refused("share", "MOUNT", b -> b.share(Namespace.MOUNT), "mount namespace"),
                    new Refused(
                            "rootPropagation",
                            "SLAVE",
                            b -> b.rootPropagation(Mount.Propagation.SLAVE),
                            "directory of the host"),
                    new Refused(
                            "hostname",
                            "blue",
                            b -> b.share(Namespace.UTS).hostname("blue"),
                            "UTS namespace"),
                    new Refused(
                            "domainname",
                            "example.org",
                            b -> b.share(Namespace.UTS).domainname("example.org"),
                            "UTS namespace"),
                    new Refused(
                            "userNamespace",
                            "[] []",
                            b -> b.create(Namespace.USER),
                            "belong together"),
                    new Refused(
                            "userNamespace",
                            "[0 1000 1] [0 1000 1]",
                            b -> b.userNamespace(IDS, IDS).share(Namespace.USER),
                            "belong together"),
                    new Refused(
                            "sysctl",
                            "kernel.panic",
                            b -> b.sysctl("kernel.panic", "1"),
                            "whole machine"),
                    new Refused(
                            "sysctl",
                            "net.ipv4.ip_forward",
                            b ->
                                    b.network(() -> NamespaceMode.HOST)
                                            .sysctl("net.ipv4.ip_forward", "1"),
                            "NETWORK"),
                    new Refused(
                            "sysctl",
                            "kernel.shmmax",
                            b -> b.share(Namespace.IPC).sysctl("kernel.shmmax", "1"),
                            "IPC"),
                    new Refused(
                            "mount",
                            "/data",
                            b -> b.mount(Mount.tmpfs("/data")).mount(Mount.tmpfs("/./data/")),
                            "given twice"),
                    new Refused(
                            "device",
                            "/dev/kvm",
                            b ->
                                    b.userNamespace(IDS, IDS)
                                            .device(Device.character("/dev/kvm", 10, 232)),
                            "user namespace"),
                    new Refused(
                            "supervision",
                            "DETACHED",
                            b ->
                                    b.supervision(Supervision.DETACHED)
                                            .stdin(
                                                    new Stdio.ToChannel(
                                                            Channels.newChannel(
                                                                    InputStream
                                                                            .nullInputStream()))),
                            "outlives the JVM"));

    private static ContainerBuilder builder() {
        return ContainerBuilder.describing(Rootfs.host()).command("true");
    }

    @ParameterizedTest
    @FieldSource("REFUSED")
    void isRefusedByNameAndValue(Refused refused) {
        var builder = refused.options().apply(builder());
        assertThatThrownBy(builder::spec)
                .isInstanceOfSatisfying(
                        InvalidSpecException.class,
                        e -> {
                            assertThat(e.option()).isEqualTo(refused.option());
                            assertThat(e.value()).isEqualTo(refused.value());
                        })
                .hasMessageStartingWith(refused.option() + " " + refused.value() + ": ")
                .hasMessageContaining(refused.reason());
    }

    @Test
    void clocksTakeATimeNamespace() {
        var builder = builder().clocks(Duration.ofHours(1), Duration.ZERO).share(Namespace.TIME);
        assertThatThrownBy(builder::spec)
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("PT1H")
                .hasMessageContaining("time namespace");
    }

    @Test
    void aValueThatIsWrongByItselfIsKeptForTheStartAndNamed() {
        assertThatThrownBy(builder().user("a:b:c").command("other")::spec)
                .isInstanceOfSatisfying(
                        InvalidSpecException.class, e -> assertThat(e.option()).isEqualTo("user"))
                .hasMessageContaining("\"b:c\"");
    }

    /** What {@link ProcessLauncher} cannot do. */
    static final List<Refused> FOREGROUND =
            List.of(
                    new Refused("resources", "", b -> b.memory(MiB.of(64)), "cgroup"),
                    new Refused(
                            "supervision",
                            "CHILD",
                            b -> b.supervision(Supervision.CHILD),
                            "foreground"),
                    new Refused("share", "PID", b -> b.share(Namespace.PID), "PID namespace"),
                    new Refused(
                            "userNamespace",
                            "[0 1000 1]",
                            b -> b.userNamespace(IDS, IDS),
                            "ranges of ids"),
                    new Refused("stdin", "Pipe[]", b -> b.stdin(Stdio.PIPE), "stream"),
                    new Refused("stdout", "Pipe[]", b -> b.stdout(Stdio.PIPE), "stream"),
                    new Refused(
                            "stderr",
                            "Descriptor[number=9]",
                            b -> b.stderr(new Stdio.Descriptor(9)),
                            "stream"));

    @ParameterizedTest
    @FieldSource("FOREGROUND")
    void isRefusedWithoutNativeAccess(Refused refused) {
        var streams = builder().stdin(Stdio.NULL).stdout(Stdio.NULL).stderr(Stdio.NULL);
        ForegroundRules.check(streams.spec());
        var spec = refused.options().apply(streams).spec();
        assertThatThrownBy(() -> ForegroundRules.check(spec))
                .isInstanceOfSatisfying(
                        InvalidSpecException.class,
                        e -> {
                            assertThat(e.option()).isEqualTo(refused.option());
                            assertThat(e.value()).contains(refused.value());
                        })
                .hasMessageContaining(refused.reason())
                .hasMessageContaining("native access");
    }

    @Test
    void aBuilderThatOnlyDescribesCannotStart() {
        assertThatThrownBy(builder()::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("spec()");
    }
}
