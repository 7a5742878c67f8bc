package io.pelagos.core.security;

import io.pelagos.core.kernel.Architecture;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a filter is compiled for.
 *
 * @param architecture the machine's own architecture
 * @param capabilities the container's bounding set
 * @param kernel the running kernel
 * @param newerCallsAreMissing whether calls newer than all that the profile names fail with ENOSYS
 *     instead of its default action, so that a C library tries an older call instead of giving up.
 *     Counts only for a default action that refuses, other than ENOSYS itself. runc does the same.
 */
public record SeccompTarget(
        Architecture architecture,
        Set<Capability> capabilities,
        KernelVersion kernel,
        boolean newerCallsAreMissing) {
    /**
     * Takes a copy.
     *
     * @param architecture the machine's own architecture
     * @param capabilities the container's bounding set
     * @param kernel the running kernel
     * @param newerCallsAreMissing whether newer calls fail with ENOSYS
     */
    public SeccompTarget {
        var ordered = EnumSet.noneOf(Capability.class);
        ordered.addAll(capabilities);
        capabilities = Collections.unmodifiableSet(ordered);
    }

    /**
     * Returns a target where newer calls fail with ENOSYS.
     *
     * @param architecture the machine's own architecture
     * @param capabilities the container's bounding set
     * @param kernel the running kernel
     * @return the target
     */
    public static SeccompTarget of(
            Architecture architecture, Set<Capability> capabilities, KernelVersion kernel) {
        return new SeccompTarget(architecture, capabilities, kernel, true);
    }

    /**
     * Says what happens to calls newer than all that the profile names.
     *
     * @param missing true for ENOSYS, false for the profile's default action
     * @return a new target
     */
    public SeccompTarget newerCallsAreMissing(boolean missing) {
        return new SeccompTarget(architecture, capabilities, kernel, missing);
    }
}
