package io.pelagos.core.security;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Allows something with what lies below or at a path.
 *
 * @param path an absolute path as the container sees it
 * @param access what is allowed
 */
public record LandlockPathRule(String path, Set<LandlockAccess> access) {
    /**
     * Checks the path and takes a copy.
     *
     * @param path an absolute path without {@code ..}
     * @param access what is allowed, at least one right
     */
    public LandlockPathRule {
        if (!path.startsWith("/")
                || path.indexOf('\0') >= 0
                || List.of(path.split("/")).contains("..")) {
            throw new IllegalArgumentException(
                    "Landlock rule: path: not an absolute path without '..': '" + path + "'");
        }
        if (access.isEmpty()) {
            throw new IllegalArgumentException(
                    "Landlock rule: access: nothing is allowed with " + path);
        }
        var ordered = EnumSet.copyOf(access);
        access = Collections.unmodifiableSet(ordered);
    }

    /**
     * Returns the rights as landlock_add_rule(2) takes them: what the ABI lacks is left out, and
     * for a file also what makes sense with directories only.
     *
     * @param abi the version of Landlock, 1 or more
     * @param directory whether the path is a directory
     * @return a mask; 0 when nothing is left, and there is no rule to add
     */
    public long mask(int abi, boolean directory) {
        return LandlockAccess.mask(access, abi, directory);
    }
}
