package io.pelagos.core;

/**
 * Something that Pelagos was asked for did not work.
 *
 * <p>The message says what was being done, why it failed, and what to do about it.
 */
public abstract sealed class PelagosException extends RuntimeException
        permits InvalidSpecException,
                SyscallFailedException,
                CommandException,
                LimitException,
                ContainerStateException,
                NotReadyException,
                UnsupportedHostException,
                VolumeException,
                ExtensionException {
    private static final long serialVersionUID = 1L;

    PelagosException(String message) {
        super(message);
    }
}
