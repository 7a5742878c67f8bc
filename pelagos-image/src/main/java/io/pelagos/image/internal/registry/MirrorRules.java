package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.RegistryException;
import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Where else than in the registry that a reference names its content may be fetched. */
public final class MirrorRules {
    private final List<MirrorRule> rules;

    private MirrorRules(List<MirrorRule> rules) {
        this.rules = List.copyOf(rules);
    }

    /**
     * Knows no mirrors.
     *
     * @return rules that lead to the named registry alone
     */
    public static MirrorRules none() {
        return new MirrorRules(List.of());
    }

    /**
     * Reads the files of this host: {@code PELAGOS_REGISTRIES} or {@code
     * /etc/pelagos/registries.toml}, and {@code CONTAINERS_REGISTRIES_CONF}, else {@code
     * $HOME/.config/containers/registries.conf}, else {@code /etc/containers/registries.conf}. For
     * a registry that both name, the first counts.
     *
     * @param environment variables, as of {@link System#getenv()}
     * @return the rules
     * @throws StoreException when a file cannot be read
     * @throws IllegalArgumentException when a file is something else; the message names it
     */
    public static MirrorRules load(Map<String, String> environment) {
        var own = environment.getOrDefault("PELAGOS_REGISTRIES", "/etc/pelagos/registries.toml");
        var rules = new ArrayList<MirrorRule>();
        read(Path.of(own)).ifPresent(text -> rules.addAll(MirrorFiles.pelagos(text, own)));
        for (var path : containersFiles(environment).toList()) {
            var text = read(path);
            if (text.isPresent()) {
                rules.addAll(MirrorFiles.containers(text.get(), path.toString()));
                break;
            }
        }
        return new MirrorRules(rules);
    }

    private static Stream<Path> containersFiles(Map<String, String> environment) {
        var named = environment.get("CONTAINERS_REGISTRIES_CONF");
        if (named != null && !named.isEmpty()) {
            return Stream.of(Path.of(named));
        }
        var home = environment.getOrDefault("HOME", "");
        var system = Path.of("/etc/containers/registries.conf");
        return home.isEmpty()
                ? Stream.of(system)
                : Stream.of(Path.of(home, ".config/containers/registries.conf"), system);
    }

    private static Optional<String> read(Path path) {
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Files.readString(path));
        } catch (IOException e) {
            throw new StoreException("reading mirrors from " + path + ": " + e, e);
        }
    }

    /**
     * Reads rules in the format of {@code registries.toml}: a table {@code mirrors} with a list of
     * URLs for each registry.
     *
     * @param text the document
     * @param source its name, for messages
     * @return the rules
     * @throws IllegalArgumentException when it is something else
     */
    public static MirrorRules pelagos(String text, String source) {
        return new MirrorRules(MirrorFiles.pelagos(text, source));
    }

    /**
     * Reads rules in the format of containers-registries.conf(5), version 2: prefix, location,
     * insecure, blocked and mirrors. Short names are not looked up.
     *
     * @param text the document
     * @param source its name, for messages
     * @return the rules
     * @throws IllegalArgumentException when it is something else
     */
    public static MirrorRules containers(String text, String source) {
        return new MirrorRules(MirrorFiles.containers(text, source));
    }

    /**
     * Returns the places to ask, in order; the last is the registry itself.
     *
     * @param repository what is wanted
     * @param byDigest whether it is wanted by digest; some mirrors may be asked only then, or never
     *     then
     * @throws RegistryException when a rule blocks it
     */
    List<Endpoint> endpoints(Repository repository, boolean byDigest) {
        var rule = rule(repository);
        if (rule.isEmpty()) {
            return List.of(Endpoint.origin(repository));
        }
        return rule.get().endpoints(repository, byDigest);
    }

    /** The registry itself, which is what is pushed to. */
    Endpoint origin(Repository repository) {
        return endpoints(repository, true).getLast();
    }

    private Optional<MirrorRule> rule(Repository repository) {
        var found =
                rules.stream()
                        .filter(rule -> rule.covers(repository))
                        .max(Comparator.comparingInt(rule -> rule.prefix().length()));
        // Of several with the same prefix the first counts, as it stands in the nearer file.
        return found.flatMap(
                best ->
                        rules.stream()
                                .filter(rule -> rule.prefix().equals(best.prefix()))
                                .findFirst());
    }
}
