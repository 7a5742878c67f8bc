package io.pelagos.core.spec;

import io.pelagos.core.internal.json.JsonObject;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.LsmLabels;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A {@link ContainerSpec} as a {@code podman run} command, see podman-run(1). Options are given
 * where podman would do something else without them.
 */
final class CommandLine {
    /** What podman hides or protects by itself; only {@code unmask} takes it away. */
    private static final Set<String> PODMAN_READ_ONLY =
            Set.of(
                    "/proc/asound",
                    "/proc/bus",
                    "/proc/fs",
                    "/proc/irq",
                    "/proc/sys",
                    "/proc/sysrq-trigger");

    private static final Set<String> PODMAN_MASKED =
            Set.of(
                    "/proc/acpi",
                    "/proc/kcore",
                    "/proc/keys",
                    "/proc/latency_stats",
                    "/proc/timer_list",
                    "/proc/timer_stats",
                    "/proc/sched_debug",
                    "/proc/scsi",
                    "/sys/firmware",
                    "/sys/fs/selinux",
                    "/sys/dev/block");

    private final ContainerSpec spec;
    private final List<String> words = new ArrayList<>(List.of("podman", "run"));

    private CommandLine(ContainerSpec spec) {
        this.spec = spec;
    }

    static String of(ContainerSpec spec) {
        return new CommandLine(spec).line();
    }

    private String line() {
        if (!spec.defaultMounts()) {
            throw none("defaultMounts false", "the usual mounts are always made");
        }
        lifetime();
        names();
        process();
        namespaces();
        confinement();
        CommandLineMounts.add(this, spec);
        CommandLineLimits.add(this, spec);
        spec.labels().forEach((key, value) -> option("label", key + "=" + value));
        spec.annotations().forEach((key, value) -> option("annotation", key + "=" + value));
        root();
        spec.process().command().forEach(word -> words.add(quote(word)));
        redirections();
        return makeSources() + String.join(" ", words);
    }

    /** Adds {@code --name=value}. */
    void option(String name, String value) {
        words.add("--" + name + "=" + quote(value));
    }

    void flag(String name) {
        words.add("--" + name);
    }

    static IllegalArgumentException none(String what, String why) {
        return new IllegalArgumentException(what + ": podman has no option for it: " + why);
    }

    /** Quotes a word for a POSIX shell where that is needed. */
    static String quote(String word) {
        return word.matches("[A-Za-z0-9_@%+=:,./-]+")
                ? word
                : "'" + word.replace("'", "'\\''") + "'";
    }

    private void lifetime() {
        if (spec.supervision() == Supervision.DETACHED) {
            flag("detach");
        } else {
            flag("rm");
        }
        if (spec.init()) {
            flag("init");
        }
        if (!spec.stopSignal().equals(Signal.TERM)) {
            option("stop-signal", spec.stopSignal().name());
        }
        var timeout = spec.timeout();
        if (timeout != null) {
            option(
                    "timeout",
                    Long.toString(timeout.plus(Duration.ofNanos(999_999_999)).toSeconds()));
        }
    }

    private void names() {
        if (spec.name() != null) {
            option("name", spec.name());
        }
        var hostname = spec.hostname() == null ? spec.name() : spec.hostname();
        if (hostname != null && !spec.shares(Namespace.UTS)) {
            option("hostname", hostname);
        }
        if (spec.domainname() != null) {
            throw none("domainname " + spec.domainname(), "use a config.json");
        }
    }

    private void process() {
        var process = spec.process();
        flag("unsetenv-all");
        process.environment().forEach((name, value) -> option("env", name + "=" + value));
        option("workdir", process.cwd());
        option("user", process.user().toString());
        process.groups().forEach(group -> option("group-add", group));
        option("umask", process.umask().toString());
        process.rlimits()
                .forEach(
                        (resource, limit) ->
                                option(
                                        "ulimit",
                                        "%s=%d:%d"
                                                .formatted(
                                                        resource.name()
                                                                .toLowerCase(java.util.Locale.ROOT),
                                                        limit.soft(),
                                                        limit.hard())));
        if (process.oomScoreAdj() != null) {
            option("oom-score-adj", process.oomScoreAdj().toString());
        }
        if (process.personality() != null) {
            option("personality", process.personality().name());
        }
        if (process.descriptors().count() > 0) {
            throw none(
                    "descriptors " + process.descriptors(),
                    "it passes on those of whoever runs it, which a command line does not say");
        }
        if (process.terminal()) {
            flag("tty");
        }
        if (!spec.stdin().equals(Stdio.NULL)) {
            flag("interactive");
        }
    }

    private void namespaces() {
        for (var kind : Namespace.values()) {
            var mode = spec.mode(kind);
            switch (kind) {
                case MOUNT -> only(kind, mode, NamespaceMode.CREATE);
                case TIME -> only(kind, mode, NamespaceMode.HOST);
                case USER -> user(mode);
                case NETWORK -> option("network", text(kind, mode, "none"));
                case CGROUP -> option("cgroupns", text(kind, mode, "private"));
                case PID, IPC, UTS -> option(kind.procName(), text(kind, mode, "private"));
            }
        }
        if (!spec.clocks().isNone()) {
            throw none("clocks " + spec.clocks(), "it makes no time namespaces");
        }
    }

    private static void only(Namespace kind, NamespaceMode mode, NamespaceMode only) {
        if (!mode.equals(only)) {
            throw none("namespace " + kind.ociName() + " " + mode, "only " + only);
        }
    }

    private void user(NamespaceMode mode) {
        if (mode.equals(NamespaceMode.CREATE)) {
            spec.uidMap().forEach(range -> option("uidmap", map(range)));
            spec.gidMap().forEach(range -> option("gidmap", map(range)));
        } else {
            option("userns", text(Namespace.USER, mode, ""));
        }
    }

