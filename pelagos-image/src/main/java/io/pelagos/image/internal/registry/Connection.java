package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Clock;
import java.util.Optional;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** Speaks to endpoints: authorized, again where that helps, and in words where nothing does. */
final class Connection implements AutoCloseable {
    private static final int UNAUTHORIZED = 401;

    private final RegistryOptions options;
    private final Transport transport;
    private final Authorizer authorizer;
    private final Attempts attempts;
    private final Clock clock;

    Connection(RegistryOptions options, CredentialSources sources, Clock clock) {
        this.options = options;
        this.clock = clock;
        this.transport = new Transport(options);
        this.authorizer = new Authorizer(options, sources, transport, clock);
        this.attempts = new Attempts(options.backoff());
    }

    Deadline deadline() {
        return Deadline.after(options.limits().total());
    }

    RegistryOptions options() {
        return options;
    }

    /** The URL of something in an endpoint's repository. */
    HttpUrl url(Endpoint endpoint, String rest) {
        var base = transport.base(endpoint).newBuilder();
        if (!endpoint.path().isEmpty()) {
            base.addPathSegments(endpoint.path());
        }
        return rest.isEmpty() ? base.build() : base.addPathSegments(rest).build();
    }

    HttpUrl base(Endpoint endpoint) {
        return transport.base(endpoint);
    }

    /**
     * Sends a request, again if need be.
     *
     * @param what what it is for, for messages
     * @return any answer that another try would not change
     * @throws RegistryException when there is none
     */
    Reply send(
            Endpoint endpoint, Ask ask, Scopes scopes, int most, Deadline deadline, String what) {
        try {
            return attempts.run(
                    endpoint.host(),
                    most,
                    deadline,
                    () -> authorized(endpoint, ask, scopes, deadline));
        } catch (IOException e) {
            throw failure(endpoint, what, e);
        }
    }

    /** Sends a request once. */
    Reply sendOnce(Endpoint endpoint, Ask ask, Scopes scopes, Deadline deadline)
            throws IOException {
        return attempts.run(
                endpoint.host(), 1, deadline, () -> authorized(endpoint, ask, scopes, deadline));
    }

    /** Fetches what a document names by a URL of its own; nobody is told any credentials there. */
    Reply sendElsewhere(HttpUrl url, Ask ask, Deadline deadline) throws IOException {
        transport.checkPlain(url, "what a document names");
        return attempts.run(
                Ask.authority(url),
                options.backoff().attempts(),
                deadline,
                () -> checked(transport.exchange(ask, deadline)));
    }

    private Reply authorized(Endpoint endpoint, Ask ask, Scopes scopes, Deadline deadline)
            throws IOException {
        var base = transport.base(endpoint);
        if (!Ask.sameOrigin(base, ask.url())) {
            // A registry may have uploads sent elsewhere; its credentials stay here.
            transport.checkPlain(ask.url(), "the place for an upload");
            return checked(transport.exchange(ask, deadline));
        }
        var known = authorizer.known(endpoint, base, scopes);
        var reply = transport.exchange(ask.authorizedBy(known), deadline);
        if (reply.code() != UNAUTHORIZED || !Ask.sameOrigin(base, reply.url())) {
            return checked(reply);
        }
        var offered = Challenge.parse(reply.headers("WWW-Authenticate"));
        var answer = authorizer.answer(endpoint, base, offered, scopes, known, deadline);
        return answer.isEmpty()
                ? reply
                : checked(transport.exchange(ask.authorizedBy(answer.get()), deadline));
    }

    private Reply checked(Reply reply) throws IOException {
        if (!StatusException.isPassing(reply.code())) {
            return reply;
        }
        try (reply) {
            throw new StatusException(
                    reply.code(),
                    reply.errors(),
                    reply.header("Retry-After")
                            .flatMap(it -> options.backoff().retryAfter(it, clock.instant())));
        }
    }

    /** Waits before another try. */
    void pause(int failures) throws IOException {
        try {
            Thread.sleep(attempts.pause(failures));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Says why no answer came. */
    RegistryException failure(Endpoint endpoint, String what, IOException cause) {
        var host = endpoint.host();
        if (Thread.currentThread().isInterrupted()) {
            return new RegistryException(host, 0, what + " from " + host + ": interrupted", cause);
        }
        int status = cause instanceof StatusException answered ? answered.status() : 0;
        return new RegistryException(
                host, status, what + " from " + host + ": " + Throwables.reason(cause), cause);
    }

    /** Says what an answer means that is not the one that was hoped for. */
    io.pelagos.image.spec.ImageException refusal(
            Endpoint endpoint, Reply reply, String what, @Nullable Repository wanted) {
        return Refusals.explain(
                endpoint, reply, what, Optional.ofNullable(wanted), authorizer.describe(endpoint));
    }

    @Override
    public void close() {
        transport.close();
    }
}
