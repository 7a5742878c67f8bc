package io.pelagos.core.internal.plan;

import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.Cleanup;
import io.pelagos.core.internal.launch.Logs;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.KernelVersion;
import io.pelagos.core.security.Lsm;
import io.pelagos.core.security.SeccompCompiler;
import io.pelagos.core.security.SeccompTarget;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.IdMapping;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.RootSpec;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Plans for a machine that is always the same, so that they depend on the specification alone. */
final class PlanInputs {
    static final int REPORT = Channels.with(0).report();
    private static final String CGROUPS = "/sys/fs/cgroup";

    private PlanInputs() {}

    static HostFacts facts(Architecture architecture) {
        return new HostFacts(
                architecture,
                new KernelVersion(6, 12),
                6,
                true,
                524_288,
                EnumSet.allOf(Capability.class),
                List.of(
                        new HostFacts.HostEntry("/usr", null, true),
                        new HostFacts.HostEntry("/bin", "usr/bin", true),
                        new HostFacts.HostEntry("/etc/passwd", null, false),
                        new HostFacts.HostEntry("/etc/resolv.conf", null, false)));
    }

    /** The same machine with a security module in force. */
    static HostFacts with(Lsm module) {
        var facts = facts(Architecture.X86_64);
        return new HostFacts(
                facts.architecture(),
                facts.kernel(),
                facts.landlockAbi(),
                facts.cgroup2(),
                facts.nofileHard(),
                facts.capabilities(),
                facts.hostRoot(),
                facts.effective(),
                facts.nested(),
                Set.of(module));
    }

    static LaunchPlan plan(ContainerSpec spec) {
        return plan(spec, Architecture.X86_64);
    }

    static LaunchPlan plan(ContainerSpec spec, Architecture architecture) {
        return plan(spec, facts(architecture));
    }

    static LaunchPlan plan(ContainerSpec spec, HostFacts facts) {
        return ContainerPlan.compose(inputs(withWritableLayer(spec), facts)).plan();
    }

    /** As whoever starts a container does it, who makes the directories. */
    private static ContainerSpec withWritableLayer(ContainerSpec spec) {
        return spec.root() instanceof RootSpec.Layers layers
                        && layers.upper() instanceof RootSpec.Upper.Ephemeral
                ? spec.withRoot(
                        layers.withUpper(
                                new RootSpec.Upper.Kept(
                                        Path.of("/scratch/upper"), Path.of("/scratch/work"), true)))
                : spec;
    }

    static LaunchInputs inputs(ContainerSpec spec, Architecture architecture) {
        return inputs(spec, facts(architecture));
    }

    static LaunchInputs inputs(ContainerSpec spec, HostFacts facts) {
        return inputs(spec, facts, 0);
    }

    /** With some more descriptors. */
    static LaunchInputs inputs(ContainerSpec spec, HostFacts facts, int more) {
        int passed = spec.process().descriptors().count();
        var joined = new EnumMap<Namespace, Integer>(Namespace.class);
        spec.namespaces()
                .forEach(
                        (namespace, mode) -> {
                            if (mode instanceof NamespaceMode.Path) {
                                joined.put(
                                        namespace, Channels.with(0).other(passed + joined.size()));
                            }
                        });
        var idMaps = new HashMap<IdMapping, Integer>();
        for (var mapping : IdMappedMounts.needed(spec)) {
            idMaps.put(mapping, Channels.with(0).other(passed + joined.size() + idMaps.size()));
        }
        var sourceIsFile = new HashMap<String, Boolean>();
        for (var mount : spec.mounts()) {
            if (mount instanceof Mount.Bind bind) {
                sourceIsFile.put(bind.source(), bind.source().endsWith(".conf"));
            }
        }
        var confinement = spec.confinement();
        var filter =
                confinement.seccomp().isUnconfined()
                        ? null
                        : SeccompCompiler.compile(
                                confinement.seccomp(),
                                SeccompTarget.of(
                                        facts.architecture(),
                                        confinement.capabilities(),
                                        facts.kernel()));
        var channels =
                Channels.with(
                        passed + joined.size() + idMaps.size() + (isFuse(spec) ? 1 : 0) + more);
        return new LaunchInputs(
                spec,
                facts,
                new LaunchInputs.Names(
                        spec.hostname() == null ? "container" : spec.hostname(), "pelagos-1"),
                new LaunchInputs.Identity(1000, 100, List.of(4L, 24L), "/home/user"),
                channels,
                kind(spec.supervision()),
                new LaunchInputs.Placement(true, 1),
                sourceIsFile,
                filter,
                new LaunchInputs.Opened(joined, idMaps, null, null, program(spec, channels)));
    }

    private static boolean isFuse(ContainerSpec spec) {
        return spec.root() instanceof RootSpec.Layers layers
                && layers.backend() == OverlayBackend.FUSE;
    }

    /** Its descriptor is the last one. */
    private static FuseRoot.@Nullable Program program(ContainerSpec spec, Channels channels) {
        return isFuse(spec)
                ? new FuseRoot.Program("/usr/bin/fuse-overlayfs", channels.end() - 1)
                : null;
    }

    private static Supervision.Kind kind(ContainerSpec.Supervision supervision) {
        var cleanup = new Cleanup(CGROUPS, List.of(CGROUPS), List.of());
        return switch (supervision) {
            case ATTACHED -> new Supervision.Kind.Attached(cleanup);
            case CHILD -> new Supervision.Kind.Child(cleanup);
            case DETACHED ->
                    new Supervision.Kind.Detached(
                            10,
                            new Logs(11, 12, Logs.USUAL_BOUND),
                            null,
                            null,
                            List.of("/sys/fs/cgroup/pelagos-1/memory.events"),
                            cleanup);
        };
    }
}
