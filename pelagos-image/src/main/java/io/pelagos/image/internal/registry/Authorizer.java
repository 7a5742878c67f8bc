package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * Answers challenges: with user and password, or with a token from the realm that the registry
 * names. Credentials of a registry go to that registry, and to a realm on the same host or on one
 * that the options allow; any other realm is asked for a token without them.
 */
final class Authorizer {
    private final RegistryOptions options;
    private final CredentialSources sources;
    private final TokenServer server;
    private final Clock clock;
    private final Map<String, Challenge> challenges = new ConcurrentHashMap<>();
    private final Map<Endpoint, CredentialSources.Found> found = new ConcurrentHashMap<>();
    private final Map<TokenKey, Token> tokens = new ConcurrentHashMap<>();
    private final Map<TokenKey, ReentrantLock> locks = new ConcurrentHashMap<>();
    private final Map<Endpoint, String> withheld = new ConcurrentHashMap<>();

    Authorizer(
            RegistryOptions options, CredentialSources sources, Transport transport, Clock clock) {
        this.options = options;
        this.sources = sources;
        this.server = new TokenServer(transport, clock);
        this.clock = clock;
    }

    /** What makes tokens interchangeable. */
    private record TokenKey(
            HttpUrl realm, String service, Scopes scopes, Credentials credentials) {}

    /** A token and when it is over. */
    record Token(Secret secret, Instant end) {}

    /** What is sent without being asked, since the last challenge of the host is known. */
    @Nullable String known(Endpoint endpoint, HttpUrl base, Scopes scopes) {
        var challenge = challenges.get(origin(base));
        if (challenge == null) {
            return null;
        }
        if (challenge.scheme().equals(Challenge.BASIC)) {
            var credentials = find(endpoint).credentials();
            return credentials.password().isEmpty() ? null : credentials.basic();
        }
        var realm = realm(endpoint, challenge);
        var token = tokens.get(key(endpoint, base, realm, challenge, scopes));
        return token == null || isOver(token) ? null : bearer(token);
    }

    /**
     * Answers the challenges of a refusal.
     *
     * @param refused what was sent, and is not to be sent again
     * @return the value of an Authorization header, empty when there is nothing to say
     */
    Optional<String> answer(
            Endpoint endpoint,
            HttpUrl base,
            List<Challenge> offered,
            Scopes scopes,
            @Nullable String refused,
            Deadline deadline)
            throws IOException {
        for (var scheme : List.of(Challenge.BEARER, Challenge.BASIC)) {
            for (var challenge : offered) {
                if (challenge.scheme().equals(scheme)) {
                    challenges.put(origin(base), challenge);
                    var value =
                            scheme.equals(Challenge.BASIC)
                                    ? basic(endpoint)
                                    : Optional.of(
                                            token(
                                                    endpoint, base, challenge, scopes, refused,
                                                    deadline));
                    if (value.isPresent() && !value.get().equals(refused)) {
                        return value;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> basic(Endpoint endpoint) {
        var credentials = find(endpoint).credentials();
        return credentials.password().isEmpty()
                ? Optional.empty()
                : Optional.of(credentials.basic());
    }

    private String token(
            Endpoint endpoint,
            HttpUrl base,
            Challenge challenge,
            Scopes scopes,
            @Nullable String refused,
            Deadline deadline)
            throws IOException {
        var realm = realm(endpoint, challenge);
        var key = key(endpoint, base, realm, challenge, scopes);
        var lock = locks.computeIfAbsent(key, it -> new ReentrantLock());
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted");
        }
        try {
            var cached = tokens.get(key);
            if (cached != null && !isOver(cached) && !bearer(cached).equals(refused)) {
                return bearer(cached);
            }
            var asked = scopes.and(Scopes.parse(challenge.parameter("scope").orElse("")));
            var token =
                    server.fetch(
                            endpoint.registry(),
                            realm,
                            key.service,
                            asked,
                            key.credentials,
                            describe(endpoint),
                            deadline);
            tokens.put(key, token);
            return bearer(token);
        } finally {
            lock.unlock();
        }
    }

    private TokenKey key(
            Endpoint endpoint, HttpUrl base, HttpUrl realm, Challenge challenge, Scopes scopes) {
        return new TokenKey(
                realm,
                challenge.parameter("service").orElse(""),
                scopes,
                credentialsFor(endpoint, base, realm));
    }

    private static HttpUrl realm(Endpoint endpoint, Challenge challenge) {
        var realm = HttpUrl.parse(challenge.parameter("realm").orElse(""));
        if (realm == null) {
            throw new RegistryException(
                    endpoint.registry(),
                    401,
                    endpoint.registry() + " asks for a token from what is neither http nor https");
        }
        return realm;
    }

    /** What a realm may be told. */
    private Credentials credentialsFor(Endpoint endpoint, HttpUrl base, HttpUrl realm) {
        var credentials = find(endpoint).credentials();
        if (credentials.isAnonymous() || mayKnow(endpoint, base, realm)) {
            return credentials;
        }
        withheld.put(
                endpoint,
                "the credentials were not sent to "
                        + Ask.authority(realm)
                        + ", where "
                        + endpoint.registry()
                        + " has its tokens made, since that is another host; allow it if you trust"
                        + " it");
        return Credentials.ANONYMOUS;
    }

    private boolean mayKnow(Endpoint endpoint, HttpUrl base, HttpUrl realm) {
        if (Ask.sameOrigin(base, realm)) {
            return true;
        }
        boolean listed =
                options.realms()
                        .getOrDefault(endpoint.registry(), Set.of())
                        .contains(Ask.authority(realm));
        // Who speaks TLS with the registry does not want the password to be sent without.
        return listed && (realm.isHttps() || !base.isHttps());
    }

    private CredentialSources.Found find(Endpoint endpoint) {
        return found.computeIfAbsent(endpoint, it -> sources.find(it.name(), it.origin()));
    }

    /** Where credentials came from, or why there were none. */
    String describe(Endpoint endpoint) {
        var text = find(endpoint).describe();
        var note = withheld.get(endpoint);
        return note == null ? text : note + " (" + text + ")";
    }

    private boolean isOver(Token token) {
        return !clock.instant().isBefore(token.end());
    }

    private static String bearer(Token token) {
        return "Bearer " + token.secret().reveal();
    }

    private static String origin(HttpUrl base) {
        return base.scheme() + "://" + base.host() + ":" + base.port();
    }
}
