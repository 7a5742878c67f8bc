package io.pelagos.image.internal.registry;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Certificates beyond those that the JVM trusts.
 *
 * @param authorities PEM files with certificates of authorities
 * @param certificate a PEM file with the client's certificate and those that lead to it
 * @param key a PEM file with the client's private key, PKCS #8 and not encrypted
 * @param directories directories like {@code /etc/docker/certs.d}, with a folder for each host in
 *     which {@code *.crt} are authorities, and {@code *.cert} with {@code *.key} the client's
 */
public record TlsFiles(
        List<Path> authorities,
        Optional<Path> certificate,
        Optional<Path> key,
        List<Path> directories) {
    /** None. */
    public static final TlsFiles NONE =
            new TlsFiles(List.of(), Optional.empty(), Optional.empty(), List.of());

    /** Where other programs keep them. */
    public static final TlsFiles USUAL =
            new TlsFiles(
                    List.of(),
                    Optional.empty(),
                    Optional.empty(),
                    List.of(
                            Path.of("/etc/pelagos/certs.d"),
                            Path.of("/etc/containers/certs.d"),
                            Path.of("/etc/docker/certs.d")));

    /** Copies the lists. */
    public TlsFiles {
        authorities = List.copyOf(authorities);
        directories = List.copyOf(directories);
        if (certificate.isPresent() != key.isPresent()) {
            throw new IllegalArgumentException(
                    "certificate \""
                            + certificate.map(Path::toString).orElse("")
                            + "\": a client certificate and its key must be given together");
        }
    }

    /**
     * Adds authorities.
     *
     * @param file a PEM file with certificates
     * @return new files
     */
    public TlsFiles trusting(Path file) {
        var more = new java.util.ArrayList<>(authorities);
        more.add(file);
        return new TlsFiles(more, certificate, key, directories);
    }
}
