package io.pelagos.core.security;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The circumstances that Docker's profiles make a rule depend on: {@code includes} and {@code
 * excludes}.
 *
 * @param capabilities capabilities in the container's bounding set
 * @param arches the machine's own architecture by its Go name, as {@code amd64} or {@code arm64}
 * @param minKernel the oldest kernel, or null when it does not matter
 */
public record SeccompScope(
        Set<Capability> capabilities, Set<String> arches, @Nullable KernelVersion minKernel) {
    /** No circumstances: a rule counts everywhere. */
    public static final SeccompScope NONE = new SeccompScope(Set.of(), Set.of(), null);

    /**
     * Takes copies.
     *
     * @param capabilities capabilities in the container's bounding set
     * @param arches names of architectures
     * @param minKernel the oldest kernel, or null
     */
    public SeccompScope {
        var ordered = EnumSet.noneOf(Capability.class);
        ordered.addAll(capabilities);
        capabilities = Collections.unmodifiableSet(ordered);
        arches = Collections.unmodifiableSet(new TreeSet<>(arches));
        if (arches.contains("")) {
            throw new IllegalArgumentException("seccomp scope: arches: an empty name");
        }
    }

    /**
     * Returns the scope of containers with capabilities.
     *
     * @param capabilities the capabilities
     * @return the scope
     */
    public static SeccompScope capabilities(Capability... capabilities) {
        return new SeccompScope(Set.of(capabilities), Set.of(), null);
    }

    /**
     * Returns the scope of machines of some architectures.
     *
     * @param arches Go names, as {@code amd64} or {@code arm64}
     * @return the scope
     */
    public static SeccompScope arches(String... arches) {
        return new SeccompScope(Set.of(), Set.of(arches), null);
    }

    /**
     * Returns the scope of kernels from a version on.
     *
     * @param version the oldest kernel
     * @return the scope
     */
    public static SeccompScope kernelFrom(KernelVersion version) {
        return new SeccompScope(Set.of(), Set.of(), version);
    }

    boolean isEmpty() {
        return capabilities.isEmpty() && arches.isEmpty() && minKernel == null;
    }

    boolean allOf(SeccompTarget target) {
        return target.capabilities().containsAll(capabilities)
                && (arches.isEmpty() || arches.contains(target.architecture().ociName()))
                && (minKernel == null || target.kernel().atLeast(minKernel));
    }

    boolean anyOf(SeccompTarget target) {
        return !Collections.disjoint(target.capabilities(), capabilities)
                || arches.contains(target.architecture().ociName())
                || (minKernel != null && target.kernel().atLeast(minKernel));
    }

    /** Returns for example {@code CAP_SYS_ADMIN amd64 kernel>=4.8}. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        capabilities.forEach(capability -> parts.add(capability.capName()));
        parts.addAll(arches);
        if (minKernel != null) {
            parts.add("kernel>=" + minKernel);
        }
        return String.join(" ", parts);
    }
}
