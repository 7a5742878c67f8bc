package io.pelagos.core.spec;

import io.pelagos.core.security.Capability;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.LsmLabels;
import io.pelagos.core.security.SeccompProfile;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a container may do.
 *
 * @param capabilities the bounding set; a process of user 0 has them all, another one has those of
 *     {@code ambient}
 * @param ambient capabilities that a process which is not user 0 keeps across execve(2); each must
 *     be among {@code capabilities}
 * @param noNewPrivileges whether execve(2) can never give more than there is, see prctl(2)
 * @param seccomp the filter of system calls
 * @param landlock further rules for files and ports
 * @param maskedPaths absolute paths whose contents are hidden
 * @param readOnlyPaths absolute paths that cannot be changed, with everything below
 * @param sysctls kernel parameters of the container's own namespaces, by dotted name
 * @param privileged whether everything here was given up by {@code privileged()}
 * @param labels what a security module of the kernel knows it by
 */
public record Confinement(
        Set<Capability> capabilities,
        Set<Capability> ambient,
        boolean noNewPrivileges,
        SeccompProfile seccomp,
        LandlockRules landlock,
        List<String> maskedPaths,
        List<String> readOnlyPaths,
        Map<String, String> sysctls,
        boolean privileged,
        LsmLabels labels) {
    /** Checks and copies everything. */
    public Confinement {
        capabilities = sorted(capabilities);
        ambient = sorted(ambient);
        if (!capabilities.containsAll(ambient)) {
            var missing = EnumSet.copyOf(ambient);
            missing.removeAll(capabilities);
            throw new IllegalArgumentException(
                    "ambient capabilities " + missing + ": are not among the container's");
        }
        maskedPaths =
                maskedPaths.stream().map(p -> ContainerPath.normalize("masked path", p)).toList();
        readOnlyPaths =
                readOnlyPaths.stream()
                        .map(p -> ContainerPath.normalize("read-only path", p))
                        .toList();
        sysctls = Collections.unmodifiableMap(new TreeMap<>(sysctls));
        for (var name : sysctls.keySet()) {
            if (!name.matches("[a-z0-9_]+([./][A-Za-z0-9_:@-]+)+")) {
                throw new IllegalArgumentException(
                        "sysctl \"" + name + "\": must be a dotted name like net.ipv4.ip_forward");
            }
        }
    }

    /**
     * Makes a confinement without labels.
     *
     * @param capabilities the bounding set
     * @param ambient capabilities that are kept across execve(2)
     * @param noNewPrivileges whether execve(2) can never give more than there is
     * @param seccomp the filter of system calls
     * @param landlock further rules for files and ports
     * @param maskedPaths absolute paths whose contents are hidden
     * @param readOnlyPaths absolute paths that cannot be changed
     * @param sysctls kernel parameters, by dotted name
     * @param privileged whether everything here was given up
     */
    public Confinement(
            Set<Capability> capabilities,
            Set<Capability> ambient,
            boolean noNewPrivileges,
            SeccompProfile seccomp,
            LandlockRules landlock,
            List<String> maskedPaths,
            List<String> readOnlyPaths,
            Map<String, String> sysctls,
            boolean privileged) {
        this(
                capabilities,
                ambient,
                noNewPrivileges,
                seccomp,
                landlock,
                maskedPaths,
                readOnlyPaths,
                sysctls,
                privileged,
                LsmLabels.NONE);
    }

    private static Set<Capability> sorted(Set<Capability> set) {
        var copy = EnumSet.noneOf(Capability.class);
        copy.addAll(set);
        return Collections.unmodifiableSet(copy);
    }
}
