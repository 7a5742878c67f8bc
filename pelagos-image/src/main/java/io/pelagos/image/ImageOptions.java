package io.pelagos.image;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How registries are talked to.
 *
 * @param environment variables that are looked at: {@code PELAGOS_REGISTRY_USER} and {@code
 *     PELAGOS_REGISTRY_PASS}, {@code PELAGOS_DEFAULT_REGISTRY}, {@code PELAGOS_REGISTRIES}, {@code
 *     REGISTRY_AUTH_FILE}, {@code HTTPS_PROXY} and so on
 * @param insecure registries that are asked without TLS, by host and port; local ones always may be
 * @param offline whether nothing is asked at all
 * @param certificates a file with further authorities that certificates are believed from, or null
 * @param stall how long nothing may be heard of a registry
 * @param attempts how often something is tried
 * @param pause how long before the second time; then twice as long each time
 * @param parallel how many layers are fetched at a time
 */
public record ImageOptions(
        Map<String, String> environment,
        Set<String> insecure,
        boolean offline,
        @Nullable Path certificates,
        Duration stall,
        int attempts,
        Duration pause,
        int parallel) {
    /** Copies the collections. */
    public ImageOptions {
        environment = Map.copyOf(environment);
        insecure = Set.copyOf(insecure);
        if (parallel < 1) {
            throw new IllegalArgumentException("parallel " + parallel + ": must be at least 1");
        }
    }

    /**
     * Makes the usual options.
     *
     * @return the environment of this process, 5 attempts, 4 layers at a time
     */
    public static ImageOptions usual() {
        return new ImageOptions(
                System.getenv(),
                Set.of(),
                false,
                null,
                Duration.ofSeconds(30),
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
        return new ImageOptions(
                other, insecure, offline, certificates, stall, attempts, pause, parallel);
    }

    /**
     * Changes which registries are asked without TLS.
     *
     * @param other by host and port
     * @return new options
     */
    public ImageOptions withInsecure(Set<String> other) {
        return new ImageOptions(
                environment, other, offline, certificates, stall, attempts, pause, parallel);
    }

    /**
     * Changes how often something is tried.
     *
     * @param times how often
     * @param first how long before the second time
     * @return new options
     */
    public ImageOptions withAttempts(int times, Duration first) {
        return new ImageOptions(
                environment, insecure, offline, certificates, stall, times, first, parallel);
    }
}
