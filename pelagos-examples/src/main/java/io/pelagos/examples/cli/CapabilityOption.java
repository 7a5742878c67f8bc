package io.pelagos.examples.cli;

import io.pelagos.core.security.Capability;
import java.util.EnumSet;
import java.util.Set;

/**
 * Capabilities by name.
 *
 * @param capabilities which
 * @param all whether {@code ALL} was said
 */
record CapabilityOption(Set<Capability> capabilities, boolean all) {
    /** Reads names between commas, with or without {@code CAP_}, or {@code ALL}. */
    static CapabilityOption parse(String text) {
        var named = EnumSet.noneOf(Capability.class);
        boolean all = false;
        for (var name : text.split(",", -1)) {
            if (name.equalsIgnoreCase("ALL")) {
                all = true;
                named.addAll(EnumSet.allOf(Capability.class));
            } else {
                named.add(Capability.parse(name));
            }
        }
        return new CapabilityOption(named, all);
    }
}
