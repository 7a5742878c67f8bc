package io.pelagos.core;

import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.core.spec.Stdio;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** What can only be judged for a whole container: options that contradict each other. */
final class SpecRules {
    private static final List<Consumer<ContainerSpec>> RULES =
            List.of(
                    SpecRules::mountNamespace,
                    SpecRules::rootPropagation,
                    SpecRules::hostName,
                    SpecRules::userNamespace,
                    SpecRules::workingDirectory,
                    SpecRules::clocks,
                    SpecRules::sysctls,
                    SpecRules::mountTargets,
                    SpecRules::idMappings,
                    SpecRules::devices,
                    SpecRules::channels,
                    SpecRules::terminal,
                    SpecRules::descriptors,
                    SpecRules::detachedStreams);

    /** The links of procfs that lead to wherever a process has something open. */
    private static final Pattern DESCRIPTOR =
            Pattern.compile("^/(proc/[^/]+/(task/[^/]+/)?(fd|cwd|root)|dev/fd)(/|$)");

    private SpecRules() {}

    static void check(ContainerSpec spec) {
        RULES.forEach(rule -> rule.accept(spec));
    }

    /** Checks that somebody will be there to decide about system calls. */
    static void checkHandlers(ContainerSpec spec, Set<String> names) {
        if (!names.isEmpty() && spec.supervision() == ContainerSpec.Supervision.DETACHED) {
            throw new InvalidSpecException(
                    "onSyscall",
                    String.join(", ", names),
                    "a detached container outlives the JVM, which is to decide");
        }
    }

    private static void mountNamespace(ContainerSpec spec) {
        if (spec.shares(Namespace.MOUNT)) {
            throw new InvalidSpecException(
                    "share",
                    "MOUNT",
                    "the root file system needs a mount namespace of the container's own");
        }
    }

    private static void rootPropagation(ContainerSpec spec) {
        if (spec.rootPropagation() == Mount.Propagation.SLAVE
                && !(spec.root() instanceof RootSpec.Directory)) {
            throw new InvalidSpecException(
                    "rootPropagation",
                    "SLAVE",
                    "only a root that is a directory of the host can have mounts of the host in"
                            + " it");
        }
    }

    private static void hostName(ContainerSpec spec) {
        if (spec.creates(Namespace.UTS)) {
            return;
        }
        if (spec.hostname() != null || spec.domainname() != null) {
            throw new InvalidSpecException(
                    spec.hostname() != null ? "hostname" : "domainname",
                    String.valueOf(spec.hostname() != null ? spec.hostname() : spec.domainname()),
                    "the UTS namespace is not the container's own, whose name would change");
        }
    }

    private static void userNamespace(ContainerSpec spec) {
        boolean mapped = !spec.uidMap().isEmpty() && !spec.gidMap().isEmpty();
        boolean given = !spec.uidMap().isEmpty() || !spec.gidMap().isEmpty();
        if (spec.creates(Namespace.USER) ? !mapped : given) {
            throw new InvalidSpecException(
                    "userNamespace",
                    spec.uidMap() + " " + spec.gidMap(),
                    "a new user namespace and ranges of user and group ids belong together");
        }
    }

    /** The container's own mapping is that of a user namespace whose ranges are known. */
    private static void idMappings(ContainerSpec spec) {
        if (spec.root() instanceof RootSpec.Layers layers
                && layers.idMapped()
                && layers.backend() == OverlayBackend.FUSE) {
            throw new InvalidSpecException(
                    "stackedBy",
                    "FUSE",
                    "fuse-overlayfs cannot show other owners: leave out idMapped()");
        }
        if (spec.creates(Namespace.USER)) {
            return;
        }
        var why =
                "without ranges the mapping is that of the container's own user namespace, and it"
                        + " makes none: use userNamespace(…), or give ranges";
        for (var mount : spec.mounts()) {
            if (mount instanceof Mount.Bind bind
                    && bind.idMapping() != null
                    && bind.idMapping().isOfContainer()) {
                throw new InvalidSpecException("mount", bind.target() + " idMapped()", why);
            }
        }
        if (spec.root() instanceof RootSpec.Layers layers && layers.idMapped()) {
            throw new InvalidSpecException("rootfs", "idMapped()", why);
        }
    }

    /** A descriptor as working directory could lead out of the container (CVE-2024-21626). */
    private static void workingDirectory(ContainerSpec spec) {
        var cwd = spec.process().cwd();
        if (DESCRIPTOR.matcher(cwd).find()) {
            throw new InvalidSpecException(
                    "cwd",
                    cwd,
                    "a descriptor, root or working directory of a process is no directory of the"
                            + " container: name the directory itself");
        }
    }

