package io.pelagos.core.internal.state;

import io.pelagos.core.files.FileStatus;

/**
 * Whose a file must be to be believed: that of one user, whom nobody else can change it behind.
 *
 * @param owner the user
 */
record Ownership(long owner) {
    private static final int WRITABLE_BY_OTHERS = 0022;

    /** Refuses what is no directory of this user's, or one that others may change. */
    void requireDirectory(FileStatus status, String what) {
        if (!status.isDirectory()) {
            throw new HostileFileException(what, "is not a directory");
        }
        requireOwner(status, what);
    }

    /** Refuses what is no plain file of this user's, with one name and of a bounded size. */
    void requireFile(FileStatus status, long limit, String what) {
        if (!status.isRegular()) {
            throw new HostileFileException(what, "is not a regular file");
        }
        requireOwner(status, what);
        if (status.links() > 1) {
            throw new HostileFileException(what, "has " + status.links() + " names");
        }
        if (status.size() > limit) {
            throw new HostileFileException(
                    what,
                    "has " + status.size() + " bytes, more than " + limit + ", and was not read");
        }
    }

    private void requireOwner(FileStatus status, String what) {
        if (status.uid() != owner) {
            throw new HostileFileException(
                    what, "belongs to user " + status.uid() + ", not to user " + owner);
        }
        if ((status.permissions() & WRITABLE_BY_OTHERS) != 0) {
            throw new HostileFileException(
                    what,
                    "can be written by others: its mode is %04o".formatted(status.permissions()));
        }
    }
}
