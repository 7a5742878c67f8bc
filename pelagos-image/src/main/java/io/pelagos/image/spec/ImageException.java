package io.pelagos.image.spec;

import io.pelagos.core.ExtensionException;

/**
 * Something that was to be done with an image did not work.
 *
 * <p>The message says what was being done, why it failed, and what to do about it.
 */
public abstract sealed class ImageException extends ExtensionException
        permits BadContentException,
                ImageInUseException,
                ImageNotFoundException,
                RegistryException,
                StoreException {
    private static final long serialVersionUID = 1L;

    ImageException(String message) {
        super(message);
    }
}
