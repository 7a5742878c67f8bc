package io.pelagos.core.spec;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a container is to be: immutable, equal by content, convertible to and from JSON.
 *
 * @param name a name of the caller's choice, or null for one made up
 * @param root the root file system
 * @param readOnlyRoot whether the root cannot be changed; other mounts keep their own rule
 * @param rootPropagation how mounts appear that are made below the root later
 * @param defaultMounts whether {@code /proc}, {@code /sys}, {@code /sys/fs/cgroup} and the usual
 *     {@code /dev} are mounted
 * @param mounts what else is mounted
 * @param devices device nodes beside those of the usual {@code /dev}
 * @param process the first program
 * @param stdin where its standard input comes from
 * @param stdout where its standard output goes
 * @param stderr where its standard error goes
 * @param namespaces where each kind of namespace comes from; a kind that is absent is the host's
 * @param uidMap user ids of a new user namespace
 * @param gidMap group ids of a new user namespace
 * @param clocks offsets of the clocks of a new time namespace
 * @param hostname the host name, or null for the container's name
 * @param domainname the NIS domain name, or null for none
 * @param confinement what it may do
 * @param resources what it may use
 * @param init whether a small process 1 reaps orphans and forwards signals to the program
 * @param supervision what happens when the JVM ends
 * @param stopSignal what {@code stop} sends first
 * @param timeout how long it may run, or null for as long as it likes
 * @param labels the caller's notes
 * @param annotations notes of OCI tools
 */
