package io.pelagos.image.internal.registry;

import org.jspecify.annotations.Nullable;

/** Why something failed, in words. */
final class Throwables {
    private Throwables() {}

    /** The message of an exception; its kind where it has none or says little alone. */
    static String reason(@Nullable Throwable cause) {
        if (cause == null) {
            return "unknown reason";
        }
        var message = cause.getMessage();
        var kind = cause.getClass().getSimpleName();
        if (message == null || message.isBlank()) {
            return kind;
        }
        return cause instanceof java.net.UnknownHostException ? "unknown host " + message : message;
    }
}