    private static void clocks(ContainerSpec spec) {
        if (!spec.creates(Namespace.TIME) && !spec.clocks().isNone()) {
            throw new InvalidSpecException(
                    "clocks",
                    spec.clocks().toString(),
                    "offsets take a time namespace of the container's own");
        }
    }

    private static void sysctls(ContainerSpec spec) {
        for (var name : spec.confinement().sysctls().keySet()) {
            var namespace = namespaceOf(name.replace('/', '.'));
            if (namespace == null) {
                throw new InvalidSpecException(
                        "sysctl", name, "belongs to the whole machine, not to a namespace");
            }
            if (!spec.creates(namespace)) {
                throw new InvalidSpecException(
                        "sysctl", name, "takes a namespace of the container's own: " + namespace);
            }
        }
    }

    private static @org.jspecify.annotations.Nullable Namespace namespaceOf(String sysctl) {
        if (sysctl.startsWith("net.")) {
            return Namespace.NETWORK;
        }
        if (sysctl.startsWith("fs.mqueue.")) {
            return Namespace.IPC;
        }
        return switch (sysctl) {
            case "kernel.msgmax",
                    "kernel.msgmnb",
                    "kernel.msgmni",
                    "kernel.sem",
                    "kernel.shmall",
                    "kernel.shmmax",
                    "kernel.shmmni",
                    "kernel.shm_rmid_forced" ->
                    Namespace.IPC;
            case "kernel.domainname" -> Namespace.UTS;
            default -> null;
        };
    }

    private static void mountTargets(ContainerSpec spec) {
        var targets = new HashSet<String>();
        for (var mount : spec.mounts()) {
            if (!targets.add(mount.target())) {
                throw new InvalidSpecException("mount", mount.target(), "is given twice");
            }
        }
    }

    private static void devices(ContainerSpec spec) {
        if (!spec.devices().isEmpty() && spec.namespaces().containsKey(Namespace.USER)) {
            throw new InvalidSpecException(
                    "device",
                    spec.devices().getFirst().path(),
                    "no device node can be made in a user namespace: mount the host's instead");
        }
    }

    /** Judges the streams of one more process of a container. */
    static void checkStreams(ContainerSpec spec) {
        channels(spec);
        terminal(spec);
    }

    /** A pipe is what a stream is when nothing was said. */
    private static void terminal(ContainerSpec spec) {
        if (!spec.process().terminal()) {
            return;
        }
        for (var stream : List.of(spec.stdin(), spec.stdout(), spec.stderr())) {
            if (!(stream instanceof Stdio.Pipe)) {
                throw new InvalidSpecException(
                        "terminal",
                        stream.toString(),
                        "with a terminal all three streams are that: start() the process and use"
                                + " its terminal()");
            }
        }
    }

    private static void channels(ContainerSpec spec) {
        channel("stdin", spec.stdin(), ReadableByteChannel.class, "read");
        channel("stdout", spec.stdout(), WritableByteChannel.class, "written");
        channel("stderr", spec.stderr(), WritableByteChannel.class, "written");
    }

    private static void channel(String option, Stdio stream, Class<?> type, String use) {
        if (stream instanceof Stdio.ToChannel(var channel) && !type.isInstance(channel)) {
            throw new InvalidSpecException(
                    option, channel.toString(), "must be a channel that can be " + use);
        }
    }

    /** LISTEN_PID has to be the number of the program, which is known in a namespace of its own. */
    private static void descriptors(ContainerSpec spec) {
        var descriptors = spec.process().descriptors();
        if (!descriptors.listening().isEmpty() && !spec.creates(Namespace.PID)) {
            throw new InvalidSpecException(
                    "listen",
                    descriptors.listening().getFirst().name(),
                    "takes a PID namespace of the container's own: in another nobody knows the"
                            + " number for LISTEN_PID; use preserveFds");
        }
    }

    private static void detachedStreams(ContainerSpec spec) {
        if (spec.supervision() != ContainerSpec.Supervision.DETACHED) {
            return;
        }
        refuseStream("stdin", spec.stdin());
        refuseStream("stdout", spec.stdout());
        refuseStream("stderr", spec.stderr());
    }

    /** A pipe leads to the supervisor, who logs outputs and keeps standard input open. */
    private static void refuseStream(String option, Stdio stream) {
        if (stream instanceof Stdio.ToChannel) {
            throw new InvalidSpecException(
                    "supervision",
                    "DETACHED",
                    "a container that outlives the JVM cannot have its "
                            + option
                            + " lead to it: use null, a pipe or a file");
        }
    }
}
