package io.pelagos.core;

import io.pelagos.core.internal.plan.IdMappedMounts;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.core.spec.Stdio;
import java.util.List;
import java.util.function.Consumer;

/** What cannot be had of a container that is started without native access. */
final class ForegroundRules {
    private static final List<Consumer<ContainerSpec>> RULES =
            List.of(
                    ForegroundRules::limits,
                    ForegroundRules::supervision,
                    ForegroundRules::processNamespace,
                    ForegroundRules::userNamespace,
                    ForegroundRules::layers,
                    ForegroundRules::backend,
                    ForegroundRules::idMappings,
                    ForegroundRules::joined,
                    ForegroundRules::landlock,
                    ForegroundRules::streams,
                    ForegroundRules::terminal,
                    ForegroundRules::descriptors);

    private ForegroundRules() {}

    static void check(ContainerSpec spec) {
        RULES.forEach(rule -> rule.accept(spec));
    }

    private static InvalidSpecException refused(String option, Object value, String why) {
        return new InvalidSpecException(
                option,
                value.toString(),
                why + ": start it through Pelagos, which has native access");
    }

    private static void limits(ContainerSpec spec) {
        var resources = spec.resources();
        if (resources.limited() || resources.parent() != null) {
            throw refused("resources", resources, "limits take a cgroup");
        }
    }

    private static void supervision(ContainerSpec spec) {
        if (spec.supervision() != ContainerSpec.Supervision.ATTACHED) {
            throw refused(
                    "supervision",
                    spec.supervision(),
                    "a container in the foreground ends with the JVM");
        }
    }

    /** Without a cgroup only the end of its process 1 ends all processes of a container. */
    private static void processNamespace(ContainerSpec spec) {
        if (!spec.creates(Namespace.PID)) {
            throw refused(
                    "share",
                    Namespace.PID,
                    "only a PID namespace of its own ends all of its processes");
        }
    }

    private static void userNamespace(ContainerSpec spec) {
        if (spec.creates(Namespace.USER)) {
            throw refused(
                    "userNamespace",
                    spec.uidMap(),
                    "nobody could write the ranges of ids of a new user namespace");
        }
    }

    /** Who is killed removes nothing, and nobody would look for it without system calls. */
    private static void layers(ContainerSpec spec) {
        if (spec.root() instanceof RootSpec.Layers layers
                && layers.upper() instanceof RootSpec.Upper.Ephemeral) {
            throw refused(
                    "rootfs",
                    layers.directories(),
                    "a writable layer that is removed takes system calls; keep it, or");
        }
    }

    private static void backend(ContainerSpec spec) {
        if (spec.root() instanceof RootSpec.Layers layers
                && layers.backend() == OverlayBackend.FUSE) {
            throw refused(
                    "stackedBy",
                    layers.backend(),
                    "the supervisor of a container in the foreground waits for nobody else");
        }
    }

    private static void idMappings(ContainerSpec spec) {
        var needed = IdMappedMounts.needed(spec);
        if (!needed.isEmpty()) {
            throw refused(
                    "mount",
                    needed.getFirst(),
                    "mapping ids takes a user namespace that nobody could make");
        }
    }

    private static void joined(ContainerSpec spec) {
        spec.namespaces()
                .forEach(
                        (namespace, mode) -> {
                            if (mode instanceof NamespaceMode.OfProcess
                                    || mode instanceof NamespaceMode.OfContainer) {
                                throw refused(
                                        "join",
                                        namespace,
                                        "only a namespace given by a path can be opened");
                            }
                        });
    }

    private static void landlock(ContainerSpec spec) {
        if (!spec.confinement().landlock().isEmpty()) {
            throw refused(
                    "landlock",
                    spec.confinement().landlock(),
                    "no file tells which version of Landlock the kernel has");
        }
    }

    private static void streams(ContainerSpec spec) {
        stream("stdin", spec.stdin());
        stream("stdout", spec.stdout());
        stream("stderr", spec.stderr());
    }

    private static void terminal(ContainerSpec spec) {
        if (spec.process().terminal()) {
            throw refused("terminal", true, "a terminal of its own is handed to the JVM");
        }
    }

    private static void descriptors(ContainerSpec spec) {
        var descriptors = spec.process().descriptors();
        if (descriptors.count() > 0) {
            throw refused(
                    descriptors.listening().isEmpty() ? "preserveFds" : "listen",
                    descriptors,
                    "no descriptor of this JVM can be handed over");
        }
    }

    private static void stream(String option, Stdio stream) {
        if (!(stream instanceof Stdio.Null
                || stream instanceof Stdio.Inherit
                || stream instanceof Stdio.ToFile)) {
            throw refused(
                    option, stream, "in the foreground a stream is null, a file, or the JVM's own");
        }
    }
}
