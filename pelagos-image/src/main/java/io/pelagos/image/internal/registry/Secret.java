package io.pelagos.image.internal.registry;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** A text that no log, message or dump of an object may show: only {@link #reveal} gives it. */
public final class Secret {
    /** No secret. */
    public static final Secret NONE = new Secret("");

    private final String text;

    private Secret(String text) {
        this.text = text;
    }

    /**
     * Hides a text.
     *
     * @param text a password or a token
     * @return what stands for it
     */
    public static Secret of(String text) {
        return text.isEmpty() ? NONE : new Secret(text);
    }

    /**
     * Returns the text, for the one place that sends or stores it.
     *
     * @return the password or token
     */
    public String reveal() {
        return text;
    }

    /**
     * Tells whether there is nothing to hide.
     *
     * @return true if so
     */
    public boolean isEmpty() {
        return text.isEmpty();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret
                && MessageDigest.isEqual(
                        text.getBytes(StandardCharsets.UTF_8),
                        secret.text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text.isEmpty() ? "" : "***";
    }
}
