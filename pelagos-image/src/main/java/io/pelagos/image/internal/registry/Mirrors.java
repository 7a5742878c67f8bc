package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.RegistryException;
import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * Where images lie besides their own registry: {@code registries.toml} with {@code [mirrors]
 * "docker.io" = ["http://host:5000"]}, and of containers-registries.conf(5) version 2 the prefix,
 * location, mirrors, and what is insecure or blocked.
 */
public final class Mirrors {
    private static final Mirrors NONE = new Mirrors(List.of());
    private static final TomlMapper TOML = new TomlMapper();

    private final List<Rule> rules;

    /** What is said about all images whose name begins in a certain way. */
    private record Rule(
            String prefix,
            String location,
            boolean insecure,
            boolean blocked,
            List<Location> mirrors) {}

    private record Location(String location, boolean insecure) {}

    private Mirrors(List<Rule> rules) {
        // What says most comes first.
        this.rules =
                rules.stream()
                        .sorted(Comparator.comparingInt((Rule it) -> -it.prefix().length()))
                        .toList();
    }

    /**
     * Returns no mirrors.
     *
     * @return every image lies in its own registry
     */
    public static Mirrors none() {
        return NONE;
    }

    /**
     * Reads the files that are there.
     *
     * @param files each in one of both formats
     * @return the rules of all
     * @throws StoreException when one cannot be read or is not TOML
     */
    public static Mirrors read(List<Path> files) {
        var rules = new ArrayList<Rule>();
        for (var file : files) {
            try {
                var tree = TOML.readTree(Files.readString(file));
                addMirrors(tree, file, rules);
                addRegistries(tree, file, rules);
            } catch (NoSuchFileException _) {
                // Not every machine has mirrors.
            } catch (IOException | JacksonException e) {
                throw new StoreException("reading mirrors from " + file + ": " + e.getMessage(), e);
            }
        }
        return new Mirrors(rules);
    }

    private static void addMirrors(JsonNode tree, Path file, List<Rule> rules) {
        for (var entry : tree.path("mirrors").properties()) {
            var mirrors = new ArrayList<Location>();
            for (var url : entry.getValue()) {
                var text = url.stringValue("");
                boolean plain = text.startsWith("http://");
                if (!plain && !text.startsWith("https://")) {
                    throw refused(file, "mirror \"" + text + "\": must be an http or https URL");
                }
                var location = text.substring(plain ? 7 : 8).replaceAll("/+$", "");
                mirrors.add(new Location(location, plain));
            }
            rules.add(new Rule(entry.getKey(), entry.getKey(), false, false, mirrors));
        }
    }

    private static void addRegistries(JsonNode tree, Path file, List<Rule> rules) {
        for (var registry : tree.path("registry")) {
            var location = registry.path("location").stringValue("");
            var prefix = registry.path("prefix").stringValue(location);
            if (prefix.isEmpty()) {
                throw refused(file, "a registry has neither prefix nor location");
            }
            var mirrors = new ArrayList<Location>();
            for (var mirror : registry.path("mirror")) {
                var place = mirror.path("location").stringValue("");
                if (place.isEmpty()) {
                    throw refused(file, "a mirror of " + prefix + " has no location");
                }
                mirrors.add(new Location(place, mirror.path("insecure").asBoolean(false)));
            }
            rules.add(
                    new Rule(
                            prefix,
                            location.isEmpty() ? prefix : location,
                            registry.path("insecure").asBoolean(false),
                            registry.path("blocked").asBoolean(false),
                            mirrors));
        }
    }

    private static StoreException refused(Path file, String why) {
        return new StoreException(
                "reading mirrors from " + file + ": " + why, new IOException(why));
    }

    /**
     * Returns where an image is looked for.
     *
     * @param reference the image
     * @return mirrors, then the registry itself
     * @throws RegistryException when the registry is blocked
     */
    public List<Endpoint> endpoints(ImageReference reference) {
        for (var rule : rules) {
            if (!fits(rule.prefix(), reference.name())) {
                continue;
            }
            if (rule.blocked()) {
                throw new RegistryException(
                        reference.domain(),
                        0,
                        "asking for "
                                + reference
                                + ": "
                                + rule.prefix()
                                + " is blocked by the configuration of registries");
            }
            var rest = reference.name().substring(rule.prefix().length());
            var all = new ArrayList<Endpoint>();
            for (var mirror : rule.mirrors()) {
                all.add(endpoint(mirror.location() + rest, mirror.insecure()));
            }
            all.add(endpoint(rule.location() + rest, rule.insecure()));
            return all;
        }
        return List.of(origin(reference));
    }

    /** Returns the registry itself. */
    static Endpoint origin(ImageReference reference) {
        return Endpoint.of(reference.domain(), reference.path());
    }

    private static boolean fits(String prefix, String name) {
        return name.equals(prefix) || name.startsWith(prefix + "/");
    }

    private static Endpoint endpoint(String name, boolean plain) {
        int slash = name.indexOf('/');
        return new Endpoint(name.substring(0, slash), name.substring(slash + 1), plain);
    }
}
