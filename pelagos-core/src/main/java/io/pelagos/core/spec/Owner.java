package io.pelagos.core.spec;

/**
 * Who owns a copy: numbers as the container has them.
 *
 * @param uid the user id
 * @param gid the group id
 */
public record Owner(long uid, long gid) implements CopySetting {
    /** Checks the numbers. */
    public Owner {
        if (uid < 0 || uid > User.MAX_ID || gid < 0 || gid > User.MAX_ID) {
            throw new IllegalArgumentException(
                    "owner " + uid + ":" + gid + ": must be 0 to " + User.MAX_ID);
        }
    }

    /**
     * Makes an owner.
     *
     * @param uid the user id
     * @param gid the group id
     * @return the owner
     */
    public static Owner of(long uid, long gid) {
        return new Owner(uid, gid);
    }
}
