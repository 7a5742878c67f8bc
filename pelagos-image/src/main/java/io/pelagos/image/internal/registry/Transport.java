package io.pelagos.image.internal.registry;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.core.functions.CheckedSupplier;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests: again when that may help, with who asks when the server wants to know, and to
 * where it says the thing is, but then without saying who asks.
 */
final class Transport implements AutoCloseable {
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final Set<Integer> TEMPORARY = Set.of(408, 429, 500, 502, 503, 504);
    private static final int HOPS = 10;
    private static final int UNAUTHORIZED = 401;
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final RegistryOptions options;
    private final OkHttpClient client;
    private final Tokens tokens;
    private final CircuitBreakerRegistry breakers;

    Transport(RegistryOptions options) {
        this.options = options;
        client = HttpClients.of(options);
        tokens = new Tokens(client, options);
        breakers =
                CircuitBreakerRegistry.of(
                        CircuitBreakerConfig.custom()
                                .slidingWindowSize(4 * options.attempts())
                                .minimumNumberOfCalls(2 * options.attempts())
                                .waitDurationInOpenState(Duration.ofSeconds(10))
                                .recordException(e -> e instanceof IOException)
                                .build());
    }

    /** Who asks what of whom: what is needed to ask again. */
    record Question(
            Endpoint endpoint, String scope, String purpose, @Nullable Set<Integer> accepted) {
        RegistryException failed(int status, String why) {
            return new RegistryException(endpoint.host(), status, purpose + ": " + why);
        }
    }

    HttpUrl base(Endpoint endpoint) {
        var scheme = endpoint.plain() || options.isInsecure(endpoint.server()) ? "http" : "https";
        var url = HttpUrl.parse(scheme + "://" + endpoint.server() + "/v2/");
        if (url == null) {
            throw new RegistryException(
                    endpoint.host(), 0, "asking " + endpoint.host() + ": this is no host");
        }
        return url;
    }

    /**
     * Sends a request.
     *
     * @return an answer with a status below 400 or an accepted one, to be closed
     * @throws RegistryException when there is none
     */
    Response send(Question question, Request request) {
        return again(question, request.url().host(), () -> once(question, request));
    }

    /** Does something that sends requests, again when that may help. */
    <T> T again(Question question, String host, CheckedSupplier<T> action) {
        if (options.offline()) {
            throw question.failed(0, "not asked, since Pelagos is to work offline");
        }
        CircuitBreaker breaker = breakers.circuitBreaker(host);
        var retry = Retry.of(host, retries());
        try {
            return Retry.decorateCheckedSupplier(
                            retry, CircuitBreaker.decorateCheckedSupplier(breaker, action))
                    .get();
        } catch (ImageException e) {
            throw e;
        } catch (CallNotPermittedException e) {
            throw new RegistryException(
                    question.endpoint().host(),
                    0,
                    question.purpose() + ": " + host + " has failed too often; try again later",
                    e);
        } catch (Unavailable e) {
            throw new RegistryException(
                    question.endpoint().host(),
                    e.status(),
                    question.purpose()
                            + ": "
                            + e.getMessage()
                            + ", "
                            + options.attempts()
                            + " times",
                    e);
        } catch (IOException e) {
            throw new RegistryException(
                    question.endpoint().host(),
                    0,
                    question.purpose() + ": " + HttpClients.explain(host, e),
                    e);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(question.purpose(), e);
        }
    }

    private RetryConfig retries() {
        var growing =
                IntervalFunction.ofExponentialRandomBackoff(options.pause(), 2, 0.5, LONGEST_PAUSE);
        return RetryConfig.custom()
                .maxAttempts(options.attempts())
                .retryOnException(
                        e -> e instanceof IOException && !Thread.currentThread().isInterrupted())
                .intervalBiFunction(
                        (attempt, outcome) -> {
                            long usual = growing.apply(attempt);
                            return outcome.isLeft()
                                            && outcome.getLeft() instanceof Unavailable unavailable
                                    ? Math.clamp(
                                            unavailable.retryAfter().toMillis(),
                                            usual,
                                            LONGEST_PAUSE.toMillis())
                                    : usual;
                        })
                .build();
    }

    /** Sends a request one time, with a token if one is wanted. */
    private Response once(Question question, Request request) throws IOException {
        var known = tokens.known(question);
        var first = follow(question, authorized(request, known));
        if (first.code() != UNAUTHORIZED) {
            return checked(question, first);
        }
        String fresh;
        try (first) {
            fresh = tokens.obtain(question, first, known);
        }
        return checked(question, follow(question, authorized(request, fresh)));
    }

    private static Request authorized(Request request, @Nullable String authorization) {
        return authorization == null
                ? request
                : request.newBuilder().header("Authorization", authorization).build();
    }

    private Response follow(Question question, Request request) throws IOException {
        var at = request;
        for (int hop = 0; hop < HOPS; hop++) {
            var response = client.newCall(at).execute();
            var location = response.header("Location");
            if (!REDIRECTS.contains(response.code()) || location == null) {
                return response;
            }
            try (response) {
                at = redirected(question, at, location);
            }
        }
        throw question.failed(0, "was sent on more than " + HOPS + " times");
    }

    /** Credentials are for the registry: wherever else it sends us learns nothing of them. */
    private Request redirected(Question question, Request request, String location) {
        var from = request.url();
        var to = from.resolve(location);
        if (to == null) {
            throw question.failed(
                    0, "was sent on to \"" + location + "\", which is no http or https address");
        }
        if (from.isHttps() && !to.isHttps() && !options.isInsecure(hostOf(to))) {
            throw question.failed(
                    0, "was sent on to " + to.scheme() + "://" + hostOf(to) + ", without TLS");
        }
        var next = request.newBuilder().url(to);
        boolean same =
                from.host().equals(to.host())
                        && from.port() == to.port()
                        && from.scheme().equals(to.scheme());
        if (!same) {
            next.removeHeader("Authorization");
        }
        return next.build();
    }

    static String hostOf(HttpUrl url) {
        var host = url.host().contains(":") ? "[" + url.host() + "]" : url.host();
        return url.port() == HttpUrl.defaultPort(url.scheme()) ? host : host + ":" + url.port();
    }

    private static Response checked(Question question, Response response) throws IOException {
        int status = response.code();
        var accepted = question.accepted();
        if (status < 400 || (accepted != null && accepted.contains(status))) {
            return response;
        }
        try (response) {
            if (TEMPORARY.contains(status)) {
                throw new Unavailable(
                        status, retryAfter(response), "the registry answered " + status);
            }
            throw Refusals.of(question, status, response.peekBody(Refusals.LIMIT).string());
        }
    }

    /** Seconds or a date, see RFC 9110 section 10.2.3. */
    private static Duration retryAfter(Response response) {
        var header = response.header("Retry-After");
        if (header == null) {
            return Duration.ZERO;
        }
        try {
            return Duration.ofSeconds(Math.clamp(Long.parseLong(header.strip()), 0, 3600));
        } catch (NumberFormatException _) {
            try {
                var at = ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME);
                return Duration.between(Instant.now(), at);
            } catch (DateTimeException _) {
                return Duration.ZERO;
            }
        }
    }

    @Override
    public void close() {
        client.dispatcher().executorService().shutdown();
        client.connectionPool().evictAll();
    }
}
