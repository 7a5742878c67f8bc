package io.pelagos.image;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How registries are talked to.
 *
 * @param environment variables that are looked at: {@code PELAGOS_REGISTRY_USER} and {@code
 *     PELAGOS_REGISTRY_PASS}, {@code PELAGOS_DEFAULT_REGISTRY}, {@code PELAGOS_REGISTRIES}, {@code
 *     REGISTRY_AUTH_FILE}, {@code HTTPS_PROXY} and so on
 * @param insecure registries that are asked without TLS, by host and port; local ones always may be
 * @param offline whether nothing is asked at all
 * @param certificates a PEM file with further authorities that certificates are believed from, or
 *     null
 * @param identity who this client is to registries that ask for a certificate, or null
 * @param realms for a registry, the hosts of authorization servers that may be told its credentials
 *     besides the registry's own host
 * @param stall how long nothing may be heard of a registry
 * @param total how long one operation may take with all that is tried again, zero for no limit
 * @param attempts how often something is tried
 * @param pause how long before the second time; then twice as long each time
 * @param parallel how many layers are fetched at a time
 */
public record ImageOptions(
        Map<String, String> environment,
        Set<String> insecure,
        boolean offline,
        @Nullable Path certificates,
        @Nullable Identity identity,
        Map<String, Set<String>> realms,
        Duration stall,
        Duration total,
        int attempts,
        Duration pause,
        int parallel) {
    /** Copies the collections. */
    public ImageOptions {
        environment = Map.copyOf(environment);
        insecure = Set.copyOf(insecure);
        realms = Map.copyOf(realms);
        if (!stall.isPositive()) {
            throw new IllegalArgumentException("stall " + stall + ": must be positive");
        }
        if (total.isNegative()) {
            throw new IllegalArgumentException("total " + total + ": must not be negative");
        }
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts " + attempts + ": must be at least 1");
        }
        if (parallel < 1) {
            throw new IllegalArgumentException("parallel " + parallel + ": must be at least 1");
        }
    }

    /**
     * Who a client is to a registry that asks for a certificate.
     *
     * @param certificate a PEM file with the client's certificate and those that lead to it
     * @param key a PEM file with its private key, PKCS #8 and not encrypted
     */
    public record Identity(Path certificate, Path key) {}

    /**
     * Makes the usual options.
     *
     * @return the environment of this process, 30 seconds of silence, two hours in all, 5 attempts,
     *     4 layers at a time
     */
    public static ImageOptions usual() {
        return new ImageOptions(
                System.getenv(),
                Set.of(),
                false,
                null,
                null,
                Map.of(),
                Duration.ofSeconds(30),
                Duration.ofHours(2),
                5,
                Duration.ofMillis(500),
                4);
    }

    /**
     * Changes the environment.
     *
     * @param other variables that are looked at
     * @return new options
     */
    public ImageOptions withEnvironment(Map<String, String> other) {
        return with(it -> it.environment = other);
    }

    /**
     * Changes which registries are asked without TLS.
     *
     * @param other by host and port
     * @return new options
     */
    public ImageOptions withInsecure(Set<String> other) {
        return with(it -> it.insecure = other);
    }

    /**
     * Changes whether anything is asked at all.
     *
     * @param other true for nothing: what is not here then fails at once
     * @return new options
     */
    public ImageOptions withOffline(boolean other) {
        return with(it -> it.offline = other);
    }

    /**
     * Adds authorities that certificates of registries are believed from. Those in the folders of
     * {@code /etc/pelagos/certs.d}, {@code /etc/containers/certs.d} and {@code /etc/docker/certs.d}
     * are for single hosts, and always looked at.
     *
     * @param file a PEM file with certificates
     * @return new options
     */
    public ImageOptions withCertificates(Path file) {
        return with(it -> it.certificates = file);
    }

    /**
     * Changes who this client is to registries that ask for a certificate.
     *
     * @param certificate a PEM file with the client's certificate and those that lead to it
     * @param key a PEM file with its private key, PKCS #8 and not encrypted
     * @return new options
     */
    public ImageOptions withIdentity(Path certificate, Path key) {
        return with(it -> it.identity = new Identity(certificate, key));
    }

    /**
     * Lets an authorization server on another host be told the credentials for a registry.
     *
     * @param registry the registry, as references name it
     * @param host the server, with its port where the URL has one
     * @return new options
     */
    public ImageOptions withRealm(String registry, String host) {
        var more = new HashMap<>(realms);
        var hosts = new TreeSet<>(more.getOrDefault(registry, Set.of()));
        hosts.add(host);
        more.put(registry, Set.copyOf(hosts));
        return with(it -> it.realms = more);
    }

    /**
     * Changes how long something may take.
     *
     * @param silence how long nothing may be heard of a registry
     * @param whole how long one operation may take with all that is tried again, zero for no limit
     * @return new options
     */
    public ImageOptions withLimits(Duration silence, Duration whole) {
        return with(
                it -> {
                    it.stall = silence;
                    it.total = whole;
                });
    }

    /**
     * Changes how often something is tried.
     *
     * @param times how often
     * @param first how long before the second time
     * @return new options
     */
    public ImageOptions withAttempts(int times, Duration first) {
        return with(
                it -> {
                    it.attempts = times;
                    it.pause = first;
                });
    }

    /**
     * Changes how many layers are fetched at a time.
     *
     * @param most at least 1
     * @return new options
     */
    public ImageOptions withParallel(int most) {
        return with(it -> it.parallel = most);
    }

    private ImageOptions with(Consumer<Draft> change) {
        var draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** The options while one of them is changed. */
    private static final class Draft {
        private Map<String, String> environment;
        private Set<String> insecure;
        private boolean offline;
        private @Nullable Path certificates;
        private @Nullable Identity identity;
        private Map<String, Set<String>> realms;
        private Duration stall;
        private Duration total;
        private int attempts;
        private Duration pause;
        private int parallel;

        Draft(ImageOptions options) {
            environment = options.environment;
            insecure = options.insecure;
            offline = options.offline;
            certificates = options.certificates;
            identity = options.identity;
            realms = options.realms;
            stall = options.stall;
            total = options.total;
            attempts = options.attempts;
            pause = options.pause;
            parallel = options.parallel;
        }

        ImageOptions options() {
            return new ImageOptions(
                    environment,
                    insecure,
                    offline,
                    certificates,
                    identity,
                    realms,
                    stall,
                    total,
                    attempts,
                    pause,
                    parallel);
        }
    }
}
