package io.pelagos.core.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Mount;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The devices and links that an OCI runtime supplies, see "Default Devices" and "Dev symbolic
 * links" in config-linux.md and runtime-linux.md of the specification.
 */
class UsualDevicesTest {
    private static final List<String> DEVICES =
            List.of("null", "zero", "full", "random", "urandom", "tty");
    private static final List<String> LINKS = List.of("fd", "stdin", "stdout", "stderr", "ptmx");

    private static ContainerBuilder container() {
        return ContainerBuilder.describing(Rootfs.directory(Path.of("/srv/root")))
                .command("/bin/true");
    }

    private static Mount dev(Mount.Option... options) {
        return new Mount.Tmpfs("/dev", ByteSize.of(0), new FileMode(0755), Set.of(options));
    }

    private static ContainerBuilder withEmptyDev() {
        return container().withoutDefaultMounts().mount(dev(Mount.Option.NOSUID));
    }

    private static String plan(ContainerBuilder container) {
        return PlanInputs.plan(container.spec()).toString();
    }

    @Test
    void aTmpfsOfTheCallersHasThemToo() {
        var plan = plan(withEmptyDev());
        assertThat(DEVICES).allSatisfy(name -> assertThat(plan).contains("\"" + name + "\", "));
        assertThat(calls(plan, "symlinkat")).hasSize(LINKS.size());
        assertThat(calls(plan, "mknodat")).isEqualTo(calls(plan(container()), "mknodat"));
        assertThat(calls(plan, "symlinkat")).isEqualTo(calls(plan(container()), "symlinkat"));
    }

    /** A configuration that another has written, with a procfs and nothing at /dev. */
    private static ContainerSpec foreign(String more) {
        return ContainerSpec.fromOci(
                """
                {"ociVersion": "1.2.0", "root": {"path": "/srv/root", "readonly": true},
                 "process": {"args": ["sh"], "cwd": "/"},
                 "mounts": [{"destination": "/proc", "type": "proc"}],
                 "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}]%s}}
                """
                        .formatted(more));
    }

    @Test
    void aRootWithoutAMountAtDevHasTheHostsToo() {
        var plan = PlanInputs.plan(foreign("")).toString();
        assertThat(DEVICES)
                .allSatisfy(name -> assertThat(plan).contains("mounting the host's /dev/" + name));
        assertThat(calls(plan, "mknodat")).noneMatch(call -> call.contains("S_IFCHR"));
        // Without a devpts there is nothing that ptmx could lead to.
        assertThat(calls(plan, "symlinkat"))
                .hasSize(4)
                .allMatch(call -> call.contains("\"/proc/self/fd"));
        assertThat(plan.indexOf("symlinkat(")).isLessThan(plan.indexOf("protecting the root"));
    }

    @Test
    void whatAConfigurationDescribesItselfIsNotTakenFromTheHost() {
        var zero =
                """
                , "devices": [{"path": "/dev/zero", "type": "c", "major": 1, "minor": 5}],
                "resources": {"devices": [
                  {"allow": true, "type": "c", "major": 1, "minor": 5, "access": "rwm"}]}
                """;
        var plan = PlanInputs.plan(foreign(zero)).toString();
        assertThat(plan)
                .contains("mounting the host's /dev/null", "making the device /dev/zero")
                .doesNotContain("mounting the host's /dev/zero");
    }

    @Test
    void aBuilderWithoutUsualMountsHasNone() {
        var container = container().withoutDefaultMounts();
        assertThat(plan(container)).doesNotContain("symlinkat", "mknodat", "the host's /dev/zero");
        assertThat(ContainerSpec.fromOci(container.spec().toOci())).isEqualTo(container.spec());
    }

    @Test
    void inAUserNamespaceTheyAreTheHosts() {
        var ids = List.of(new IdMap(0, 100_000, 65_536));
        var plan = plan(withEmptyDev().userNamespace(ids, ids));
        assertThat(DEVICES)
                .allSatisfy(name -> assertThat(plan).contains("mounting the host's /dev/" + name));
    }

    @Test
    void aDeviceThatTheCallerDescribesIsMadeOnce() {
        var zero =
                new Device("/dev/zero", Device.Type.CHARACTER, 1, 5, new FileMode(0600), 7, 7, "r");
        for (var container : List.of(container(), withEmptyDev())) {
            assertThat(calls(plan(container.device(zero)), "mknodat"))
                    .filteredOn(call -> call.contains("\"zero\""))
                    .hasSize(1);
        }
    }

    @Test
    void whatTheCallerPutsAtDevIsLeftAsItIs() {
        for (var mount :
                List.of(
                        Mount.bind(Path.of("/srv/dev"), "/dev"),
                        dev(Mount.Option.READ_ONLY),
                        dev(Mount.Option.NODEV),
                        new Mount.FileSystem("devtmpfs", "/dev", Map.of(), Set.of()))) {
            var container = container().withoutDefaultMounts().mount(mount);
            assertThat(calls(plan(container), "mknodat")).as("%s", mount).isEmpty();
        }
    }

    /** The calls without their numbers, purposes and descriptors. */
    private static List<String> calls(String plan, String name) {
        return plan.lines()
                .filter(line -> line.contains(name + "("))
                .map(line -> line.substring(line.indexOf(name + "(")))
                .map(line -> line.replaceFirst("\\(fs[^,]*|, fs[^,]*", ""))
                .toList();
    }
}