public record ContainerSpec(
        @Nullable String name,
        RootSpec root,
        boolean readOnlyRoot,
        Mount.Propagation rootPropagation,
        boolean defaultMounts,
        List<Mount> mounts,
        List<Device> devices,
        ProcessSpec process,
        Stdio stdin,
        Stdio stdout,
        Stdio stderr,
        Map<Namespace, NamespaceMode> namespaces,
        List<IdMap> uidMap,
        List<IdMap> gidMap,
        ClockOffsets clocks,
        @Nullable String hostname,
        @Nullable String domainname,
        Confinement confinement,
        Resources resources,
        boolean init,
        Supervision supervision,
        Signal stopSignal,
        @Nullable Duration timeout,
        Map<String, String> labels,
        Map<String, String> annotations) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");
    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    /** What happens to a container when the JVM ends, and who waits for it. */
    public enum Supervision {
        /** It ends with the JVM; a helper process watches over it. */
        ATTACHED,
        /**
         * It ends with the JVM too, and is the JVM's own child, which the JVM waits for itself: its
         * end is known a little sooner.
         */
        CHILD,
        /** It survives the JVM; its exit status is left in a file. */
        DETACHED
    }

    /**
     * What is added to clocks, see time_namespaces(7).
     *
     * @param monotonic to {@code CLOCK_MONOTONIC}
     * @param boottime to {@code CLOCK_BOOTTIME}
     */
    public record ClockOffsets(Duration monotonic, Duration boottime) {
        /** No offset. */
        public static final ClockOffsets NONE = new ClockOffsets(Duration.ZERO, Duration.ZERO);

        /**
         * Tells whether no clock differs from the host's.
         *
         * @return whether both are zero
         */
        public boolean isNone() {
            return monotonic.isZero() && boottime.isZero();
        }
    }

    /** Checks names and copies collections. */
    public ContainerSpec {
        if (name != null && !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "name \""
                            + name
                            + "\": must be 1 to 128 letters, digits, '_', '.' or '-', and begin"
                            + " with a letter or digit");
        }
        hostName("hostname", hostname);
        hostName("domainname", domainname);
        mounts = List.copyOf(mounts);
        devices = List.copyOf(devices);
        var modes = new EnumMap<Namespace, NamespaceMode>(Namespace.class);
        modes.putAll(namespaces);
        modes.values().removeIf(NamespaceMode.Host.class::isInstance);
        namespaces = Collections.unmodifiableMap(modes);
        uidMap = List.copyOf(uidMap);
        gidMap = List.copyOf(gidMap);
        if (timeout != null && (timeout.isNegative() || timeout.isZero())) {
            throw new IllegalArgumentException("timeout " + timeout + ": must be positive");
        }
        labels = Collections.unmodifiableMap(new TreeMap<>(labels));
        annotations = Collections.unmodifiableMap(new TreeMap<>(annotations));
    }

    private static void hostName(String what, @Nullable String name) {
        if (name != null && !HOST_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    what + " \"" + name + "\": must be 1 to 64 letters, digits, '.', '_' or '-'");
        }
    }

    /**
     * Returns where a kind of namespace comes from.
     *
     * @param namespace the kind
     * @return the mode; {@link NamespaceMode#HOST} when nothing was said
     */
    public NamespaceMode mode(Namespace namespace) {
        return namespaces.getOrDefault(namespace, NamespaceMode.HOST);
    }

    /**
     * Tells whether a kind of namespace is the container's own.
     *
     * @param namespace the kind
     * @return true when a new one is made
     */
    public boolean creates(Namespace namespace) {
        return mode(namespace) instanceof NamespaceMode.Create;
    }

    /**
     * Tells whether the container is in a namespace of the JVM.
     *
     * @param namespace which one
     * @return whether it has none of its own and joins none
     */
    public boolean shares(Namespace namespace) {
        return mode(namespace) instanceof NamespaceMode.Host;
    }

    /**
     * Returns the same specification on another root file system.
     *
     * @param other the root file system
     * @return a new value
     */
    public ContainerSpec withRoot(RootSpec other) {
        return with(other, namespaces, uidMap, gidMap);
    }

    /**
     * Returns the same specification in a new user namespace.
     *
     * @param uids ranges of user ids
     * @param gids ranges of group ids
     * @return a new value
     */
    public ContainerSpec withUserNamespace(List<IdMap> uids, List<IdMap> gids) {
        var all = new EnumMap<Namespace, NamespaceMode>(Namespace.class);
        all.putAll(namespaces);
        all.put(Namespace.USER, NamespaceMode.CREATE);
        return with(root, all, uids, gids);
    }

    private ContainerSpec with(
            RootSpec newRoot,
            Map<Namespace, NamespaceMode> newNamespaces,
            List<IdMap> uids,
            List<IdMap> gids) {
        return new ContainerSpec(
                name,
                newRoot,
                readOnlyRoot,
                rootPropagation,
                defaultMounts,
                mounts,
                devices,
                process,
                stdin,
                stdout,
                stderr,
                newNamespaces,
                uids,
                gids,
                clocks,
                hostname,
                domainname,
                confinement,
                resources,
                init,
                supervision,
                stopSignal,
                timeout,
                labels,
                annotations);
    }

    /**
     * Returns the specification as JSON: one field for each component, by its name, beside {@code
     * version}. Sizes are bytes, permissions octal text, durations ISO 8601, contents base64,
     * constants lower case with hyphens; what has variants says its {@code type}; a component that
     * is null is left out.
     *
     * @return indented text, from which {@link #fromJson} makes an equal specification
     * @throws IllegalArgumentException when a descriptor, channel or pidfd of this JVM is part of
     *     the specification, naming it
     */
    public String toJson() {
        return SpecJson.write(this);
    }

    /**
     * Reads what {@link #toJson} wrote. Unknown fields are refused: a misspelt one must not weaken
     * a container.
     *
     * @param json the text
     * @return the specification
     * @throws IllegalArgumentException naming the path and the value that cannot be
     */
    public static ContainerSpec fromJson(String json) {
        return SpecJson.read(json);
    }

    /**
     * Returns the specification as config.json of the <a
     * href="https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md">OCI runtime
     * specification</a>, for runc and others that implement it.
     *
     * <p>What the OCI has no field for (init, timeout, standard streams, Landlock rules, labels,
     * the stop signal, …) is kept in annotations {@code io.pelagos.*}, which other runtimes pass
     * over and {@link #fromOci} reads. The rules of the seccomp profile that depend on
     * circumstances are resolved for the architecture of this JVM and Linux 5.14. Weights of block
     * devices are rounded up to the steps of the v1 hierarchy, which are about ten wide. Mounts are
     * in the order in which they are made.
     *
     * @return indented text
     * @throws IllegalArgumentException naming what cannot be written so that another runtime does
     *     the same: a root that is no directory of the host, a user or group given by name, a file
     *     given by its contents, a namespace of another container or process, a descriptor or
     *     channel of this JVM
     */
    public String toOci() {
        return OciDocument.write(this);
    }

    /**
     * Reads a config.json of the OCI runtime specification whose root is an absolute path. What has
     * nothing mounted at {@code /dev} gets the host's usual devices there, which the runtime has to
     * supply.
     *
     * @param json the text
     * @return the specification
     * @throws IllegalArgumentException naming the path and the value that cannot be, or that a
     *     specification has no place for, such as hooks
     */
    public static ContainerSpec fromOci(String json) {
        return OciDocument.read(json, null);
    }

    /**
     * Reads the config.json of a bundle. What has nothing mounted at {@code /dev} gets the host's
     * usual devices there, which the runtime has to supply.
     *
     * @param json the text
     * @param bundle the directory to which the root's path is relative
     * @return the specification
     * @throws IllegalArgumentException naming the path and the value that cannot be, or that a
     *     specification has no place for, such as hooks
     */
    public static ContainerSpec fromOci(String json, java.nio.file.Path bundle) {
        return OciDocument.read(json, bundle);
    }

    /**
     * Returns the {@code podman run} command that runs the same container in the foreground, as one
     * line for bash. Standard streams that lead to files are redirected; a seccomp profile of its
     * own is passed by process substitution.
     *
     * @return the command, quoted where needed
     * @throws IllegalArgumentException naming what podman has no option for
     */
    public String toCommandLine() {
        return CommandLine.of(this);
    }
}
