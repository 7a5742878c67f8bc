package io.pelagos.image.internal.registry;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.functions.Either;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Tries again what failed on the way or what a server asks to be asked later; and leaves a host in
 * peace for a while that failed again and again.
 */
final class Attempts {
    private static final System.Logger LOG = System.getLogger(Attempts.class.getName());
    private static final int WINDOW = 10;
    private static final float FAILING = 80;
    private static final Duration PEACE = Duration.ofSeconds(30);

    private final Backoff backoff;
    private final CircuitBreakerConfig breaking;
    private final Map<String, CircuitBreaker> breakers = new ConcurrentHashMap<>();

    Attempts(Backoff backoff) {
        this.backoff = backoff;
        this.breaking =
                CircuitBreakerConfig.custom()
                        .slidingWindowSize(WINDOW)
                        .minimumNumberOfCalls(WINDOW)
                        .failureRateThreshold(FAILING)
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .waitDurationInOpenState(PEACE)
                        .recordException(Attempts::speaksAgainstHost)
                        .build();
    }

    /** One try. */
    interface Attempt<T> {
        T run() throws IOException;
    }

    /**
     * Tries up to a number of times.
     *
     * @throws IOException what the last try threw; also when the host is left in peace
     */
    <T> T run(String host, int most, Deadline deadline, Attempt<T> attempt) throws IOException {
        var retry =
                Retry.of(
                        host,
                        RetryConfig.<T>custom()
                                .maxAttempts(most)
                                .retryOnException(e -> isWorthAnother(e) && !deadline.isOver())
                                .intervalBiFunction((n, either) -> pause(host, n, either))
                                .build());
        var breaker = breakers.computeIfAbsent(host, name -> CircuitBreaker.of(name, breaking));
        try {
            return retry.executeCallable(() -> breaker.executeCallable(attempt::run));
        } catch (IOException | RuntimeException e) {
            if (e instanceof CallNotPermittedException) {
                throw new IOException(
                        "it failed so often that it is not asked again for "
                                + PEACE.toSeconds()
                                + " s",
                        e);
            }
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("an attempt throws nothing else", e);
        }
    }

    private <T> long pause(String host, int failures, Either<Throwable, T> outcome) {
        var failure = outcome.getLeft();
        long millis =
                failure instanceof StatusException status && status.pause().isPresent()
                        ? status.pause().get().toMillis()
                        : pause(failures).toMillis();
        LOG.log(
                System.Logger.Level.DEBUG,
                "{0}: {1}; trying again in {2} ms",
                host,
                Throwables.reason(failure),
                millis);
        return millis;
    }

    /** How long to wait after a number of failures. */
    Duration pause(int failures) {
        return backoff.pause(failures, ThreadLocalRandom.current().nextDouble());
    }

    private static boolean isWorthAnother(Throwable failure) {
        return failure instanceof IOException
                && !(failure instanceof SourceException)
                && !(failure.getCause() instanceof CertificateException)
                && !Thread.currentThread().isInterrupted();
    }

    /** To be told to wait is no sign of a host that is down. */
    private static boolean speaksAgainstHost(Throwable failure) {
        return isWorthAnother(failure)
                && !(failure instanceof StatusException status
                        && status.status() == StatusException.TOO_MANY_REQUESTS);
    }
}
