package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** Makes what carries the traffic. */
final class HttpClients {
    private HttpClients() {}

    static OkHttpClient of(RegistryOptions options) {
        var builder =
                new OkHttpClient.Builder()
                        .connectTimeout(options.connect())
                        .readTimeout(options.stall())
                        .writeTimeout(options.stall())
                        .followRedirects(false)
                        .followSslRedirects(false)
                        .retryOnConnectionFailure(false)
                        .proxySelector(new EnvironmentProxies(options.environment()))
                        .addInterceptor(
                                chain ->
                                        chain.proceed(
                                                chain.request()
                                                        .newBuilder()
                                                        .header("User-Agent", "pelagos")
                                                        .build()));
        var certificates = options.certificates();
        if (certificates != null) {
            trust(builder, certificates);
        }
        return builder.build();
    }

    /** Believes the authorities of the JDK, and those in a file. */
    private static void trust(OkHttpClient.Builder builder, Path file) {
        try (var in = Files.newInputStream(file)) {
            var store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (var authority : usual().getAcceptedIssuers()) {
                store.setCertificateEntry("jdk" + ++number, authority);
            }
            for (var own : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("own" + ++number, own);
            }
            var manager = manager(store);
            var context = SSLContext.getInstance("TLS");
            context.init(null, new X509TrustManager[] {manager}, null);
            builder.sslSocketFactory(context.getSocketFactory(), manager);
        } catch (IOException | GeneralSecurityException e) {
            throw new StoreException(
                    "reading certificates from " + file + ": " + e.getMessage(), e);
        }
    }

    private static X509TrustManager usual() throws GeneralSecurityException {
        return manager(null);
    }

    private static X509TrustManager manager(@Nullable KeyStore store)
            throws GeneralSecurityException {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return Arrays.stream(factory.getTrustManagers())
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .findFirst()
                .orElseThrow();
    }

    /** Says what a failure of the network means. */
    static String explain(String host, IOException e) {
        return switch (e) {
            case UnknownHostException _ ->
                    "the host " + host + " is not known; is there a network and a name server?";
            case ConnectException _ ->
                    "nobody answers at "
                            + host
                            + "; is the registry running? ("
                            + e.getMessage()
                            + ")";
            case SocketTimeoutException _ ->
                    "nothing was heard of " + host + " for too long (" + e.getMessage() + ")";
            case SSLException _ ->
                    "no secure connection to "
                            + host
                            + ": "
                            + e.getMessage()
                            + "; a registry without TLS must be named insecure";
            default -> "the connection to " + host + " broke: " + e.getMessage();
        };
    }

    /** The variables that curl(1) knows; programs differ in which spelling they prefer. */
    private static final class EnvironmentProxies extends ProxySelector {
        private final Map<String, String> environment;

        EnvironmentProxies(Map<String, String> environment) {
            this.environment = environment;
        }

        @Override
        public List<Proxy> select(@Nullable URI uri) {
            var scheme = uri == null ? "" : String.valueOf(uri.getScheme());
            var proxy = variable(scheme.toUpperCase(Locale.ROOT) + "_PROXY");
            var host = uri == null ? "" : String.valueOf(uri.getHost());
            if (proxy.isEmpty() || isExcepted(host)) {
                return List.of(Proxy.NO_PROXY);
            }
            var address = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
            int port = address.getPort() < 0 ? 80 : address.getPort();
            return List.of(
                    new Proxy(
                            Proxy.Type.HTTP,
                            InetSocketAddress.createUnresolved(address.getHost(), port)));
        }

        private boolean isExcepted(String host) {
            for (var part : variable("NO_PROXY").split(",", -1)) {
                var name = part.strip();
                var domain = name.startsWith(".") ? name : "." + name;
                if (name.equals("*")
                        || (!name.isEmpty() && (host.equals(name) || host.endsWith(domain)))) {
                    return true;
                }
            }
            return false;
        }

        private String variable(String name) {
            var value = environment.get(name);
            return value != null
                    ? value
                    : environment.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }

        @Override
        public void connectFailed(
                @Nullable URI uri, @Nullable SocketAddress address, @Nullable IOException e) {
            // The failure reaches the caller as an exception.
        }
    }
}
