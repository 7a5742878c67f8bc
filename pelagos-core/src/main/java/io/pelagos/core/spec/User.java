package io.pelagos.core.spec;

import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Who a process runs as, by number or by a name of the container's own {@code /etc/passwd} and
 * {@code /etc/group}.
 *
 * @param user a number or a name, not empty
 * @param group a number or a name; empty for the primary group of the user, or 0 where there is
 *     none
 */
public record User(String user, String group) {
    /** The largest id; 4294967295 means "no change" to the kernel and is no id. */
    public static final long MAX_ID = 0xFFFFFFFEL;

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,10}");
    private static final Pattern NUMERIC = Pattern.compile("-?[0-9]+");
    private static final Pattern FORBIDDEN = Pattern.compile("[:\\p{Cntrl}/ ]");

    /** User and group 0 of the container. */
    public static final User ROOT = new User("0", "0");

    /** Checks names and numbers. */
    public User {
        check("user", user);
        if (!group.isEmpty()) {
            check("group", group);
        }
    }

    /**
     * Returns a user by numbers.
     *
     * @param uid the user id, 0 to 4294967294
     * @param gid the group id, 0 to 4294967294
     * @return the user
     */
    public static User of(long uid, long gid) {
        return new User(Long.toString(uid), Long.toString(gid));
    }

    /**
     * Reads {@code user} or {@code user:group}, each a name or a number, as image configurations
     * and command lines have it.
     *
     * @param text for example {@code www-data}, {@code 1000:1000} or {@code app:4}
     * @return the user
     */
    public static User parse(String text) {
        int colon = text.indexOf(':');
        return colon < 0
                ? new User(text, "")
                : new User(text.substring(0, colon), text.substring(colon + 1));
    }

    /**
     * Returns the user id when it is given by number.
     *
     * @return the number, or empty for a name
     */
    public OptionalLong uid() {
        return number(user);
    }

    /**
     * Returns the group id when it is given by number.
     *
     * @return the number, or empty for a name or none
     */
    public OptionalLong gid() {
        return number(group);
    }

    private static OptionalLong number(String text) {
        return NUMBER.matcher(text).matches()
                ? OptionalLong.of(Long.parseLong(text))
                : OptionalLong.empty();
    }

    private static void check(String what, String text) {
        if (text.isEmpty() || text.length() > 256 || FORBIDDEN.matcher(text).find()) {
            throw new IllegalArgumentException(
                    what + " \"" + text + "\": must be a name or a number");
        }
        if (NUMERIC.matcher(text).matches()
                && (!NUMBER.matcher(text).matches() || Long.parseLong(text) > MAX_ID)) {
            throw new IllegalArgumentException(what + " " + text + ": must be 0 to " + MAX_ID);
        }
    }

    /** Returns {@code user} or {@code user:group}. */
    @Override
    public String toString() {
        return group.isEmpty() ? user : user + ":" + group;
    }
}
