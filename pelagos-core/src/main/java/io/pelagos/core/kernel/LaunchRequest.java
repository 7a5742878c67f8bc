package io.pelagos.core.kernel;

import java.util.List;

/**
 * What a new process gets from the JVM beside its plan.
 *
 * @param name its {@code argv[0]}, at most 15 bytes of which become the name that ps(1) shows
 * @param descriptors what it inherits, carried out in order as dup2(2) would
 */
public record LaunchRequest(String name, List<Inherited> descriptors) {
    /** Copies the list. */
    public LaunchRequest {
        descriptors = List.copyOf(descriptors);
    }

    /**
     * One inherited descriptor.
     *
     * @param source its number in the JVM
     * @param target its number in the new process; equal to {@code source} to keep the number
     */
    public record Inherited(int source, int target) {}
}
