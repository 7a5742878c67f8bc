package io.pelagos.image.internal.registry;

import io.pelagos.image.internal.registry.CredentialHelper.HelperException;
import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where credentials come from, in this order:
 *
 * <ol>
 *   <li>what the caller gives for a registry;
 *   <li>{@code PELAGOS_REGISTRY_USER} and {@code PELAGOS_REGISTRY_PASS}, if both are there;
 *   <li>of each of the files {@code REGISTRY_AUTH_FILE}, {@code $DOCKER_CONFIG/config.json}, {@code
 *       $HOME/.docker/config.json} and {@code $XDG_RUNTIME_DIR/containers/auth.json}: the helper
 *       for the registry, the helper for all registries, the entries;
 *   <li>none.
 * </ol>
 *
 * <p>The first two are for the registry that a reference names, never for its mirrors. A helper
 * that does not work does not keep anybody from what is public: it is told when the registry
 * refuses.
 */
public final class CredentialSources {
    private static final System.Logger LOG = System.getLogger(CredentialSources.class.getName());
    private static final Duration HELPER_LIMIT = Duration.ofSeconds(30);

    private final Map<String, Credentials> given;
    private final Map<String, String> environment;
    private final List<Path> files;
    private final Duration helperLimit;

    private CredentialSources(
            Map<String, Credentials> given,
            Map<String, String> environment,
            List<Path> files,
            Duration helperLimit) {
        this.given = given;
        this.environment = environment;
        this.files = files;
        this.helperLimit = helperLimit;
    }

    /**
     * Knows nothing: nobody is told anything.
     *
     * @return sources without credentials
     */
    public static CredentialSources none() {
        return new CredentialSources(Map.of(), Map.of(), List.of(), HELPER_LIMIT);
    }

    /**
     * Looks where an environment says.
     *
     * @param environment variables, as of {@link System#getenv()}
     * @return the sources
     */
    public static CredentialSources of(Map<String, String> environment) {
        var files = new LinkedHashSet<Path>();
        variable(environment, "REGISTRY_AUTH_FILE").map(Path::of).ifPresent(files::add);
        variable(environment, "DOCKER_CONFIG")
                .map(directory -> Path.of(directory).resolve("config.json"))
                .ifPresent(files::add);
        variable(environment, "HOME")
                .map(home -> Path.of(home).resolve(".docker/config.json"))
                .ifPresent(files::add);
        variable(environment, "XDG_RUNTIME_DIR")
                .map(directory -> Path.of(directory).resolve("containers/auth.json"))
                .ifPresent(files::add);
        return new CredentialSources(
                Map.of(), Map.copyOf(environment), List.copyOf(files), HELPER_LIMIT);
    }

    private static Optional<String> variable(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }

    /**
     * Adds what the caller gives.
     *
     * @param registry for which registry
     * @param credentials what it is told
     * @return new sources
     */
    public CredentialSources with(String registry, Credentials credentials) {
        var more = new java.util.HashMap<>(given);
        more.put(RegistryNames.canonical(registry), credentials);
        return new CredentialSources(Map.copyOf(more), environment, files, helperLimit);
    }

    /**
     * Limits how long a helper may take.
     *
     * @param limit the time
     * @return new sources
     */
    public CredentialSources withHelperLimit(Duration limit) {
        return new CredentialSources(given, environment, files, limit);
    }

    /**
     * What was found, and where.
     *
     * @param credentials what the registry is told
     * @param source a variable, a file or a helper
     * @param tried what was looked at before, and why nothing came of it
     */
    record Found(Credentials credentials, String source, List<String> tried) {
        /** In words, for a message about a refusal. */
        String describe() {
            var text =
                    credentials.isAnonymous()
                            ? "no credentials were sent"
                            : "credentials came from " + source;
            return tried.isEmpty() ? text : text + " (tried: " + String.join("; ", tried) + ")";
        }
    }

    /**
     * Looks for credentials.
     *
     * @param name registry and path of a repository, or a registry alone
     * @param named whether a reference names this registry, which is no mirror of another
     */
    Found find(String name, boolean named) {
        var tried = new ArrayList<String>();
        var registry = RegistryNames.canonical(name);
        if (named) {
            var explicit = given.get(registry);
            if (explicit != null) {
                return new Found(explicit, "the caller", tried);
            }
            var user = variable(environment, "PELAGOS_REGISTRY_USER");
            var password = variable(environment, "PELAGOS_REGISTRY_PASS");
            if (user.isPresent() && password.isPresent()) {
                return new Found(
                        Credentials.of(user.get(), password.get()),
                        "PELAGOS_REGISTRY_USER and PELAGOS_REGISTRY_PASS",
                        tried);
            }
        }
        for (var path : files) {
            var found = findIn(path, name, tried);
            if (found.isPresent()) {
                return found.get();
            }
        }
        return new Found(Credentials.ANONYMOUS, "nowhere", List.copyOf(tried));
    }

