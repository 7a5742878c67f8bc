package io.pelagos.image.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;

/** A user and a password, see RFC 7617. */
final class Credentials {
    private final String user;
    private final String password;

    Credentials(String user, String password) {
        if (user.isEmpty() || user.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    "user \"" + user + "\": must not be empty or have a colon");
        }
        this.user = user;
        this.password = password;
    }

    boolean match(String otherUser, String otherPassword) {
        return user.equals(otherUser) && password.equals(otherPassword);
    }

    /** Tells whether an Authorization header has them. */
    boolean match(String header) {
        var text = (user + ":" + password).getBytes(UTF_8);
        return header.equals("Basic " + Base64.getEncoder().encodeToString(text));
    }
}
