package io.pelagos.core.internal.plan;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.KernelVersion;
import io.pelagos.core.security.Lsm;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a plan must know of the machine.
 *
 * @param architecture of the processor
 * @param kernel its version
 * @param landlockAbi the version of Landlock, 0 for none
 * @param cgroup2 whether the kernel has a cgroup2 hierarchy that can be mounted
 * @param nofileHard the hard limit of descriptors
 * @param capabilities the JVM's bounding set: what no program that it starts can exceed
 * @param hostRoot what a view of the machine's own programs consists of
 * @param effective what the JVM itself may do now
 * @param nested whether the JVM is in a user namespace that is not the machine's own
 * @param modules the security modules in force that label processes
 */
public record HostFacts(
        Architecture architecture,
        KernelVersion kernel,
        int landlockAbi,
        boolean cgroup2,
        long nofileHard,
        Set<Capability> capabilities,
        List<HostEntry> hostRoot,
        Set<Capability> effective,
        boolean nested,
        Set<Lsm> modules) {
    /** Copies the collections. */
    public HostFacts {
        capabilities = Set.copyOf(capabilities);
        hostRoot = List.copyOf(hostRoot);
        effective = Set.copyOf(effective);
        modules = Set.copyOf(modules);
    }

    /** Makes the facts of a machine on which the JVM may do whatever its programs may. */
    public HostFacts(
            Architecture architecture,
            KernelVersion kernel,
            int landlockAbi,
            boolean cgroup2,
            long nofileHard,
            Set<Capability> capabilities,
            List<HostEntry> hostRoot) {
        this(
                architecture,
                kernel,
                landlockAbi,
                cgroup2,
                nofileHard,
                capabilities,
                hostRoot,
                capabilities,
                false,
                Set.of());
    }

    /** Returns the facts of the same machine with these security modules in force too. */
    public HostFacts with(Set<Lsm> more) {
        var all = EnumSet.noneOf(Lsm.class);
        all.addAll(modules);
        all.addAll(more);
        return new HostFacts(
                architecture,
                kernel,
                landlockAbi,
                cgroup2,
                nofileHard,
                capabilities,
                hostRoot,
                effective,
                nested,
                all);
    }

    /**
     * Something of the machine's own file system that a container may see.
     *
     * @param path where it is, on both sides
     * @param linkTarget what it points to when it is a symbolic link that is made anew; else null
     * @param directory whether it is a directory
     */
    public record HostEntry(String path, @Nullable String linkTarget, boolean directory) {}
}
