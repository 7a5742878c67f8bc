package io.pelagos.core.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Rootfs;
import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.Cleanup;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.KernelVersion;
import io.pelagos.core.spec.ContainerSpec;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The usual mounts are known twice: as steps of a plan and as lines of a config.json. */
class UsualMountsTest {
    private static final ContainerSpec SPEC =
            ContainerBuilder.describing(Rootfs.directory(Path.of("/srv/root")))
                    .command("/bin/true")
                    .spec();

    /** Without the note that they are the usual ones they are read as mounts like any others. */
    @Test
    void aConfigurationListsTheMountsThatAPlanMakes() {
        var listed =
                ContainerSpec.fromOci(
                        SPEC.toOci().replace("\"io.pelagos.default-mounts\" : \"true\"", ""));
        assertThat(listed.mounts()).hasSize(7);
        assertThat(made(listed)).isNotEmpty().isEqualTo(made(SPEC));
    }

    /**
     * Returns the calls that make mounts. A configuration says "cgroup" of either version and a
     * size in bytes, and has no word for strict access times that a specification keeps.
     */
    private static List<String> made(ContainerSpec spec) {
        return plan(spec)
                .lines()
                .filter(line -> line.contains(" mounting /") && line.contains(" fs"))
                .map(line -> line.replaceFirst("^ *[0-9]+ +", "").replaceFirst(" {2,}", " "))
                .map(line -> line.replace("|MOUNT_ATTR_STRICTATIME", ""))
                .map(line -> line.replace("65536k", "67108864").replace("cgroup2", "cgroup"))
                .map(line -> line.replace(" in the container", ""))
                .sorted()
                .toList();
    }

    private static String plan(ContainerSpec spec) {
        var inputs =
                new LaunchInputs(
                        spec,
                        new HostFacts(
                                Architecture.X86_64,
                                new KernelVersion(6, 12),
                                6,
                                true,
                                1024,
                                EnumSet.allOf(Capability.class),
                                List.of()),
                        new LaunchInputs.Names("container", "pelagos-1"),
                        new LaunchInputs.Identity(0, 0, List.of(), "/root"),
                        Channels.with(0),
                        new Supervision.Kind.Child(Cleanup.NONE),
                        LaunchInputs.Placement.NONE,
                        Map.of(),
                        null,
                        LaunchInputs.Opened.NOTHING);
        return ContainerPlan.compose(inputs).plan().toString();
    }
}
