package io.pelagos.image.internal.registry;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * What a registry is told about who is asking.
 *
 * @param username the user, empty when there is none
 * @param password the password or access token, empty when there is none
 * @param identityToken a refresh token of an authorization server, empty when there is none; it is
 *     used before the password
 */
public record Credentials(String username, Secret password, Secret identityToken) {
    /** Nothing is told. */
    public static final Credentials ANONYMOUS = new Credentials("", Secret.NONE, Secret.NONE);

    /** The user that stands for "the secret is an identity token" with credential helpers. */
    private static final String TOKEN_USER = "<token>";

    /**
     * Makes credentials from a name and a password.
     *
     * @param username the user
     * @param password the password
     * @return the credentials
     */
    public static Credentials of(String username, String password) {
        return new Credentials(username, Secret.of(password), Secret.NONE);
    }

    /**
     * Makes credentials from an identity token.
     *
     * @param token the token
     * @return the credentials
     */
    public static Credentials ofIdentityToken(String token) {
        return new Credentials("", Secret.NONE, Secret.of(token));
    }

    /** Reads what a helper answered. */
    static Credentials ofHelper(String username, String secret) {
        return username.equals(TOKEN_USER) ? ofIdentityToken(secret) : of(username, secret);
    }

    /** The user to name to a helper. */
    String helperUsername() {
        return identityToken.isEmpty() ? username : TOKEN_USER;
    }

    /** The secret to give to a helper. */
    Secret helperSecret() {
        return identityToken.isEmpty() ? password : identityToken;
    }

    /**
     * Tells whether there is nothing to tell.
     *
     * @return true if so
     */
    public boolean isAnonymous() {
        return password.isEmpty() && identityToken.isEmpty();
    }

    /** The value of a header for the Basic scheme, RFC 7617. */
    String basic() {
        return "Basic " + base64();
    }

    /** User and password as configuration files write them. */
    String base64() {
        return Base64.getEncoder()
                .encodeToString(
                        (username + ":" + password.reveal()).getBytes(StandardCharsets.UTF_8));
    }
}
