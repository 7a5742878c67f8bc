package io.pelagos.image.testing;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/**
 * Who has a token for what the request needs may do it.
 *
 * @param issuer who makes the tokens
 * @param realm where clients get them
 * @param service what the registry calls itself there
 * @see <a href="https://distribution.github.io/distribution/spec/auth/token/">token
 *     authentication</a>
 */
record TokenAccess(TokenIssuer issuer, URI realm, String service) implements Access {
    private static final String SCHEME = "Bearer ";

    @Override
    public void check(Request request, Route route) {
        var scopes = scopes(request, route);
        var token =
                request.header("Authorization")
                        .filter(header -> header.startsWith(SCHEME))
                        .map(header -> header.substring(SCHEME.length()));
        if (token.isEmpty()) {
            throw challenge(scopes, "");
        }
        if (!issuer.isValid(token.get())) {
            throw challenge(scopes, "invalid_token");
        }
        var needed = scopes.stream().flatMap(scope -> TokenIssuer.actions(scope).stream()).toList();
        if (!issuer.allows(token.get(), needed)) {
            throw challenge(scopes, "insufficient_scope");
        }
    }

    private static List<String> scopes(Request request, Route route) {
        if (route.kind() == Route.Kind.CATALOG) {
            return List.of("registry:catalog:*");
        }
        if (route.repository().isEmpty()) {
            return List.of();
        }
        var scopes = new ArrayList<String>();
        scopes.add("repository:" + route.repository() + ":" + actions(request, route));
        if (route.kind() == Route.Kind.UPLOAD && request.query().first("mount").isPresent()) {
            request.query()
                    .first("from")
                    .ifPresent(from -> scopes.add("repository:" + from + ":pull"));
        }
        return scopes;
    }

    private static String actions(Request request, Route route) {
        if (route.kind() == Route.Kind.UPLOAD) {
            return "pull,push";
        }
        return switch (request.method()) {
            case "GET", "HEAD" -> "pull";
            case "DELETE" -> "delete";
            default -> "pull,push";
        };
    }

    private RefusedRequest challenge(List<String> scopes, String error) {
        var challenge =
                new StringBuilder("Bearer realm=\"")
                        .append(realm)
                        .append("\",service=\"")
                        .append(service)
                        .append('"');
        if (!scopes.isEmpty()) {
            challenge.append(",scope=\"").append(String.join(" ", scopes)).append('"');
        }
        if (!error.isEmpty()) {
            challenge.append(",error=\"").append(error).append('"');
        }
        return new RefusedRequest(
                Answer.error(401, "UNAUTHORIZED", "a token is needed")
                        .with("WWW-Authenticate", challenge.toString()));
    }
}
