package io.pelagos.core.oci;

import io.pelagos.core.security.SeccompProfile;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code linux} of a config.json, see <a
 * href="https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md">config-linux.md</a>.
 *
 * @param devices device nodes
 * @param netDevices network devices moved into the container, by name
 * @param uidMappings user ids of a user namespace
 * @param gidMappings group ids of a user namespace
 * @param namespaces namespaces made or entered
 * @param resources limits
 * @param cgroupsPath the cgroup of the container
 * @param rootfsPropagation how mounts appear on the other side
 * @param seccomp the filter of system calls
 * @param sysctl kernel parameters by dotted name
 * @param maskedPaths paths that are hidden
 * @param readonlyPaths paths that cannot be changed
 * @param mountLabel the SELinux label of mounts
 * @param intelRdt cache and memory bandwidth
 * @param memoryPolicy memory nodes, see set_mempolicy(2)
 * @param personality the execution domain, see personality(2)
 * @param timeOffsets clocks of a time namespace
 */
public record OciLinux(
        List<Device> devices,
        Map<String, NetDevice> netDevices,
        List<OciSpec.IdMapping> uidMappings,
        List<OciSpec.IdMapping> gidMappings,
        List<Namespace> namespaces,
        @Nullable OciResources resources,
        @Nullable String cgroupsPath,
        @Nullable RootfsPropagation rootfsPropagation,
        @Nullable SeccompProfile seccomp,
        Map<String, String> sysctl,
        List<String> maskedPaths,
        List<String> readonlyPaths,
        @Nullable String mountLabel,
        @Nullable IntelRdt intelRdt,
        @Nullable MemoryPolicy memoryPolicy,
        @Nullable Personality personality,
        @Nullable TimeOffsets timeOffsets) {
    /** Checks what the schema says and copies collections. */
    public OciLinux {
        devices = Checks.copy(devices);
        netDevices = Checks.copy(netDevices);
        uidMappings = Checks.copy(uidMappings);
        gidMappings = Checks.copy(gidMappings);
        namespaces = Checks.copy(namespaces);
        sysctl = Checks.copy(sysctl);
        maskedPaths = Checks.copy(maskedPaths);
        readonlyPaths = Checks.copy(readonlyPaths);
    }

    /**
     * A device node.
     *
     * @param type c, b, u or p
     * @param path where
     * @param major the major number
     * @param minor the minor number
     * @param fileMode permissions
     * @param uid its owner
     * @param gid its group
     */
    public record Device(
            String type,
            String path,
            @Nullable Long major,
            @Nullable Long minor,
            @Nullable Long fileMode,
            @Nullable Long uid,
            @Nullable Long gid) {
        /** Checks what the schema says and copies collections. */
        public Device {
            Checks.required("type", type);
            Checks.required("path", path);
            Checks.range("uid", uid, 0, 4294967295L);
            Checks.range("gid", gid, 0, 4294967295L);
            Checks.match("type", type, "[cbup]");
            Checks.range("fileMode", fileMode, 0, 0777);
        }
    }

    /**
     * A network device moved into the container.
     *
     * @param name its name there; null for the same
     */
    public record NetDevice(@Nullable String name) {}

    /**
     * A namespace.
     *
     * @param type which kind
     * @param path an existing one; null for a new one
     */
    public record Namespace(NamespaceType type, @Nullable String path) {
        /** Checks what the schema says and copies collections. */
        public Namespace {
            Checks.required("type", type);
        }
    }

    /** A kind of namespace. */
    public enum NamespaceType {
        /** {@code mount}. */
        MOUNT("mount"),
        /** {@code pid}. */
        PID("pid"),
        /** {@code network}. */
        NETWORK("network"),
        /** {@code uts}. */
        UTS("uts"),
        /** {@code ipc}. */
        IPC("ipc"),
        /** {@code user}. */
        USER("user"),
        /** {@code cgroup}. */
        CGROUP("cgroup"),
        /** {@code time}. */
        TIME("time");

        private final String text;

        NamespaceType(String text) {
            this.text = text;
        }

        /** Returns the text of the specification. */
        @Override
        public String toString() {
            return text;
        }
    }

    /** How mounts appear on the other side, see mount_namespaces(7). */
    public enum RootfsPropagation {
        /** {@code private}. */
        PRIVATE("private"),
        /** {@code shared}. */
        SHARED("shared"),
        /** {@code slave}. */
        SLAVE("slave"),
        /** {@code unbindable}. */
        UNBINDABLE("unbindable");

        private final String text;

        RootfsPropagation(String text) {
            this.text = text;
        }

        /** Returns the text of the specification. */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Cache and memory bandwidth by resctrl.
     *
     * @param closID the class of service
     * @param schemata lines for schemata
     * @param l3CacheSchema the schema of the L3 cache
     * @param memBwSchema the schema of memory bandwidth
     * @param enableMonitoring whether it is monitored
     */
    public record IntelRdt(
            @Nullable String closID,
            List<String> schemata,
            @Nullable String l3CacheSchema,
            @Nullable String memBwSchema,
            @Nullable Boolean enableMonitoring) {
        /** Checks what the schema says and copies collections. */
        public IntelRdt {
            schemata = Checks.copy(schemata);
            Checks.match("memBwSchema", memBwSchema, "MB:[^\\n]*");
        }
    }

    /**
     * Memory nodes, see set_mempolicy(2).
     *
     * @param mode the mode
     * @param nodes as in 0-1
     * @param flags flags
     */
    public record MemoryPolicy(
            @Nullable MemoryPolicyMode mode, @Nullable String nodes, List<MemoryPolicyFlag> flags) {
        /** Checks what the schema says and copies collections. */
        public MemoryPolicy {
            flags = Checks.copy(flags);
        }
    }

    /** A mode of set_mempolicy(2). */
    public enum MemoryPolicyMode {
        /** {@code MPOL_DEFAULT}. */
        DEFAULT("MPOL_DEFAULT"),
        /** {@code MPOL_BIND}. */
        BIND("MPOL_BIND"),
        /** {@code MPOL_INTERLEAVE}. */
        INTERLEAVE("MPOL_INTERLEAVE"),
        /** {@code MPOL_WEIGHTED_INTERLEAVE}. */
        WEIGHTED_INTERLEAVE("MPOL_WEIGHTED_INTERLEAVE"),
        /** {@code MPOL_PREFERRED}. */
        PREFERRED("MPOL_PREFERRED"),
        /** {@code MPOL_PREFERRED_MANY}. */
        PREFERRED_MANY("MPOL_PREFERRED_MANY"),
        /** {@code MPOL_LOCAL}. */
        LOCAL("MPOL_LOCAL");

        private final String text;

        MemoryPolicyMode(String text) {
            this.text = text;
        }

        /** Returns the text of the specification. */
        @Override
        public String toString() {
            return text;
        }
    }

    /** A flag of set_mempolicy(2). */
    public enum MemoryPolicyFlag {
        /** {@code MPOL_F_NUMA_BALANCING}. */
        NUMA_BALANCING("MPOL_F_NUMA_BALANCING"),
        /** {@code MPOL_F_RELATIVE_NODES}. */
        RELATIVE_NODES("MPOL_F_RELATIVE_NODES"),
        /** {@code MPOL_F_STATIC_NODES}. */
        STATIC_NODES("MPOL_F_STATIC_NODES");

        private final String text;

        MemoryPolicyFlag(String text) {
            this.text = text;
        }

        /** Returns the text of the specification. */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * The execution domain, see personality(2).
     *
     * @param domain the domain
     * @param flags flags; none are defined
     */
    public record Personality(@Nullable PersonalityDomain domain, List<String> flags) {
        /** Checks what the schema says and copies collections. */
        public Personality {
            flags = Checks.copy(flags);
        }
    }

    /** A domain of personality(2). */
    public enum PersonalityDomain {
        /** {@code LINUX}. */
        LINUX("LINUX"),
        /** {@code LINUX32}. */
        LINUX32("LINUX32");

        private final String text;

        PersonalityDomain(String text) {
            this.text = text;
        }

        /** Returns the text of the specification. */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Clocks of a time namespace, see time_namespaces(7).
     *
     * @param boottime added to CLOCK_BOOTTIME
     * @param monotonic added to CLOCK_MONOTONIC
     */
    public record TimeOffsets(@Nullable TimeOffset boottime, @Nullable TimeOffset monotonic) {}

    /**
     * What is added to a clock.
     *
     * @param secs seconds
     * @param nanosecs and nanoseconds
     */
    public record TimeOffset(@Nullable Long secs, @Nullable Long nanosecs) {
        /** Checks what the schema says and copies collections. */
        public TimeOffset {
            Checks.range("nanosecs", nanosecs, 0, 4294967295L);
        }
    }
}
