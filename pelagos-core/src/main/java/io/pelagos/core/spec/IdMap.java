package io.pelagos.core.spec;

/**
 * A range of user or group ids, see user_namespaces(7).
 *
 * @param inside the first id in the container
 * @param outside the first id on the host
 * @param count how many ids, at least 1
 */
public record IdMap(long inside, long outside, long count) {
    /** Checks the range. */
    public IdMap {
        if (inside < 0
                || outside < 0
                || count < 1
                || inside + count - 1 > User.MAX_ID
                || outside + count - 1 > User.MAX_ID) {
            throw new IllegalArgumentException(
                    "id map " + inside + " " + outside + " " + count + ": out of range");
        }
    }

    /** Returns the line of {@code uid_map} or {@code gid_map}. */
    @Override
    public String toString() {
        return inside + " " + outside + " " + count;
    }
}