    private Optional<Found> findIn(Path path, String name, List<String> tried) {
        Optional<CredentialFile> file;
        try {
            file = CredentialFile.read(path);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "credentials: {0}", Throwables.reason(e));
            tried.add(Throwables.reason(e));
            return Optional.empty();
        }
        if (file.isEmpty()) {
            tried.add(path + ": does not exist");
            return Optional.empty();
        }
        var helpers = new LinkedHashSet<String>();
        var registry = RegistryNames.canonical(name);
        file.get().helper(registry).ifPresent(helpers::add);
        file.get().store().ifPresent(helpers::add);
        for (var helper : helpers) {
            var found = ask(helper, registry, path, tried);
            if (found.isPresent()) {
                return found;
            }
        }
        var entry = file.get().find(name);
        if (entry.isEmpty()) {
            tried.add(path + ": has no entry for " + registry);
        }
        return entry.map(it -> new Found(it, path.toString(), List.copyOf(tried)));
    }

    private Optional<Found> ask(String name, String registry, Path path, List<String> tried) {
        try {
            var helper = new CredentialHelper(name, environment, helperLimit);
            for (var key : RegistryNames.variants(registry)) {
                var found = helper.get(key);
                if (found.isPresent() && !found.get().isAnonymous()) {
                    return Optional.of(
                            new Found(found.get(), helper + " of " + path, List.copyOf(tried)));
                }
            }
            tried.add(helper + " of " + path + ": has none for " + registry);
        } catch (HelperException | IllegalArgumentException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "credentials for {0}: {1}: {2}",
                    registry,
                    path,
                    Throwables.reason(e));
            tried.add(path + ": " + Throwables.reason(e));
        }
        return Optional.empty();
    }

    /**
     * Keeps credentials: with the helper that the file names, else in the file.
     *
     * @param registry for which registry
     * @param credentials what it is to be told
     * @return where they are now
     * @throws RegistryException when there is no place for them, or the helper fails
     * @throws io.pelagos.image.spec.StoreException when the file cannot be written
     */
    public String login(String registry, Credentials credentials) {
        var file = primary(registry);
        var helper = helperOf(file, registry);
        if (helper.isEmpty()) {
            file.with(registry, credentials).write();
            return file.toString();
        }
        try {
            helper.get().store(RegistryNames.key(registry), credentials);
        } catch (HelperException e) {
            throw new RegistryException(
                    registry, 0, "login to " + registry + ": " + file + ": " + e.getMessage(), e);
        }
        file.withMark(registry).write();
        return helper.get() + " of " + file;
    }

    /**
     * Forgets credentials.
     *
     * @param registry for which registry
     * @return where they were
     * @throws RegistryException when there are none, or the helper fails
     * @throws io.pelagos.image.spec.StoreException when the file cannot be written
     */
    public String logout(String registry) {
        var file = primary(registry);
        var helper = helperOf(file, registry);
        boolean known = file.hasEntry(registry);
        if (helper.isPresent()) {
            try {
                for (var key : RegistryNames.variants(registry)) {
                    if (helper.get().get(key).isPresent()) {
                        helper.get().erase(key);
                        known = true;
                    }
                }
            } catch (HelperException e) {
                throw new RegistryException(
                        registry,
                        0,
                        "logout from " + registry + ": " + file + ": " + e.getMessage(),
                        e);
            }
        }
        if (!known) {
            throw new RegistryException(
                    registry, 0, "not logged in to " + registry + " (looked into " + file + ")");
        }
        if (file.hasEntry(registry)) {
            file.without(registry).write();
        }
        return helper.map(it -> it + " of " + file).orElse(file.toString());
    }

    private Optional<CredentialHelper> helperOf(CredentialFile file, String registry) {
        try {
            return file.helper(registry)
                    .or(file::store)
                    .map(name -> new CredentialHelper(name, environment, helperLimit));
        } catch (IllegalArgumentException e) {
            throw new RegistryException(registry, 0, file + ": " + e.getMessage(), e);
        }
    }

    /** The file that is written: the first that is looked into. */
    private CredentialFile primary(String registry) {
        if (files.isEmpty()) {
            throw new RegistryException(
                    registry,
                    0,
                    "there is no place for credentials: neither REGISTRY_AUTH_FILE, DOCKER_CONFIG,"
                            + " HOME nor XDG_RUNTIME_DIR is set");
        }
        var path = files.getFirst();
        try {
            return CredentialFile.read(path).orElseGet(() -> CredentialFile.empty(path));
        } catch (IOException e) {
            throw new RegistryException(registry, 0, Throwables.reason(e), e);
        }
    }
}
