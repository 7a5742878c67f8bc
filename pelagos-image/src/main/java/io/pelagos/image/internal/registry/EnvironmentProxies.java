package io.pelagos.image.internal.registry;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that {@code HTTP_PROXY}, {@code HTTPS_PROXY} and {@code NO_PROXY} name, in either
 * case, the lower first. {@code NO_PROXY} lists hosts, domains, IPv4 networks, or {@code *}; this
 * host is always spoken to directly.
 */
public final class EnvironmentProxies extends ProxySelector {
    private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);
    private static final int HTTP_PORT = 80;

    private final @Nullable URI http;
    private final @Nullable URI https;
    private final List<String> exceptions;

    private EnvironmentProxies(@Nullable URI http, @Nullable URI https, List<String> exceptions) {
        this.http = http;
        this.https = https;
        this.exceptions = exceptions;
    }

    /**
     * Reads an environment.
     *
     * @param environment variables, as of {@link System#getenv()}
     * @return what it says
     * @throws IllegalArgumentException when a proxy is no http URL; the message names the variable
     */
    public static EnvironmentProxies of(Map<String, String> environment) {
        return new EnvironmentProxies(
                proxy(environment, "HTTP_PROXY"),
                proxy(environment, "HTTPS_PROXY"),
                Arrays.stream(variable(environment, "NO_PROXY").split(","))
                        .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
                        .filter(entry -> !entry.isEmpty())
                        .toList());
    }

    private static String variable(Map<String, String> environment, String name) {
        var lower = environment.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        return lower.isEmpty() ? environment.getOrDefault(name, "") : lower;
    }

    private static @Nullable URI proxy(Map<String, String> environment, String name) {
        var text = variable(environment, name);
        if (text.isEmpty()) {
            return null;
        }
        // Not quoted in the message, since it may have a password.
        try {
            var uri = URI.create(text.contains("://") ? text : "http://" + text);
            if (uri.getHost() != null && "http".equals(uri.getScheme())) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": is no URL");
        }
        throw new IllegalArgumentException(name + ": must be http://host:port");
    }

    @Override
    public List<Proxy> select(URI uri) {
        var proxy = "https".equals(uri.getScheme()) ? https : http;
        var host = uri.getHost();
        if (proxy == null || host == null || isException(PlainHttp.hostOf(host), uri.getPort())) {
            return DIRECT;
        }
        return List.of(
                new Proxy(
                        Proxy.Type.HTTP,
                        InetSocketAddress.createUnresolved(proxy.getHost(), port(proxy))));
    }

    private static int port(URI proxy) {
        return proxy.getPort() < 0 ? HTTP_PORT : proxy.getPort();
    }

    private boolean isException(String host, int port) {
        if (host.equals("localhost") || host.equals("::1") || host.startsWith("127.")) {
            return true;
        }
        return exceptions.stream().anyMatch(entry -> matches(entry, host, port));
    }

    private static boolean matches(String entry, String host, int port) {
        if (entry.equals("*")) {
            return true;
        }
        if (entry.indexOf('/') > 0) {
            return inNetwork(entry, host);
        }
        var name = entry;
        int colon = entry.lastIndexOf(':');
        if (colon > 0 && entry.indexOf(':') == colon) {
            if (!entry.substring(colon + 1).equals(String.valueOf(port))) {
                return false;
            }
            name = entry.substring(0, colon);
        }
        if (name.startsWith("*.")) {
            name = name.substring(1);
        }
        return name.startsWith(".")
                ? host.endsWith(name)
                : host.equals(name) || host.endsWith("." + name);
    }

    private static boolean inNetwork(String entry, String host) {
        int slash = entry.indexOf('/');
        var network = address(entry.substring(0, slash));
        var address = address(host);
        if (network.isEmpty() || address.isEmpty()) {
            return false;
        }
        try {
            int bits = Integer.parseInt(entry.substring(slash + 1));
            int mask = bits <= 0 ? 0 : -1 << (32 - Math.min(bits, 32));
            return (network.get() & mask) == (address.get() & mask);
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static Optional<Integer> address(String text) {
        var parts = text.split("\\.", -1);
        int address = 0;
        for (var part : parts) {
            if (parts.length != 4 || !part.matches("\\d{1,3}") || Integer.parseInt(part) > 255) {
                return Optional.empty();
            }
            address = address << 8 | Integer.parseInt(part);
        }
        return Optional.of(address);
    }

    /** What a proxy is told about who is asking, from the user part of its URL. */
    Optional<Credentials> credentials(String host, int port) {
        for (var proxy : new @Nullable URI[] {https, http}) {
            if (proxy != null && host.equals(proxy.getHost()) && port == port(proxy)) {
                var user = proxy.getUserInfo();
                if (user != null) {
                    int colon = user.indexOf(':');
                    return Optional.of(
                            Credentials.of(
                                    colon < 0 ? user : user.substring(0, colon),
                                    colon < 0 ? "" : user.substring(colon + 1)));
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // The exchange that failed reports it.
    }
}
