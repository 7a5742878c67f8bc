package io.pelagos.core.internal.probe;

import java.util.Optional;
import java.util.regex.Pattern;

/** The first two numbers of a kernel release such as {@code 6.1.0-18-amd64}. */
record KernelVersion(int major, int minor) implements Comparable<KernelVersion> {
    private static final Pattern RELEASE = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?:\\D.*)?");

    static Optional<KernelVersion> parse(String release) {
        var matcher = RELEASE.matcher(release);
        return matcher.matches()
                ? Optional.of(
                        new KernelVersion(
                                Integer.parseInt(matcher.group(1)),
                                Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    boolean atLeast(int otherMajor, int otherMinor) {
        return compareTo(new KernelVersion(otherMajor, otherMinor)) >= 0;
    }

    @Override
    public int compareTo(KernelVersion other) {
        return major != other.major
                ? Integer.compare(major, other.major)
                : Integer.compare(minor, other.minor);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
