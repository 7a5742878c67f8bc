package io.pelagos.core.security;

import java.util.regex.Pattern;

/**
 * A version of Linux as seccomp profiles compare it: the first two numbers only.
 *
 * @param major the first number
 * @param minor the second number
 */
public record KernelVersion(int major, int minor) implements Comparable<KernelVersion> {
    private static final Pattern RELEASE =
            Pattern.compile("([0-9]{1,5})\\.([0-9]{1,5})(?:[^0-9].*)?");

    /**
     * Checks the numbers.
     *
     * @param major the first number
     * @param minor the second number
     */
    public KernelVersion {
        if (major < 0 || minor < 0) {
            throw new IllegalArgumentException("kernel version: negative: " + major + "." + minor);
        }
    }

    /**
     * Parses a version or a whole release text of uname(2).
     *
     * @param release for example {@code 4.8} or {@code 6.12.41-generic}
     * @return the version
     * @throws IllegalArgumentException when the text does not begin with two numbers
     */
    public static KernelVersion parse(String release) {
        var matcher = RELEASE.matcher(release);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("kernel version: not a version: '" + release + "'");
        }
        return new KernelVersion(
                Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
    }

    /**
     * Tells whether this version has what came with another.
     *
     * @param other the version to compare with
     * @return true when this is the same or newer
     */
    public boolean atLeast(KernelVersion other) {
        return compareTo(other) >= 0;
    }

    @Override
    public int compareTo(KernelVersion other) {
        return major != other.major
                ? Integer.compare(major, other.major)
                : Integer.compare(minor, other.minor);
    }

    /** Returns the version as {@code major.minor}. */
    @Override
    public String toString() {
        return major + "." + minor;
    }
}
