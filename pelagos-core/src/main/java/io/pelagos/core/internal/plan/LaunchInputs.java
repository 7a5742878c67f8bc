package io.pelagos.core.internal.plan;

import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.SeccompProgram;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.IdMapping;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a plan is made of.
 *
 * @param spec what was asked for
 * @param facts what the machine is like
 * @param names what the container is called
 * @param identity who the program runs as, in numbers
 * @param channels the descriptors between the JVM and the new processes
 * @param supervision who waits
 * @param placement what cgroups it gets
 * @param joined descriptors of namespaces that are entered, by kind
 * @param sourceIsFile for the source of each bind mount, whether it is something else than a
 *     directory
 * @param filter the compiled filter of system calls, or null for none
 * @param terminal the descriptor through which the process hands its terminal over, or null when it
 *     has none
 * @param listening the calls that the JVM decides about, or null for none
 * @param idMaps descriptors of user namespaces that have these ranges, for all that {@link
 *     IdMappedMounts#needed} names
 * @param fuse the program that stacks the layers, or null when the kernel does
 */
public record LaunchInputs(
        ContainerSpec spec,
        HostFacts facts,
        Names names,
        Identity identity,
        Channels channels,
        Supervision.Kind supervision,
        Placement placement,
        Map<Namespace, Integer> joined,
        Map<String, Boolean> sourceIsFile,
        @Nullable SeccompProgram filter,
        @Nullable Integer terminal,
        @Nullable Listening listening,
        Map<IdMapping, Integer> idMaps,
        FuseRoot.@Nullable Program fuse) {
    /** Copies the maps. */
    public LaunchInputs {
        joined = Map.copyOf(joined);
        sourceIsFile = Map.copyOf(sourceIsFile);
        idMaps = Map.copyOf(idMaps);
    }

    /** Makes inputs of a process whose layers the kernel stacks, if it has any. */
    public LaunchInputs(
            ContainerSpec spec,
            HostFacts facts,
            Names names,
            Identity identity,
            Channels channels,
            Supervision.Kind supervision,
            Placement placement,
            Map<Namespace, Integer> joined,
            Map<String, Boolean> sourceIsFile,
            @Nullable SeccompProgram filter,
            @Nullable Integer terminal,
            @Nullable Listening listening,
            Map<IdMapping, Integer> idMaps) {
        this(
                spec,
                facts,
                names,
                identity,
                channels,
                supervision,
                placement,
                joined,
                sourceIsFile,
                filter,
                terminal,
                listening,
                idMaps,
                null);
    }

    /** Makes inputs of a process whose mounts show owners as they are. */
    public LaunchInputs(
            ContainerSpec spec,
            HostFacts facts,
            Names names,
            Identity identity,
            Channels channels,
            Supervision.Kind supervision,
            Placement placement,
            Map<Namespace, Integer> joined,
            Map<String, Boolean> sourceIsFile,
            @Nullable SeccompProgram filter,
            @Nullable Integer terminal,
            @Nullable Listening listening) {
        this(
                spec,
                facts,
                names,
                identity,
                channels,
                supervision,
                placement,
                joined,
                sourceIsFile,
                filter,
                terminal,
                listening,
                Map.of());
    }

    /** Makes inputs of a process without a terminal. */
    public LaunchInputs(
            ContainerSpec spec,
            HostFacts facts,
            Names names,
            Identity identity,
            Channels channels,
            Supervision.Kind supervision,
            Placement placement,
            Map<Namespace, Integer> joined,
            Map<String, Boolean> sourceIsFile,
            @Nullable SeccompProgram filter) {
        this(
                spec,
                facts,
                names,
                identity,
                channels,
                supervision,
                placement,
                joined,
                sourceIsFile,
                filter,
                null,
                null);
    }

    /**
     * What changes from one container to the next like it.
     *
     * @param hostname the name of the new UTS namespace
     * @param cgroup the name of its cgroup
     */
    public record Names(String hostname, String cgroup) {}

    /**
     * Users and groups by number, and where the user is at home.
     *
     * @param uid the user id
     * @param gid the group id
     * @param groups supplementary group ids
     * @param home the home directory, for an environment that does not say another
     */
    public record Identity(long uid, long gid, List<Long> groups, String home) {
        /** Copies the list. */
        public Identity {
            groups = List.copyOf(groups);
        }
    }

    /**
     * What cgroups the container gets from the JVM while its helper starts.
     *
     * @param placed whether it gets any
     * @param joined how many hierarchies of version 1 it enters, at the most
     */
    public record Placement(boolean placed, int joined) {
        /** No cgroup of its own. */
        public static final Placement NONE = new Placement(false, 0);
    }

    /**
     * Returns which of these capabilities the container can have: the first process of a user
     * namespace has all, and any other no more than the JVM.
     */
    Set<Capability> possible(Set<Capability> wanted) {
        if (inUserNamespace() && !spec.mode(Namespace.USER).equals(NamespaceMode.HOST)) {
            return wanted;
        }
        var possible = EnumSet.noneOf(Capability.class);
        possible.addAll(wanted);
        possible.retainAll(facts.capabilities());
        return possible;
    }

    /** Tells whether the container is in another user namespace than the machine's own. */
    boolean inUserNamespace() {
        return facts.nested() || spec.namespaces().containsKey(Namespace.USER);
    }
}
