package io.pelagos.image.internal.registry;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where credentials come from, in this order: {@code PELAGOS_REGISTRY_USER} and {@code
 * PELAGOS_REGISTRY_PASS}, {@code REGISTRY_AUTH_FILE}, {@code DOCKER_CONFIG/config.json} or {@code
 * ~/.docker/config.json}, and containers-auth.json(5) of podman and skopeo. The first that says
 * something is taken.
 */
public final class Credentials implements CredentialSource {
    private static final Duration HELPER_LIMIT = Duration.ofSeconds(30);

    private final Map<String, String> environment;
    private final List<Path> files;
    private final CredentialHelper helpers;

    private Credentials(
            Map<String, String> environment, List<Path> files, CredentialHelper helpers) {
        this.environment = environment;
        this.files = files;
        this.helpers = helpers;
    }

    /**
     * Finds the places.
     *
     * @param environment variables of the process
     * @param docker Docker's file, if there is a place for one
     * @return the source
     */
    public static Credentials of(Map<String, String> environment, Optional<Path> docker) {
        var files = new ArrayList<Path>();
        path(environment, "REGISTRY_AUTH_FILE").ifPresent(files::add);
        docker.ifPresent(files::add);
        path(environment, "XDG_RUNTIME_DIR")
                .ifPresent(it -> files.add(it.resolve("containers/auth.json")));
        return new Credentials(
                Map.copyOf(environment),
                List.copyOf(files),
                new CredentialHelper(HELPER_LIMIT, Map.of()));
    }

    private static Optional<Path> path(Map<String, String> environment, String variable) {
        var value = environment.getOrDefault(variable, "");
        return value.startsWith("/") ? Optional.of(Path.of(value)) : Optional.empty();
    }

    /**
     * Returns where credentials are looked for.
     *
     * @return files, which need not exist
     */
    public List<Path> files() {
        return files;
    }

    /**
     * Opens the file that a new credential goes to.
     *
     * @return the first file that is looked into
     */
    public DockerConfig writable() {
        if (files.isEmpty()) {
            throw new IllegalStateException(
                    "there is no place for credentials: set HOME, DOCKER_CONFIG or"
                            + " REGISTRY_AUTH_FILE");
        }
        return DockerConfig.read(files.getFirst(), helpers);
    }

    @Override
    public Optional<Credential> find(String registry, String path) {
        var user = environment.getOrDefault("PELAGOS_REGISTRY_USER", "");
        var password = environment.getOrDefault("PELAGOS_REGISTRY_PASS", "");
        if (!user.isEmpty() && !password.isEmpty()) {
            return Optional.of(Credential.of(user, password));
        }
        for (var file : files) {
            var found = DockerConfig.read(file, helpers).find(registry, path);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }
}
