package io.pelagos.core.oci;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a runtime can do, see <a
 * href="https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md">features.md</a>.
 *
 * @param ociVersionMin the oldest version it accepts
 * @param ociVersionMax the newest version it accepts
 * @param hooks hooks it runs
 * @param mountOptions options of mounts it knows
 * @param annotations notes
 * @param potentiallyUnsafeConfigAnnotations annotations that change what it does
 * @param linux what only Linux has
 */
public record OciFeatures(
        String ociVersionMin,
        String ociVersionMax,
        List<String> hooks,
        List<String> mountOptions,
        Map<String, String> annotations,
        List<String> potentiallyUnsafeConfigAnnotations,
        @Nullable Linux linux) {
    /** Checks what the schema says and copies collections. */
    public OciFeatures {
        Checks.required("ociVersionMin", ociVersionMin);
        Checks.required("ociVersionMax", ociVersionMax);
        hooks = Checks.copy(hooks);
        mountOptions = Checks.copy(mountOptions);
        annotations = Checks.copy(annotations);
        potentiallyUnsafeConfigAnnotations = Checks.copy(potentiallyUnsafeConfigAnnotations);
    }

    /**
     * What a runtime can do on Linux.
     *
     * @param namespaces kinds of namespaces
     * @param capabilities names like CAP_KILL
     * @param cgroup cgroups
     * @param seccomp filters of system calls
     * @param apparmor AppArmor
     * @param selinux SELinux
     * @param intelRdt cache and memory bandwidth
     * @param mountExtensions more of mounts
     * @param netDevices network devices
     */
    public record Linux(
            List<OciLinux.NamespaceType> namespaces,
            List<String> capabilities,
            @Nullable Cgroup cgroup,
            @Nullable Seccomp seccomp,
            @Nullable Feature apparmor,
            @Nullable Feature selinux,
            @Nullable Feature intelRdt,
            @Nullable MountExtensions mountExtensions,
            @Nullable Feature netDevices) {
        /** Checks what the schema says and copies collections. */
        public Linux {
            namespaces = Checks.copy(namespaces);
            capabilities = Checks.copy(capabilities);
        }
    }

    /**
     * Cgroups that a runtime knows.
     *
     * @param v1 the v1 hierarchies
     * @param v2 cgroup v2
     * @param systemd systemd's manager
     * @param systemdUser that of a user
     * @param rdma the rdma controller
     */
    public record Cgroup(
            @Nullable Boolean v1,
            @Nullable Boolean v2,
            @Nullable Boolean systemd,
            @Nullable Boolean systemdUser,
            @Nullable Boolean rdma) {}

    /**
     * Filters of system calls that a runtime knows.
     *
     * @param enabled whether it can filter
     * @param actions actions
     * @param operators operators
     * @param archs architectures
     * @param knownFlags flags it knows
     * @param supportedFlags flags the kernel has
     */
    public record Seccomp(
            @Nullable Boolean enabled,
            List<String> actions,
            List<String> operators,
            List<String> archs,
            List<String> knownFlags,
            List<String> supportedFlags) {
        /** Checks what the schema says and copies collections. */
        public Seccomp {
            actions = Checks.copy(actions);
            operators = Checks.copy(operators);
            archs = Checks.copy(archs);
            knownFlags = Checks.copy(knownFlags);
            supportedFlags = Checks.copy(supportedFlags);
        }
    }

    /**
     * Something that is there or not.
     *
     * @param enabled whether it was built in
     */
    public record Feature(@Nullable Boolean enabled) {}

    /**
     * More of mounts.
     *
     * @param idmap idmapped mounts
     */
    public record MountExtensions(@Nullable Feature idmap) {}

    /**
     * Reads features. Fields that the specification does not have are passed over.
     *
     * @param json the text
     * @return the document
     * @throws IllegalArgumentException naming the path and the value that the specification does
     *     not allow
     */
    public static OciFeatures parse(String json) {
        return OciJson.read("features", json, OciFeatures.class, path -> {});
    }

    /**
     * Returns the document as JSON; absent and empty components are left out.
     *
     * @return indented text, from which {@link #parse} makes an equal value
     */
    public String toJson() {
        return OciJson.write(this);
    }
}
