package io.pelagos.image.internal.registry;

/**
 * Where a repository is asked for.
 *
 * @param host a host, with a port where one is named
 * @param path the repository there
 * @param plain whether TLS is left out though the host is not local
 */
public record Endpoint(String host, String path, boolean plain) {
    private static final String HUB = "docker.io";

    static Endpoint of(String domain, String path) {
        return new Endpoint(domain, path, false);
    }

    /** The host that answers for a registry: Docker's has another name than its images. */
    String server() {
        return host.equals(HUB) ? "registry-1.docker.io" : host;
    }
}
