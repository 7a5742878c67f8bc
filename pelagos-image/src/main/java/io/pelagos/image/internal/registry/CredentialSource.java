package io.pelagos.image.internal.registry;

import java.util.Optional;

/** Knows who asks a registry. */
@FunctionalInterface
public interface CredentialSource {
    /**
     * Looks up a credential.
     *
     * @param registry the host, with a port where one is named
     * @param path the repository
     * @return empty for nobody
     */
    Optional<Credential> find(String registry, String path);
}
