package io.pelagos.image.internal.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The names that one registry goes by, in references, in configuration files and on the wire. */
final class RegistryNames {
    /** Docker Hub in references. */
    static final String DOCKER_HUB = "docker.io";

    /** Docker Hub as {@code docker login} writes it into files and tells it to helpers. */
    static final String DOCKER_HUB_KEY = "https://index.docker.io/v1/";

    /** Where Docker Hub answers. */
    static final String DOCKER_HUB_HOST = "registry-1.docker.io";

    private static final Set<String> DOCKER_HUB_NAMES =
            Set.of(DOCKER_HUB, "index.docker.io", DOCKER_HUB_HOST);

    private RegistryNames() {}

    static boolean isDockerHub(String registry) {
        return DOCKER_HUB_NAMES.contains(registry.toLowerCase(Locale.ROOT));
    }

    /** The one name of a registry, whatever a file calls it: without scheme, path and aliases. */
    static String canonical(String key) {
        var name = key;
        int scheme = name.indexOf("://");
        if (scheme >= 0) {
            name = name.substring(scheme + 3);
        }
        int slash = name.indexOf('/');
        if (slash >= 0) {
            name = name.substring(0, slash);
        }
        return isDockerHub(name) ? DOCKER_HUB : name;
    }

    /** The name under which credentials for a registry are stored. */
    static String key(String registry) {
        return isDockerHub(canonical(registry)) ? DOCKER_HUB_KEY : canonical(registry);
    }

    /** The names by which a helper or a table of helpers may know a registry, best first. */
    static List<String> variants(String registry) {
        var name = canonical(registry);
        if (name.equals(DOCKER_HUB)) {
            return List.of(
                    DOCKER_HUB_KEY,
                    "index.docker.io",
                    DOCKER_HUB,
                    "https://index.docker.io/",
                    "https://docker.io/");
        }
        return List.of(name, "https://" + name + "/", "https://" + name);
    }

    /** The keys for a repository: itself, what it lies in, and at last the registry. */
    static List<String> scopes(String name) {
        var scopes = new ArrayList<String>();
        var key = name;
        while (true) {
            scopes.add(key);
            int slash = key.lastIndexOf('/');
            if (slash < 0) {
                return scopes;
            }
            key = key.substring(0, slash);
        }
    }
}
