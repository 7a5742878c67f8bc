package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.ImageReference;

/**
 * Names a repository of a registry.
 *
 * @param registry the registry's name as references write it: a host, with a port where needed
 * @param path the repository's path in it, for example {@code library/redis}
 */
public record Repository(String registry, String path) {
    /**
     * Returns the repository of a reference.
     *
     * @param reference a reference
     * @return where its image lies
     */
    public static Repository of(ImageReference reference) {
        return new Repository(reference.domain(), reference.path());
    }

    @Override
    public String toString() {
        return registry + "/" + path;
    }
}
