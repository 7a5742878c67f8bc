package io.pelagos.core.internal.plan;

import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.SeccompProgram;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.IdMapping;
import io.pelagos.core.spec.Namespace;
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
 * @param sourceIsFile for the source of each bind mount, whether it is something else than a
 *     directory
 * @param filter the compiled filter of system calls, or null for none
 * @param opened what was opened for it
 */
public record LaunchInputs(
        ContainerSpec spec,
        HostFacts facts,
        Names names,
        Identity identity,
        Channels channels,
        Supervision.Kind supervision,
        Placement placement,
        Map<String, Boolean> sourceIsFile,
        @Nullable SeccompProgram filter,
        Opened opened) {
    /** Copies the map. */
    public LaunchInputs {
        sourceIsFile = Map.copyOf(sourceIsFile);
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
     * What was opened for a plan, by the numbers that the descriptors have in the new processes.
     *
     * @param joined namespaces that are entered, by kind
     * @param idMaps user namespaces that have these ranges, for all that {@link
     *     IdMappedMounts#needed} names
     * @param terminal the socket through which the process hands its terminal over, or null when it
     *     has none
     * @param listening the calls that the JVM decides about, with their socket, or null for none
     * @param fuse the program that stacks the layers, or null when the kernel does
     */
    public record Opened(
            Map<Namespace, Integer> joined,
            Map<IdMapping, Integer> idMaps,
            @Nullable Integer terminal,
            @Nullable Listening listening,
            FuseRoot.@Nullable Program fuse) {
        /** Nothing: every namespace is new or the JVM's, and there is no terminal. */
        public static final Opened NOTHING = joining(Map.of());

        /** Copies the maps. */
        public Opened {
            joined = Map.copyOf(joined);
            idMaps = Map.copyOf(idMaps);
        }

        /**
         * Namespaces that are entered, and nothing else.
         *
         * @param joined their descriptors, by kind
         * @return what was opened
         */
        public static Opened joining(Map<Namespace, Integer> joined) {
            return new Opened(joined, Map.of(), null, null, null);
        }
    }

    /**
     * Returns which of these capabilities the container can have: the first process of a user
     * namespace has all, and any other no more than the JVM.
     */
    Set<Capability> possible(Set<Capability> wanted) {
        if (inUserNamespace() && !spec.shares(Namespace.USER)) {
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
