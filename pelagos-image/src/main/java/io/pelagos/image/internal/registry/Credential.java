package io.pelagos.image.internal.registry;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Who asks a registry.
 *
 * @param username the user; of an identity token nobody in particular
 * @param secret the password, or the identity token
 * @param isIdentityToken whether the secret is a token that others are had for
 */
public record Credential(String username, Secret secret, boolean isIdentityToken) {
    /** What helpers call the user of an identity token. */
    static final String TOKEN_USER = "<token>";

    /**
     * Makes a credential of a user and a password.
     *
     * @param username the user
     * @param password the password
     * @return the credential
     */
    public static Credential of(String username, String password) {
        return new Credential(username, new Secret(password), username.equals(TOKEN_USER));
    }

    static Credential identityToken(String token) {
        return new Credential(TOKEN_USER, new Secret(token), true);
    }

    /** Returns the value of a header, see RFC 7617. */
    String basic() {
        var plain = username + ":" + secret.value();
        return "Basic "
                + Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8));
    }
}
