package io.pelagos.image.internal.registry;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How registries are talked to.
 *
 * @param credentials who asks
 * @param mirrors where else images lie
 * @param insecure registries that are asked without TLS, by host and port; local addresses always
 *     may be
 * @param offline whether nothing is asked at all
 * @param realms hosts that may be given credentials for a token, beside the registry's own
 * @param certificates a file with further authorities that certificates are believed from, in PEM
 * @param environment variables that name proxies: {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code
 *     NO_PROXY}
 * @param connect how long a connection may take
 * @param stall how long nothing may be heard
 * @param attempts how often something is tried
 * @param pause how long before the second time; then twice as long each time, at most a minute
 * @param chunk how many bytes of a blob are sent at once; 0 for all
 */
public record RegistryOptions(
        CredentialSource credentials,
        Mirrors mirrors,
        Set<String> insecure,
        boolean offline,
        Set<String> realms,
        @Nullable Path certificates,
        Map<String, String> environment,
        Duration connect,
        Duration stall,
        int attempts,
        Duration pause,
        long chunk) {
    /** Addresses that are this machine's or its network's own, see RFC 1918. */
    private static final Pattern LOCAL =
            Pattern.compile(
                    "localhost|\\[::1]|127\\.\\d+\\.\\d+\\.\\d+|10\\.\\d+\\.\\d+\\.\\d+"
                            + "|192\\.168\\.\\d+\\.\\d+|172\\.(1[6-9]|2\\d|3[01])\\.\\d+\\.\\d+");

    /** Docker's registry has its tokens from another host. */
    private static final Map<String, Set<String>> KNOWN_REALMS =
            Map.of(
                    "registry-1.docker.io", Set.of("auth.docker.io"),
                    "index.docker.io", Set.of("auth.docker.io"));

    /** Copies the sets. */
    public RegistryOptions {
        insecure = Set.copyOf(insecure);
        realms = Set.copyOf(realms);
        environment = Map.copyOf(environment);
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts " + attempts + ": must be at least 1");
        }
    }

    /**
     * Makes the usual options.
     *
     * @param credentials who asks
     * @param mirrors where else images lie
     * @param environment variables that name proxies
     * @return options with 5 attempts and half a minute of silence
     */
    public static RegistryOptions usual(
            CredentialSource credentials, Mirrors mirrors, Map<String, String> environment) {
        return new RegistryOptions(
                credentials,
                mirrors,
                Set.of(),
                false,
                Set.of(),
                null,
                environment,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                5,
                Duration.ofMillis(500),
                0);
    }

    /** Tells whether a registry may be asked without TLS. */
    boolean isInsecure(String registry) {
        int colon = registry.lastIndexOf(':');
        var host = colon > registry.lastIndexOf(']') ? registry.substring(0, colon) : registry;
        return insecure.contains(registry) || LOCAL.matcher(host).matches();
    }

    /** Tells whether a host may be given the credentials for a registry. */
    boolean allowsRealm(String registry, String host) {
        return host.equals(registry)
                || realms.contains(host)
                || KNOWN_REALMS.getOrDefault(registry, Set.of()).contains(host);
    }

    /**
     * Returns the same options with other registries that are asked without TLS.
     *
     * @param hosts by host and port
     * @return new options
     */
    public RegistryOptions withInsecure(List<String> hosts) {
        return new RegistryOptions(
                credentials,
                mirrors,
                Set.copyOf(hosts),
                offline,
                realms,
                certificates,
                environment,
                connect,
                stall,
                attempts,
                pause,
                chunk);
    }
}