    private static String map(IdMap range) {
        return range.inside() + ":" + range.outside() + ":" + range.count();
    }

    private static String text(Namespace kind, NamespaceMode mode, String created) {
        return switch (mode) {
            case NamespaceMode.Create() -> created;
            case NamespaceMode.Host() -> "host";
            case NamespaceMode.Path(var path) -> "ns:" + path;
            case NamespaceMode.OfProcess _, NamespaceMode.OfContainer _ ->
                    throw none(
                            "namespace " + kind.ociName() + " " + mode,
                            "it does not know this process; name the namespace by its path");
        };
    }

    private void confinement() {
        var confinement = spec.confinement();
        capabilities(confinement);
        if (confinement.noNewPrivileges()) {
            option("security-opt", "no-new-privileges");
        }
        if (confinement.seccomp().equals(SeccompProfile.unconfined())) {
            option("security-opt", "seccomp=unconfined");
        } else if (!confinement.seccomp().equals(SeccompProfile.dockerDefault())) {
            words.add(
                    "--security-opt=seccomp=<(printf %s "
                            + quote(confinement.seccomp().toJson())
                            + ")");
        }
        if (!confinement.landlock().equals(LandlockRules.none())) {
            throw none("landlock", "the command would be less confined");
        }
        labels(confinement.labels());
        paths(confinement);
        confinement.sysctls().forEach((name, value) -> option("sysctl", name + "=" + value));
    }

    private void labels(LsmLabels labels) {
        if (labels.apparmorProfile() != null) {
            option("security-opt", "apparmor=" + labels.apparmorProfile());
        }
        if (labels.mountLabel() != null) {
            throw none("mountLabel " + labels.mountLabel(), "it makes its own of the process's");
        }
        if (labels.selinuxLabel() != null) {
            var parts = labels.selinuxLabel().split(":", 4);
            var names = List.of("user", "role", "type", "level");
            for (int i = 0; i < parts.length; i++) {
                option("security-opt", "label=" + names.get(i) + ":" + parts[i]);
            }
        }
    }

    /** Podman starts from the same eleven; who is not root gets those added, as ambient ones. */
    private void capabilities(Confinement confinement) {
        var wanted = confinement.capabilities();
        var added = EnumSet.noneOf(Capability.class);
        added.addAll(wanted);
        added.removeAll(Capability.DEFAULTS);
        boolean root = Set.of("0", "root").contains(spec.process().user().user());
        if (root ? !confinement.ambient().isEmpty() : !confinement.ambient().equals(added)) {
            throw none(
                    "ambient capabilities " + confinement.ambient(),
                    "a user other than root gets those that are added to the usual ones, here "
                            + added);
        }
        for (var capability : Capability.DEFAULTS) {
            if (!wanted.contains(capability)) {
                option("cap-drop", capability.capName());
            }
        }
        added.forEach(capability -> option("cap-add", capability.capName()));
    }

    private void paths(Confinement confinement) {
        var hidden = new TreeSet<>(confinement.maskedPaths());
        var covered = new TreeSet<>(confinement.readOnlyPaths());
        covered.addAll(hidden);
        for (var path : confinement.readOnlyPaths()) {
            if (!PODMAN_READ_ONLY.contains(path)) {
                throw none("read-only path " + path, "only for its own list");
            }
        }
        var shown = new TreeSet<>(PODMAN_MASKED);
        shown.addAll(PODMAN_READ_ONLY);
        shown.removeIf(covered::contains);
        hidden.removeAll(PODMAN_MASKED);
        for (var path : shown) {
            option("security-opt", "unmask=" + path);
        }
        for (var path : hidden) {
            option("security-opt", "mask=" + path);
        }
    }

    private void root() {
        if (spec.rootPropagation() != Mount.Propagation.PRIVATE) {
            throw none(
                    "rootPropagation " + JsonObject.nameOf(spec.rootPropagation()),
                    "the root is always private");
        }
        if (spec.readOnlyRoot()) {
            flag("read-only");
            option("read-only-tmpfs", "false");
        }
        switch (spec.root()) {
            case RootSpec.Directory(var path) -> {
                flag("rootfs");
                words.add(quote(path.toString()));
            }
            case RootSpec.Host _ ->
                    throw none("root", "a view of the host's own programs is no directory");
            case RootSpec.Files _ -> throw none("root", "files in memory are no directory");
            case RootSpec.Layers _ -> throw none("root", "layers are more than one directory");
        }
    }

    private void redirections() {
        redirect("stdin", "<", "<", spec.stdin());
        redirect("stdout", ">", ">>", spec.stdout());
        redirect("stderr", "2>", "2>>", spec.stderr());
    }

    private void redirect(String field, String replace, String append, Stdio stream) {
        switch (stream) {
            case Stdio.Pipe(), Stdio.Inherit() -> {}
            case Stdio.Null() -> {
                if (!field.equals("stdin")) {
                    words.add(replace + "/dev/null");
                }
            }
            case Stdio.ToFile file ->
                    words.add((file.append() ? append : replace) + quote(file.path().toString()));
            case Stdio.Descriptor _, Stdio.ToChannel _ ->
                    throw none(field + " " + stream, "it belongs to this JVM");
        }
    }

    private String makeSources() {
        var commands = new StringBuilder();
        for (var mount : spec.mounts()) {
            if (mount instanceof Mount.Bind bind && bind.makesSource()) {
                commands.append("mkdir -p ").append(quote(bind.source())).append(" && ");
            }
        }
        return commands.toString();
    }
}
