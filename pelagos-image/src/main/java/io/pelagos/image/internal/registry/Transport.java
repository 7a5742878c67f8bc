package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/** Sends requests and follows redirects, by rules of who may be spoken to how. */
final class Transport implements AutoCloseable {
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final int MOST_REDIRECTS = 10;
    private static final int SEE_OTHER = 303;
    private static final int TEMPORARY_REDIRECT = 307;

    private final RegistryOptions options;
    private final OkHttpClient client;
    private final Map<String, OkHttpClient> clients = new ConcurrentHashMap<>();

    Transport(RegistryOptions options) {
        this.options = options;
        var builder =
                new OkHttpClient.Builder()
                        .followRedirects(false)
                        .followSslRedirects(false)
                        .proxySelector(options.proxies())
                        .connectTimeout(options.limits().connect())
                        .readTimeout(options.limits().stall())
                        .writeTimeout(options.limits().stall());
        if (options.proxies() instanceof EnvironmentProxies proxies) {
            builder.proxyAuthenticator(new ProxyAnswers(proxies));
        }
        this.client = builder.build();
    }

    /** Where an endpoint's API begins. */
    HttpUrl base(Endpoint endpoint) {
        var scheme =
                switch (endpoint.scheme()) {
                    case HTTPS -> "https";
                    case HTTP -> "http";
                    case AS_ALLOWED -> isPlain(endpoint.host()) ? "http" : "https";
                };
        var url = HttpUrl.parse(scheme + "://" + endpoint.host() + "/v2/");
        if (url == null || !url.username().isEmpty()) {
            throw new IllegalArgumentException(
                    "registry \"" + endpoint.registry() + "\": is no host");
        }
        return url;
    }

    /** Whoever gives certificates for a host wants TLS there. */
    private boolean isPlain(String host) {
        return options.plainHttp().allows(host)
                && options.tls().directories().stream()
                        .noneMatch(directory -> Files.isDirectory(directory.resolve(host)));
    }

    /**
     * Sends a request and follows redirects.
     *
     * @throws IOException when no answer comes
     * @throws RegistryException when a redirect is refused, or nothing may be sent
     */
    Reply exchange(Ask ask, Deadline deadline) throws IOException {
        var current = ask;
        for (int hops = 0; ; hops++) {
            var reply = once(current, deadline);
            var location = reply.header("Location");
            if (!REDIRECTS.contains(reply.code()) || location.isEmpty()) {
                return reply;
            }
            try (reply) {
                if (hops == MOST_REDIRECTS) {
                    throw refused(ask, reply, "were more than " + MOST_REDIRECTS + " redirects");
                }
                current = redirected(ask, current, reply, location.get());
            }
        }
    }

    private Ask redirected(Ask ask, Ask current, Reply reply, String location) {
        var target = current.url().resolve(location);
        if (target == null) {
            var scheme = location.substring(0, Math.max(0, location.indexOf(':')));
            throw refused(
                    ask,
                    reply,
                    "was a redirect to \"" + scheme + ":\", which is neither http nor https");
        }
        if (current.stays() && !Ask.sameOrigin(current.url(), target)) {
            throw refused(ask, reply, "was a redirect of a secret to another host");
        }
        checkPlain(ask, current, reply, target);
        boolean reading = current.method().equals("GET") || current.method().equals("HEAD");
        if (!reading && reply.code() < TEMPORARY_REDIRECT && reply.code() != SEE_OTHER) {
            throw refused(ask, reply, "was a redirect of what is no GET");
        }
        return current.movedTo(target, reply.code() == SEE_OTHER && !reading);
    }

    private void checkPlain(Ask ask, Ask current, Reply reply, HttpUrl target) {
        if (target.isHttps() || Ask.sameOrigin(current.url(), target)) {
            return;
        }
        var host = Ask.authority(target);
        boolean allowed =
                current.url().isHttps()
                        ? options.plainHttp().allowsByName(host)
                        : options.plainHttp().allows(host);
        if (!allowed) {
            throw refused(
                    ask,
                    reply,
                    "was a redirect to http://"
                            + host
                            + ", which is not allowed to be spoken to without TLS");
        }
    }

    private static RegistryException refused(Ask ask, Reply reply, String what) {
        return new RegistryException(
                Ask.authority(ask.url()),
                reply.code(),
                "the answer to " + ask.method() + " " + Ask.shown(ask.url()) + " " + what);
    }

    /** Refuses to ask an authorization server, or what a document names, without TLS. */
    void checkPlain(HttpUrl url, String what) {
        if (!url.isHttps() && !options.plainHttp().allows(Ask.authority(url))) {
            throw new RegistryException(
                    Ask.authority(url),
                    0,
                    what
                            + " "
                            + Ask.shown(url)
                            + " is not asked: plain HTTP is not allowed for this host");
        }
    }

    private Reply once(Ask ask, Deadline deadline) throws IOException {
        if (options.offline()) {
            throw new RegistryException(
                    Ask.authority(ask.url()),
                    0,
                    "offline mode: " + ask.method() + " " + Ask.shown(ask.url()) + " was not sent");
        }
        var request =
                new Request.Builder()
                        .url(ask.url())
                        .method(ask.method(), ask.body())
                        .header("User-Agent", options.userAgent())
                        .header("Accept-Encoding", "identity");
        ask.headers().forEach(request::header);
        var authorization = ask.authorization();
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        var call = clientFor(ask.url()).newCall(request.build());
        call.timeout().timeout(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        var interruptible = new InterruptibleCall(call);
        return Reply.of(interruptible.run(call::execute), interruptible);
    }

    private OkHttpClient clientFor(HttpUrl url) throws IOException {
        if (!url.isHttps()) {
            return client;
        }
        try {
            return clients.computeIfAbsent(Ask.authority(url), this::withCertificates);
        } catch (UncheckedIOException e) {
            throw new RegistryException(Ask.authority(url), 0, Throwables.reason(e.getCause()), e);
        }
    }

    private OkHttpClient withCertificates(String host) {
        try {
            return TlsMaterial.of(options.tls(), host)
                    .map(
                            material ->
                                    client.newBuilder()
                                            .sslSocketFactory(material.sockets(), material.trust())
                                            .build())
                    .orElse(client);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        client.dispatcher().executorService().shutdown();
        client.connectionPool().evictAll();
    }

    /** Tells a proxy who is asking, once. */
    private record ProxyAnswers(EnvironmentProxies proxies) implements okhttp3.Authenticator {
        @Override
        public @Nullable Request authenticate(
                okhttp3.@Nullable Route route, okhttp3.Response response) {
            if (route == null
                    || response.request().header("Proxy-Authorization") != null
                    || !(route.proxy().address() instanceof java.net.InetSocketAddress address)) {
                return null;
            }
            return proxies.credentials(address.getHostString(), address.getPort())
                    .map(
                            credentials ->
                                    response.request()
                                            .newBuilder()
                                            .header("Proxy-Authorization", credentials.basic())
                                            .build())
                    .orElse(null);
        }
    }
}
