package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.RegistryException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the content of some repositories lies.
 *
 * @param prefix a registry, a path in one, or {@code *.domain}
 * @param location what stands instead of the prefix at the origin, empty when nothing does
 * @param scheme how the origin is spoken to
 * @param blocked whether nothing may be fetched from there
 * @param mirrors what is asked before
 * @param source the file that says so
 */
record MirrorRule(
        String prefix,
        String location,
        Endpoint.Scheme scheme,
        boolean blocked,
        List<Mirror> mirrors,
        String source) {

    /** For which references a mirror may be asked. */
    enum Use {
        ALL,
        DIGEST_ONLY,
        TAG_ONLY
    }

    /**
     * A mirror.
     *
     * @param location a host, or a path on one, that stands instead of the prefix
     * @param scheme how it is spoken to
     * @param use when it may be asked
     */
    record Mirror(String location, Endpoint.Scheme scheme, Use use) {
        boolean serves(boolean byDigest) {
            return switch (use) {
                case ALL -> true;
                case DIGEST_ONLY -> byDigest;
                case TAG_ONLY -> !byDigest;
            };
        }
    }

    MirrorRule {
        mirrors = List.copyOf(mirrors);
    }

    boolean covers(Repository repository) {
        if (prefix.startsWith("*.")) {
            return repository.registry().endsWith(prefix.substring(1));
        }
        var name = name(repository);
        return name.equals(prefix) || name.startsWith(prefix + "/");
    }

    private static String name(Repository repository) {
        return RegistryNames.canonical(repository.registry()) + "/" + repository.path();
    }

    List<Endpoint> endpoints(Repository repository, boolean byDigest) {
        if (blocked) {
            throw new RegistryException(
                    repository.registry(),
                    0,
                    repository + " may not be used: " + prefix + " is blocked by " + source);
        }
        var endpoints = new ArrayList<Endpoint>();
        for (var mirror : mirrors) {
            if (mirror.serves(byDigest)) {
                endpoints.add(rewritten(repository, mirror.location, mirror.scheme, false));
            }
        }
        endpoints.add(
                location.isEmpty()
                        ? Endpoint.at(
                                scheme,
                                RegistryNames.canonical(repository.registry()),
                                repository.path(),
                                true)
                        : rewritten(repository, location, scheme, true));
        return endpoints;
    }

    private Endpoint rewritten(
            Repository repository, String place, Endpoint.Scheme how, boolean last) {
        var name = name(repository);
        // With a wildcard the host is replaced, and the path stays.
        int rest =
                prefix.startsWith("*.")
                        ? RegistryNames.canonical(repository.registry()).length()
                        : prefix.length();
        var whole = place + name.substring(rest);
        int slash = whole.indexOf('/');
        var host = RegistryNames.canonical(slash < 0 ? whole : whole.substring(0, slash));
        var path = slash < 0 ? "" : whole.substring(slash + 1);
        boolean same = host.equals(RegistryNames.canonical(repository.registry()));
        return Endpoint.at(how, host, path, last && same);
    }
}
