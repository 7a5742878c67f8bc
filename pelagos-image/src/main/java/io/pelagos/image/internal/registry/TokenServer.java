package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import okhttp3.FormBody;
import okhttp3.HttpUrl;

/**
 * Makes tokens, see <a href="https://distribution.github.io/distribution/spec/auth/token/">token
 * authentication</a> and, for identity tokens, <a
 * href="https://distribution.github.io/distribution/spec/auth/oauth/">its OAuth 2 form</a>.
 */
final class TokenServer {
    private static final int MOST_BYTES = 1 << 20;
    private static final int OK = 200;
    private static final Duration USUAL_LIFE = Duration.ofSeconds(60);

    /** A token that ends on the way to the registry is of no use. */
    private static final Duration MARGIN = Duration.ofSeconds(5);

    private final Transport transport;
    private final Clock clock;

    TokenServer(Transport transport, Clock clock) {
        this.transport = transport;
        this.clock = clock;
    }

    Authorizer.Token fetch(
            String registry,
            HttpUrl realm,
            String service,
            Scopes scopes,
            Credentials credentials,
            String described,
            Deadline deadline)
            throws IOException {
        transport.checkPlain(realm, "the authorization server of " + registry);
        var ask =
                credentials.identityToken().isEmpty()
                        ? byQuery(realm, service, scopes, credentials)
                        : byForm(realm, service, scopes, credentials);
        try (var reply = transport.exchange(ask, deadline)) {
            if (StatusException.isPassing(reply.code())) {
                throw new StatusException(reply.code(), reply.errors(), java.util.Optional.empty());
            }
            if (reply.code() != OK) {
                throw refused(registry, realm, reply, described);
            }
            var bytes = reply.readUpTo(MOST_BYTES);
            return token(registry, realm, bytes);
        }
    }

    private static Ask byQuery(
            HttpUrl realm, String service, Scopes scopes, Credentials credentials) {
        var url = realm.newBuilder();
        if (!service.isEmpty()) {
            url.addQueryParameter("service", service);
        }
        scopes.list().forEach(scope -> url.addQueryParameter("scope", scope));
        if (credentials.password().isEmpty()) {
            return Ask.get(url.build());
        }
        url.addQueryParameter("account", credentials.username());
        return Ask.get(url.build()).authorizedBy(credentials.basic());
    }

    private Ask byForm(HttpUrl realm, String service, Scopes scopes, Credentials credentials) {
        var form =
                new FormBody.Builder()
                        .add("grant_type", "refresh_token")
                        .add("service", service)
                        .add("client_id", "pelagos")
                        .add("scope", String.join(" ", scopes.list()))
                        .add("refresh_token", credentials.identityToken().reveal());
        return Ask.of("POST", realm).sending(form.build()).staying();
    }

    private Authorizer.Token token(String registry, HttpUrl realm, byte[] bytes) {
        try {
            var document = Json.object(bytes);
            var text = Json.text(document, "token").or(() -> Json.text(document, "access_token"));
            if (text.isEmpty() || text.get().isEmpty() || bytes.length > MOST_BYTES) {
                throw new IllegalArgumentException("has no token");
            }
            var life = document.path("expires_in").asLong(0);
            var now = clock.instant();
            var issued = issued(Json.textOrEmpty(document, "issued_at"), now);
            var end = issued.plus(life > 0 ? Duration.ofSeconds(life) : USUAL_LIFE).minus(MARGIN);
            return new Authorizer.Token(Secret.of(text.get()), end);
        } catch (IllegalArgumentException e) {
            throw new RegistryException(
                    registry,
                    OK,
                    "the answer of the authorization server "
                            + Ask.shown(realm)
                            + " of "
                            + registry
                            + " "
                            + e.getMessage());
        }
    }

    /** A server's clock that is ahead does not make a token live longer. */
    private static Instant issued(String text, Instant now) {
        try {
            var issued = java.time.OffsetDateTime.parse(text).toInstant();
            return issued.isAfter(now) ? now : issued;
        } catch (DateTimeParseException e) {
            return now;
        }
    }

    private static RegistryException refused(
            String registry, HttpUrl realm, Reply reply, String described) {
        var errors = reply.errors();
        return new RegistryException(
                registry,
                reply.code(),
                "the authorization server "
                        + Ask.shown(realm)
                        + " of "
                        + registry
                        + " answered with status "
                        + reply.code()
                        + (errors.isEmpty() ? "" : ": " + String.join(", ", errors))
                        + "; "
                        + described
                        + "; log in with \"pelagos image login "
                        + registry
                        + "\" if that was not meant");
    }
}
