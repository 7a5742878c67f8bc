package io.pelagos.image.internal.registry;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * What one host is trusted by, and what it is shown.
 *
 * @param sockets makes connections
 * @param trust checks certificates: the JVM's authorities and those of the files
 */
record TlsMaterial(SSLSocketFactory sockets, X509TrustManager trust) {
    private static final Pattern KEY =
            Pattern.compile(
                    "-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final List<String> KEY_KINDS = List.of("RSA", "EC", "EdDSA");

    /**
     * Reads what there is for a host.
     *
     * @param files where to look
     * @param host with its port where it has one
     * @return empty when there is nothing beyond what the JVM has
     * @throws IOException when a file cannot be used; the message names it
     */
    static Optional<TlsMaterial> of(TlsFiles files, String host) throws IOException {
        var authorities = new ArrayList<>(files.authorities());
        var certificate = files.certificate().orElse(null);
        var key = files.key().orElse(null);
        for (var directory : files.directories()) {
            var folder = directory.resolve(host);
            if (!Files.isDirectory(folder)) {
                // It is a key of another kind.
            }
            authorities.addAll(list(folder, ".crt"));
            var certificates = list(folder, ".cert");
            if (certificate == null && !certificates.isEmpty()) {
                certificate = certificates.getFirst();
                var name = String.valueOf(certificate.getFileName());
                key = folder.resolve(name.substring(0, name.length() - 5) + ".key");
            }
        }
        if (authorities.isEmpty() && certificate == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(make(authorities, certificate, key));
        } catch (GeneralSecurityException e) {
            throw new IOException("certificates for " + host + ": " + Throwables.reason(e), e);
        }
    }

    private static List<Path> list(Path folder, String ending) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    private static TlsMaterial make(
            List<Path> authorities, @Nullable Path certificate, @Nullable Path key)
            throws IOException, GeneralSecurityException {
        var store = emptyStore();
        int number = 0;
        for (var known : manager(null).getAcceptedIssuers()) {
            store.setCertificateEntry("jvm" + number++, known);
        }
        for (var file : authorities) {
            for (var authority : certificates(file)) {
                store.setCertificateEntry("own" + number++, authority);
            }
        }
        var trust = manager(store);
        var keys = new KeyManager[0];
        if (certificate != null && key != null) {
            keys = keyManagers(certificate, key);
        }
        var context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {trust}, null);
        return new TlsMaterial(context.getSocketFactory(), trust);
    }

    private static KeyManager[] keyManagers(Path certificate, Path key)
            throws IOException, GeneralSecurityException {
        var own = emptyStore();
        own.setKeyEntry(
                "client",
                privateKey(key),
                new char[0],
                certificates(certificate).toArray(Certificate[]::new));
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(own, new char[0]);
        return factory.getKeyManagers();
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static X509TrustManager manager(@Nullable KeyStore store)
            throws GeneralSecurityException {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (var manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager found) {
                return found;
            }
        }
        throw new GeneralSecurityException("this JVM checks no X.509 certificates");
    }

    private static List<X509Certificate> certificates(Path file)
            throws IOException, GeneralSecurityException {
        var found = new ArrayList<X509Certificate>();
        try {
            var factory = CertificateFactory.getInstance("X.509");
            var bytes = new ByteArrayInputStream(Files.readAllBytes(file));
            for (var certificate : factory.generateCertificates(bytes)) {
                if (certificate instanceof X509Certificate x509) {
                    found.add(x509);
                }
            }
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException(file + ": " + e.getMessage(), e);
        }
        if (found.isEmpty()) {
            throw new GeneralSecurityException(file + ": has no certificate in PEM form");
        }
        return found;
    }

    private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        var text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        var matcher = KEY.matcher(text);
        if (!matcher.find()) {
            throw new GeneralSecurityException(
                    file
                            + ": has no private key in the form of PKCS #8; \"openssl pkcs8 -topk8"
                            + " -nocrypt\" makes one of other forms");
        }
        var encoded =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(matcher.group(1).strip()));
        for (var kind : KEY_KINDS) {
            try {
                return KeyFactory.getInstance(kind).generatePrivate(encoded);
            } catch (java.security.spec.InvalidKeySpecException e) {
                // It is a key of another kind.
            }
        }
        throw new GeneralSecurityException(file + ": has a key that is none of " + KEY_KINDS);
    }
}
