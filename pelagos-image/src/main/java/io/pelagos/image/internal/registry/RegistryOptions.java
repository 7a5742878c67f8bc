package io.pelagos.image.internal.registry;

import java.net.ProxySelector;
import java.util.Map;
import java.util.Set;

/**
 * How registries are spoken to.
 *
 * @param plainHttp which hosts without TLS
 * @param offline whether nothing is sent at all
 * @param proxies what stands in between
 * @param tls certificates beyond the JVM's
 * @param limits how long things may take
 * @param backoff how often things are tried
 * @param realms for a registry, the hosts of authorization servers that may be told its credentials
 *     besides the registry's own host; see {@link #KNOWN_REALMS}
 * @param userAgent what the client calls itself
 */
public record RegistryOptions(
        PlainHttp plainHttp,
        boolean offline,
        ProxySelector proxies,
        TlsFiles tls,
        TimeLimits limits,
        Backoff backoff,
        Map<String, Set<String>> realms,
        String userAgent) {
    /** The registries that are known to have their authorization server on another host. */
    public static final Map<String, Set<String>> KNOWN_REALMS =
            Map.of(
                    RegistryNames.DOCKER_HUB,
                    Set.of("auth.docker.io"),
                    "registry.gitlab.com",
                    Set.of("gitlab.com"));

    /** Copies the table. */
    public RegistryOptions {
        realms = Map.copyOf(realms);
    }

    /**
     * Returns the usual options, without proxies.
     *
     * @return the options
     */
    public static RegistryOptions usual() {
        return usual(Map.of());
    }

    /**
     * Returns the usual options.
     *
     * @param environment names the proxies
     * @return the options
     */
    public static RegistryOptions usual(Map<String, String> environment) {
        return new RegistryOptions(
                PlainHttp.NEARBY,
                false,
                EnvironmentProxies.of(environment),
                TlsFiles.USUAL,
                TimeLimits.USUAL,
                Backoff.USUAL,
                KNOWN_REALMS,
                "pelagos-java");
    }

    /**
     * Changes which hosts are spoken to without TLS.
     *
     * @param other which
     * @return new options
     */
    public RegistryOptions withPlainHttp(PlainHttp other) {
        return new RegistryOptions(
                other, offline, proxies, tls, limits, backoff, realms, userAgent);
    }

    /**
     * Changes whether anything is sent.
     *
     * @param other true for nothing
     * @return new options
     */
    public RegistryOptions withOffline(boolean other) {
        return new RegistryOptions(
                plainHttp, other, proxies, tls, limits, backoff, realms, userAgent);
    }

    /**
     * Changes the proxies.
     *
     * @param other what stands in between
     * @return new options
     */
    public RegistryOptions withProxies(ProxySelector other) {
        return new RegistryOptions(
                plainHttp, offline, other, tls, limits, backoff, realms, userAgent);
    }

    /**
     * Changes the certificates.
     *
     * @param other the files
     * @return new options
     */
    public RegistryOptions withTls(TlsFiles other) {
        return new RegistryOptions(
                plainHttp, offline, proxies, other, limits, backoff, realms, userAgent);
    }

    /**
     * Changes how long things may take.
     *
     * @param other the limits
     * @return new options
     */
    public RegistryOptions withLimits(TimeLimits other) {
        return new RegistryOptions(
                plainHttp, offline, proxies, tls, other, backoff, realms, userAgent);
    }

    /**
     * Changes how often things are tried.
     *
     * @param other how often
     * @return new options
     */
    public RegistryOptions withBackoff(Backoff other) {
        return new RegistryOptions(
                plainHttp, offline, proxies, tls, limits, other, realms, userAgent);
    }

    /**
     * Lets an authorization server on another host be told the credentials for a registry.
     *
     * @param registry the registry, as references name it
     * @param host the server, with its port where the URL has one
     * @return new options
     */
    public RegistryOptions withRealm(String registry, String host) {
        var more = new java.util.HashMap<>(realms);
        var name = RegistryNames.canonical(registry);
        var hosts = new java.util.HashSet<>(more.getOrDefault(name, Set.of()));
        hosts.add(host);
        more.put(name, Set.copyOf(hosts));
        return new RegistryOptions(
                plainHttp, offline, proxies, tls, limits, backoff, more, userAgent);
    }

    /**
     * Changes what the client calls itself.
     *
     * @param other the value of a User-Agent header
     * @return new options
     */
    public RegistryOptions withUserAgent(String other) {
        return new RegistryOptions(
                plainHttp, offline, proxies, tls, limits, backoff, realms, other);
    }
}
