package io.pelagos.image.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.pelagos.image.spec.RegistryException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir Path directory;
    private HttpsServer server;
    private String host;

    @BeforeEach
    void serve() throws Exception {
        var keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        var command =
                List.of(
                        keytool,
                        "-genkeypair",
                        "-alias",
                        "k",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=127.0.0.1",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        directory + "/k.p12",
                        "-storepass",
                        "changeit");
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
        var store = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(directory.resolve("k.p12"))) {
            store.load(in, PASSWORD);
        }
        write("k.crt", "CERTIFICATE", store.getCertificate("k").getEncoded());
        write("k.key", "PRIVATE KEY", store.getKey("k", PASSWORD).getEncoded());
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("k", store.getCertificate("k"));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(
                new HttpsConfigurator(context) {
                    @Override
                    public void configure(HttpsParameters parameters) {
                        var ssl = context.getDefaultSSLParameters();
                        ssl.setNeedClientAuth(true);
                        parameters.setSSLParameters(ssl);
                    }
                });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        exchange.sendResponseHeaders(200, -1);
                    }
                });
        server.start();
        host = "127.0.0.1:" + server.getAddress().getPort();
    }

    private void write(String name, String kind, byte[] encoded) throws Exception {
        Files.writeString(
                directory.resolve(name),
                "-----BEGIN %s-----\n%s\n-----END %s-----\n"
                        .formatted(kind, Base64.getMimeEncoder().encodeToString(encoded), kind));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void ping(TlsFiles files, PlainHttp plain) {
        var options =
                RegistryOptions.usual()
                        .withTls(files)
                        .withPlainHttp(plain)
                        .withBackoff(new Backoff(1, Duration.ZERO, Duration.ZERO));
        try (var client =
                new RegistryClient(options, CredentialSources.none(), MirrorRules.none())) {
            client.ping(host);
        }
    }

    @Test
    void aServerIsTrustedByAnAuthorityAndShownACertificate() {
        var certificate = directory.resolve("k.crt");

        ping(
                new TlsFiles(
                        List.of(certificate),
                        Optional.of(certificate),
                        Optional.of(directory.resolve("k.key")),
                        List.of()),
                PlainHttp.NEVER);
    }

    @Test
    void theFolderOfAHostHasItsCertificatesAndAsksForTls() throws Exception {
        var folder = Files.createDirectories(directory.resolve("certs.d").resolve(host));
        Files.copy(directory.resolve("k.crt"), folder.resolve("ca.crt"));
        Files.copy(directory.resolve("k.crt"), folder.resolve("client.cert"));
        Files.copy(directory.resolve("k.key"), folder.resolve("client.key"));

        ping(
                new TlsFiles(
                        List.of(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(directory.resolve("certs.d"))),
                PlainHttp.NEARBY);
    }

    @Test
    void aServerThatNobodyVouchesForIsRefused() {
        assertThatThrownBy(() -> ping(TlsFiles.NONE, PlainHttp.NEVER))
                .isInstanceOf(RegistryException.class);
    }

    @Test
    void aKeyInAnotherFormIsRefusedWithAnAnswerToIt() throws Exception {
        write("old.key", "RSA PRIVATE KEY", new byte[] {1, 2, 3});

        assertThatThrownBy(
                        () ->
                                ping(
                                        new TlsFiles(
                                                List.of(),
                                                Optional.of(directory.resolve("k.crt")),
                                                Optional.of(directory.resolve("old.key")),
                                                List.of()),
                                        PlainHttp.NEVER))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("old.key")
                .hasMessageContaining("openssl pkcs8");
    }
}
