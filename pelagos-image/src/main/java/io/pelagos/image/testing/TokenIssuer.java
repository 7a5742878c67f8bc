package io.pelagos.image.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Hands out tokens, and knows what each of them allows. */
final class TokenIssuer {
    private final Credentials credentials;
    private final Duration lifetime;
    private final boolean anonymousPull;
    private final Map<String, Grant> tokens = new ConcurrentHashMap<>();
    private final Set<String> identityTokens = ConcurrentHashMap.newKeySet();

    /**
     * What a token is good for.
     *
     * @param actions as in {@code repository:app:pull}
     * @param end when it is over
     */
    private record Grant(Set<String> actions, Instant end) {}

    TokenIssuer(Credentials credentials, Duration lifetime, boolean anonymousPull) {
        this.credentials = credentials;
        this.lifetime = lifetime;
        this.anonymousPull = anonymousPull;
    }

    Credentials credentials() {
        return credentials;
    }

    Duration lifetime() {
        return lifetime;
    }

    boolean hasAnonymousPull() {
        return anonymousPull;
    }

    /** Makes a token for scopes as in {@code repository:app:pull,push}. */
    String issue(List<String> scopes, boolean anonymous) {
        var actions = new HashSet<String>();
        for (var scope : scopes) {
            for (var action : actions(scope)) {
                if (!anonymous || action.endsWith(":pull")) {
                    actions.add(action);
                }
            }
        }
        var token = newToken();
        tokens.put(token, new Grant(Set.copyOf(actions), Instant.now().plus(lifetime)));
        return token;
    }

    /** Takes a scope apart into one for each action; the name in it can have a port and colons. */
    static List<String> actions(String scope) {
        int colon = scope.lastIndexOf(':');
        if (colon < 0) {
            return List.of();
        }
        var resource = scope.substring(0, colon + 1);
        return List.of(scope.substring(colon + 1).split(",", -1)).stream()
                .map(resource::concat)
                .toList();
    }

    boolean isValid(String token) {
        var grant = tokens.get(token);
        return grant != null && Instant.now().isBefore(grant.end);
    }

    boolean allows(String token, List<String> actions) {
        var grant = tokens.get(token);
        return grant != null
                && actions.stream()
                        .allMatch(
                                action ->
                                        grant.actions.contains(action)
                                                || grant.actions.contains(anyAction(action)));
    }

    private static String anyAction(String action) {
        return action.substring(0, action.lastIndexOf(':') + 1) + "*";
    }

    String issueIdentityToken() {
        var token = newToken();
        identityTokens.add(token);
        return token;
    }

    boolean isIdentityToken(String token) {
        return identityTokens.contains(token);
    }

    /** Ends all tokens but those of identities. */
    void expire() {
        tokens.clear();
    }

    private static String newToken() {
        return UUID.randomUUID().toString();
    }
}
