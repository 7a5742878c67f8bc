package io.pelagos.image.internal.registry;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which hosts may be spoken to without TLS.
 *
 * @param hosts those that are allowed by name, with or without a port
 * @param everywhere whether all are
 * @param nearby whether this host and private IPv4 networks are: localhost, 127.0.0.1, ::1, 10/8,
 *     172.16/12 and 192.168/16
 */
public record PlainHttp(Set<String> hosts, boolean everywhere, boolean nearby) {
    /** Nearby hosts only. */
    public static final PlainHttp NEARBY = new PlainHttp(Set.of(), false, true);

    /** No host at all. */
    public static final PlainHttp NEVER = new PlainHttp(Set.of(), false, false);

    private static final Pattern PRIVATE =
            Pattern.compile(
                    "127\\.0\\.0\\.1"
                            + "|10(\\.\\d{1,3}){3}"
                            + "|192\\.168(\\.\\d{1,3}){2}"
                            + "|172\\.(1[6-9]|2\\d|3[01])(\\.\\d{1,3}){2}");

    /** Copies the set. */
    public PlainHttp {
        hosts = Set.copyOf(hosts);
    }

    /**
     * Adds a host.
     *
     * @param host with or without a port
     * @return a new value
     */
    public PlainHttp with(String host) {
        var more = new java.util.HashSet<>(hosts);
        more.add(host);
        return new PlainHttp(more, everywhere, nearby);
    }

    /** Tells whether a host may be spoken to plainly. */
    boolean allows(String hostAndPort) {
        return allowsByName(hostAndPort) || (nearby && isNearby(hostOf(hostAndPort)));
    }

    /** Tells whether somebody has said so, which a mere address in a redirect does not. */
    boolean allowsByName(String hostAndPort) {
        return everywhere || hosts.contains(hostAndPort) || hosts.contains(hostOf(hostAndPort));
    }

    private static boolean isNearby(String host) {
        return host.equals("localhost") || host.equals("::1") || PRIVATE.matcher(host).matches();
    }

    /** A host without its port and the brackets of an IPv6 address. */
    static String hostOf(String hostAndPort) {
        var text = hostAndPort.toLowerCase(Locale.ROOT);
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            return text.substring(1, end < 0 ? text.length() : end);
        }
        int colon = text.indexOf(':');
        return colon < 0 || text.indexOf(':', colon + 1) >= 0 ? text : text.substring(0, colon);
    }
}
