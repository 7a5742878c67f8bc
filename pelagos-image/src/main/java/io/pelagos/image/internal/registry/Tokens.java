package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.FormBody;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Has tokens from where registries say, see "Token Authentication Specification" of the
 * distribution project, and keeps each until shortly before it expires.
 */
final class Tokens {
    private static final long LIMIT = 1 << 20;
    private static final Duration USUAL_LIFE = Duration.ofSeconds(60);
    private static final Duration MARGIN = Duration.ofSeconds(5);

    private final OkHttpClient client;
    private final RegistryOptions options;
    private final Map<Key, Token> kept = new ConcurrentHashMap<>();

    private record Key(String server, String scope) {}

    private record Token(Secret authorization, Instant expires) {
        @Override
        public String toString() {
            return "Token[until " + expires + "]";
        }
    }

    Tokens(OkHttpClient client, RegistryOptions options) {
        this.client = client;
        this.options = options;
    }

    /** Returns the header for a question that was asked before, or null. */
    @Nullable String known(Transport.Question question) {
        var token = kept.get(key(question));
        return token == null || token.expires().isBefore(Instant.now())
                ? null
                : token.authorization().value();
    }

    private static Key key(Transport.Question question) {
        return new Key(question.endpoint().server(), question.scope());
    }

    /** Returns the header that a refusal asks for. */
    String obtain(Transport.Question question, Response refusal, @Nullable String refused)
            throws IOException {
        var endpoint = question.endpoint();
        var credential = options.credentials().find(endpoint.host(), endpoint.path());
        for (var header : refusal.headers("WWW-Authenticate")) {
            for (var challenge : Challenge.parse(header)) {
                if (challenge.scheme().equals("bearer")) {
                    var token = token(question, challenge, credential);
                    kept.put(key(question), token);
                    return token.authorization().value();
                }
                if (challenge.scheme().equals("basic")) {
                    var basic = basic(question, refusal, credential);
                    if (basic.equals(refused)) {
                        throw denied(question, "the user name or password is wrong");
                    }
                    kept.put(key(question), new Token(new Secret(basic), Instant.MAX));
                    return basic;
                }
            }
        }
        throw denied(question, "the registry wants to know who asks, but not in a known way");
    }

    private static RegistryException denied(Transport.Question question, String why) {
        return question.failed(401, why + "; log in to " + question.endpoint().host() + " first");
    }

    /** Credentials go to no host that the registry has sent us on to. */
    private static String basic(
            Transport.Question question, Response refusal, Optional<Credential> credential) {
        var from = Transport.hostOf(refusal.request().url());
        if (!from.equals(question.endpoint().server())) {
            throw denied(question, from + " wants credentials that are not for it");
        }
        return credential
                .orElseThrow(() -> denied(question, "the registry wants a user and a password"))
                .basic();
    }

    private Token token(
            Transport.Question question, Challenge challenge, Optional<Credential> credential)
            throws IOException {
        var realm = HttpUrl.parse(challenge.parameter("realm"));
        if (realm == null) {
            throw denied(
                    question,
                    "tokens are at \"" + challenge.parameter("realm") + "\", which is no address");
        }
        var host = Transport.hostOf(realm);
        if (!realm.isHttps() && !options.isInsecure(host)) {
            throw denied(question, "tokens are at " + host + ", without TLS");
        }
        boolean allowed = options.allowsRealm(question.endpoint().server(), host);
        var who = allowed ? credential : Optional.<Credential>empty();
        var request =
                who.filter(Credential::isIdentityToken)
                        .map(it -> refresh(realm, question, challenge, it))
                        .orElseGet(() -> ask(realm, question, challenge, who));
        try (var response = client.newCall(request).execute()) {
            var body = response.peekBody(LIMIT).string();
            if (response.code() >= 500) {
                throw new Unavailable(
                        response.code(),
                        Duration.ZERO,
                        host + ", which has the tokens, answered " + response.code());
            }
            if (!response.isSuccessful()) {
                var hint =
                        credential.isPresent() && !allowed
                                ? " (it was not given the credentials, since it is another host)"
                                : "";
                throw denied(
                        question,
                        host + ", which has the tokens, answered " + response.code() + hint);
            }
            return read(question, host, body);
        }
    }

    private static Request ask(
            HttpUrl realm,
            Transport.Question question,
            Challenge challenge,
            Optional<Credential> credential) {
        var url = realm.newBuilder();
        addUnlessEmpty(url, "service", challenge.parameter("service"));
        for (var scope : question.scope().split(" ", -1)) {
            addUnlessEmpty(url, "scope", scope);
        }
        var request = new Request.Builder().url(url.build());
        credential.ifPresent(
                it -> {
                    url.addQueryParameter("account", it.username());
                    request.url(url.build()).header("Authorization", it.basic());
                });
        return request.build();
    }

    private static void addUnlessEmpty(HttpUrl.Builder url, String name, String value) {
        if (!value.isEmpty()) {
            url.addQueryParameter(name, value);
        }
    }

    /** Gives an identity token for another one, see RFC 6749 section 6. */
    private static Request refresh(
            HttpUrl realm,
            Transport.Question question,
            Challenge challenge,
            Credential credential) {
        return new Request.Builder()
                .url(realm)
                .post(
                        new FormBody.Builder()
                                .add("grant_type", "refresh_token")
                                .add("refresh_token", credential.secret().value())
                                .add("client_id", "pelagos")
                                .add("service", challenge.parameter("service"))
                                .add("scope", question.scope())
                                .build())
                .build();
    }

    private static Token read(Transport.Question question, String host, String body) {
        try {
            var json = JsonMapper.shared().readTree(body);
            var token = json.path("token").stringValue(json.path("access_token").stringValue(""));
            if (token.isEmpty()) {
                throw denied(question, host + " gave no token");
            }
            var life = Duration.ofSeconds(json.path("expires_in").asLong(USUAL_LIFE.toSeconds()));
            return new Token(new Secret("Bearer " + token), Instant.now().plus(life).minus(MARGIN));
        } catch (JacksonException _) {
            // The parser would show what it has read, and that may be a token.
            throw denied(question, host + " gave something else than a token");
        }
    }
}
