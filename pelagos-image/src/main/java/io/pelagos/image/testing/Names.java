package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;
import java.util.regex.Pattern;

/** What repositories and tags can be called, see "Pulling manifests" in the specification. */
final class Names {
    private static final String COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
    private static final Pattern REPOSITORY =
            Pattern.compile(COMPONENT + "(?:/" + COMPONENT + ")*");
    private static final Pattern TAG = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}");

    private Names() {}

    static boolean isRepository(String text) {
        return text.length() <= 255 && REPOSITORY.matcher(text).matches();
    }

    static boolean isTag(String text) {
        return TAG.matcher(text).matches();
    }

    static boolean isDigest(String reference) {
        return reference.indexOf(':') >= 0;
    }

    /** Reads a digest that a client sent. */
    static Digest digest(String text) {
        try {
            return Digest.parse(text);
        } catch (IllegalArgumentException e) {
            throw new RefusedRequest(400, "DIGEST_INVALID", String.valueOf(e.getMessage()));
        }
    }
}
