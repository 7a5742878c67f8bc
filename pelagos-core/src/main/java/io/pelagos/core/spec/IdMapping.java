package io.pelagos.core.spec;

import java.util.List;

/**
 * How the owners of files are shown through a mount, see mount_setattr(2), {@code
 * MOUNT_ATTR_IDMAP}: an id that a file has on disk, within a range from {@link IdMap#inside} on, is
 * seen as the id of the host that follows {@link IdMap#outside} as far; and what is made through
 * the mount is written the other way. A file whose owner is in no range belongs to nobody, and no
 * user that is in none can make files.
 *
 * @param users ranges of user ids, at most 340
 * @param groups ranges of group ids, at most 340
 */
public record IdMapping(List<IdMap> users, List<IdMap> groups) {
    /** As many as the kernel takes, see user_namespaces(7). */
    private static final int MOST_RANGES = 340;

    /**
     * That of the container's own user namespace: what user 0 owns on disk belongs to user 0 of the
     * container, though that is somebody else on the host.
     */
    public static final IdMapping OF_CONTAINER = new IdMapping(List.of(), List.of());

    /** Checks the ranges and copies the lists. */
    public IdMapping {
        users = List.copyOf(users);
        groups = List.copyOf(groups);
        if (users.isEmpty() != groups.isEmpty()) {
            throw new IllegalArgumentException(
                    "mapping of ids: ranges of users and of groups belong together");
        }
        check("users", users);
        check("groups", groups);
    }

    private static void check(String what, List<IdMap> ranges) {
        if (ranges.size() > MOST_RANGES) {
            throw new IllegalArgumentException(
                    "mapping of ids: "
                            + ranges.size()
                            + " ranges of "
                            + what
                            + "; at most "
                            + MOST_RANGES);
        }
        for (int i = 0; i < ranges.size(); i++) {
            for (var other : ranges.subList(i + 1, ranges.size())) {
                var range = ranges.get(i);
                if (overlap(range.inside(), other.inside(), range, other)
                        || overlap(range.outside(), other.outside(), range, other)) {
                    throw new IllegalArgumentException(
                            "mapping of ids: the ranges "
                                    + range
                                    + " and "
                                    + other
                                    + " of "
                                    + what
                                    + " overlap");
                }
            }
        }
    }

    private static boolean overlap(long first, long second, IdMap range, IdMap other) {
        return first < second + other.count() && second < first + range.count();
    }

    /**
     * Tells whether this is {@link #OF_CONTAINER}.
     *
     * @return true when it has no ranges of its own
     */
    public boolean isOfContainer() {
        return users.isEmpty();
    }
}
