package io.pelagos.image.internal.store;

import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Says what became of an attempt to change the store, and what to do about it. */
final class StoreFailure {
    /** With less than this no layer and no document can be stored. */
    private static final long NOTHING = 1 << 16;

    private StoreFailure() {}

    /** Makes an exception of what the kernel has refused. */
    static StoreException of(String doing, ErrnoException e) {
        var advice =
                switch (e.errno()) {
                    case ENOSPC, EDQUOT -> FULL;
                    case EROFS -> READ_ONLY;
                    case EACCES, EPERM -> FORBIDDEN;
                    default -> "";
                };
        return new StoreException(doing + ": " + e.getMessage() + advice, e);
    }

    /** Makes an exception of what could not be read or written, in a directory of the store. */
    static StoreException of(String doing, Path directory, IOException e) {
        var reason = e instanceof FileSystemException file ? file.getReason() : null;
        var said = reason == null ? String.valueOf(e.getMessage()) : reason;
        var what = reason == null ? said : ((FileSystemException) e).getFile() + ": " + said;
        return new StoreException(doing + ": " + what + advice(directory, said, e), e);
    }

    private static final String FULL =
            "; free some space there: prune removes the layers that no image has";
    private static final String READ_ONLY =
            "; the store is read-only: images that are in it can be run, but others cannot be"
                    + " stored; open one that can be written to";
    private static final String FORBIDDEN =
            "; the store belongs to another user: ask to become a member of the group that it"
                    + " belongs to, or use one of your own";

    /** The JDK passes on only what the C library says about an error. */
    private static String advice(Path directory, String said, @Nullable IOException e) {
        if (said.contains("No space left on device") || said.contains("quota")) {
            return FULL;
        }
        if (said.contains("Read-only file system")) {
            return READ_ONLY;
        }
        if (e instanceof java.nio.file.AccessDeniedException) {
            return FORBIDDEN;
        }
        return isFull(directory) ? FULL : "";
    }

    private static boolean isFull(Path directory) {
        try {
            return Files.getFileStore(directory).getUsableSpace() < NOTHING;
        } catch (IOException _) {
            return false;
        }
    }
}
