package io.pelagos.image.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where tokens are handed out: GET with a user and a password in the header, or without any; POST
 * as OAuth 2 has it, with a password or an identity token in the form.
 *
 * @see <a href="https://distribution.github.io/distribution/spec/auth/token/">GET</a>
 * @see <a href="https://distribution.github.io/distribution/spec/auth/oauth/">POST</a>
 */
final class TokenHandler implements Handler {
    private static final int FORM_MAX = 1 << 16;

    private final TokenIssuer issuer;

    TokenHandler(TokenIssuer issuer) {
        this.issuer = issuer;
    }

    @Override
    public Answer answer(Request request, Route route) throws IOException {
        return switch (request.method()) {
            case "GET" -> get(request);
            case "POST" -> post(request);
            default -> throw RefusedRequest.method(request);
        };
    }

    private Answer get(Request request) {
        var header = request.header("Authorization");
        if (!header.map(issuer.credentials()::match).orElse(issuer.hasAnonymousPull())) {
            throw new RefusedRequest(401, "UNAUTHORIZED", "wrong user or password");
        }
        var scopes = request.query().all("scope").stream().flatMap(TokenHandler::words).toList();
        var body = token(scopes, header.isEmpty());
        body.set("token", body.path("access_token"));
        if (header.isPresent() && request.query().all("offline_token").contains("true")) {
            body.put("refresh_token", issuer.issueIdentityToken());
        }
        return Answer.json(200, body);
    }

    private Answer post(Request request) throws IOException {
        var form = Fields.parse(new String(request.body().readNBytes(FORM_MAX), UTF_8));
        var identity = form.first("refresh_token").orElse("");
        var valid =
                switch (form.first("grant_type").orElse("")) {
                    case "refresh_token" -> issuer.isIdentityToken(identity);
                    case "password" ->
                            issuer.credentials()
                                    .match(
                                            form.first("username").orElse(""),
                                            form.first("password").orElse(""));
                    default ->
                            throw new RefusedRequest(
                                    400, "UNSUPPORTED", "grant_type must be one of two");
                };
        if (!valid) {
            throw new RefusedRequest(401, "UNAUTHORIZED", "wrong password or identity token");
        }
        var scopes = form.all("scope").stream().flatMap(TokenHandler::words).toList();
        var body = token(scopes, false).put("scope", String.join(" ", scopes));
        if (!identity.isEmpty()) {
            body.put("refresh_token", identity);
        } else if (form.all("access_type").contains("offline")) {
            body.put("refresh_token", issuer.issueIdentityToken());
        }
        return Answer.json(200, body);
    }

    private static Stream<String> words(String scopes) {
        return Arrays.stream(scopes.split(" ", -1)).filter(scope -> !scope.isEmpty());
    }

    private ObjectNode token(List<String> scopes, boolean anonymous) {
        return JsonMapper.shared()
                .createObjectNode()
                .put("access_token", issuer.issue(scopes, anonymous))
                .put("expires_in", issuer.lifetime().toSeconds())
                .put("issued_at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }
}
