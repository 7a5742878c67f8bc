package io.pelagos.image.internal.registry;

import java.io.IOException;

/** What is to be sent is not what it was said to be, or cannot be read. */
final class SourceException extends IOException {
    private static final long serialVersionUID = 1L;

    SourceException(String message) {
        super(message);
    }

    SourceException(String message, IOException cause) {
        super(message, cause);
    }
}
