package io.pelagos.core.internal.plan;

import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.User;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A range of ids that a user may use beside its own, see subuid(5) and subgid(5).
 *
 * @param first the first id on the host
 * @param count how many, at least 1
 */
public record SubordinateIds(long first, long count) {
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,10}");

    /**
     * Finds the ranges of one user. A line that makes no sense is passed over, as by newuidmap(1).
     *
     * @param text what {@code /etc/subuid} or {@code /etc/subgid} holds
     * @param user the name of the user
     * @param uid its number, by which it may be called too
     * @return the ranges, in the order of the file
     */
    public static List<SubordinateIds> parse(String text, String user, long uid) {
        var ranges = new ArrayList<SubordinateIds>();
        for (var line : text.lines().toList()) {
            var fields = line.strip().split(":", -1);
            boolean own =
                    fields.length == 3
                            && (fields[0].equals(user) || fields[0].equals(Long.toString(uid)));
            if (own && NUMBER.matcher(fields[1]).matches() && NUMBER.matcher(fields[2]).matches()) {
                long first = Long.parseLong(fields[1]);
                long count = Long.parseLong(fields[2]);
                if (count > 0 && first + count - 1 <= User.MAX_ID) {
                    ranges.add(new SubordinateIds(first, count));
                }
            }
        }
        return List.copyOf(ranges);
    }

    /**
     * Maps 0 to the user itself, and all ranges behind it.
     *
     * @param own the id of the user on the host
     * @param ranges what else it may use
     * @return ranges without a gap on the inside
     */
    public static List<IdMap> below(long own, List<SubordinateIds> ranges) {
        var maps = new ArrayList<IdMap>();
        maps.add(new IdMap(0, own, 1));
        return with(maps, 1, ranges);
    }

    /**
     * Maps the ranges from 0 on, so that nobody of the host is in them.
     *
     * @param ranges what may be used
     * @return ranges without a gap on the inside
     */
    public static List<IdMap> alone(List<SubordinateIds> ranges) {
        return with(new ArrayList<>(), 0, ranges);
    }

    private static List<IdMap> with(List<IdMap> maps, long inside, List<SubordinateIds> ranges) {
        long next = inside;
        for (var range : ranges) {
            long count = Math.min(range.count(), User.MAX_ID - next);
            if (count > 0) {
                maps.add(new IdMap(next, range.first(), count));
                next += count;
            }
        }
        return List.copyOf(maps);
    }
}
