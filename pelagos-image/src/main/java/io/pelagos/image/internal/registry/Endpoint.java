package io.pelagos.image.internal.registry;

/**
 * One place that is asked for what lies in a repository.
 *
 * @param scheme how it is spoken to
 * @param host host and port on the wire
 * @param path the repository's path there
 * @param registry the name under which credentials for it are kept
 * @param origin whether it is the registry that the reference names, and no mirror of it
 */
record Endpoint(Scheme scheme, String host, String path, String registry, boolean origin) {
    /** How a host is spoken to. */
    enum Scheme {
        /** TLS. */
        HTTPS,
        /** Plain, as a configuration file allows it for this host. */
        HTTP,
        /** Plain where the options allow it for the host, else TLS. */
        AS_ALLOWED
    }

    /** The registry that a reference names. */
    static Endpoint origin(Repository repository) {
        var registry = RegistryNames.canonical(repository.registry());
        return at(Scheme.AS_ALLOWED, registry, repository.path(), true);
    }

    static Endpoint at(Scheme scheme, String registry, String path, boolean origin) {
        var host = RegistryNames.isDockerHub(registry) ? RegistryNames.DOCKER_HUB_HOST : registry;
        return new Endpoint(scheme, host, path, registry, origin);
    }

    /** What credentials are looked for. */
    String name() {
        return path.isEmpty() ? registry : registry + "/" + path;
    }

    @Override
    public String toString() {
        return host + (path.isEmpty() ? "" : "/" + path);
    }
}
