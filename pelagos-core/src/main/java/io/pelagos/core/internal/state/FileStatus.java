package io.pelagos.core.internal.state;

import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;

/**
 * What an open file is, see statx(2).
 *
 * @param mode kind and permissions
 * @param uid who owns it
 * @param links how many names it has
 * @param size its bytes
 * @param inode its number on its device
 */
record FileStatus(int mode, long uid, long links, long size, long inode) {
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int SIZE_OF_STATX = 256;
    private static final int TYPE = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int WRITABLE_BY_OTHERS = 0022;

    static FileStatus of(SystemCalls calls, Fd file) {
        try (var memory = Memory.open()) {
            var status = memory.block(SIZE_OF_STATX);
            SystemCalls.check(
                    calls.retry(
                            Syscall.STATX,
                            file.number(),
                            memory.string(""),
                            AT_EMPTY_PATH,
                            STATX_BASIC_STATS,
                            status.address()),
                    Syscall.STATX,
                    file,
                    "\"\"",
                    "AT_EMPTY_PATH",
                    "STATX_BASIC_STATS",
                    "…");
            // struct statx { u32 mask, blksize; u64 attributes; u32 nlink, uid, gid; u16 mode;
            // u16 __spare; u64 ino, size; … }
            return new FileStatus(
                    status.getShort(28) & 0xffff,
                    Integer.toUnsignedLong(status.getInt(20)),
                    Integer.toUnsignedLong(status.getInt(16)),
                    status.getLong(40),
                    status.getLong(32));
        }
    }

    boolean isDirectory() {
        return (mode & TYPE) == DIRECTORY;
    }

    /** Refuses what is no directory of this user's, or one that others may change. */
    void requireDirectoryOf(long owner, String what) {
        if (!isDirectory()) {
            throw new HostileFileException(what, "is not a directory");
        }
        requireOwner(owner, what);
    }

    /** Refuses what is no plain file of this user's, with one name and of a bounded size. */
    void requireFileOf(long owner, long limit, String what) {
        if ((mode & TYPE) != REGULAR) {
            throw new HostileFileException(what, "is not a regular file");
        }
        requireOwner(owner, what);
        if (links > 1) {
            throw new HostileFileException(what, "has " + links + " names");
        }
        if (size > limit) {
            throw new HostileFileException(
                    what, "has " + size + " bytes, more than " + limit + ", and was not read");
        }
    }

    private void requireOwner(long owner, String what) {
        if (uid != owner) {
            throw new HostileFileException(
                    what, "belongs to user " + uid + ", not to user " + owner);
        }
        if ((mode & WRITABLE_BY_OTHERS) != 0) {
            throw new HostileFileException(
                    what, "can be written by others: its mode is %04o".formatted(mode & 07777));
        }
    }
}
