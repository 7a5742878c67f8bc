package io.pelagos.core.kernel;

/** Where and how a path is resolved: {@code AT_*} of {@code linux/fcntl.h}. */
public enum AtFlag implements Constant {
    /** Relative to the working directory. */
    AT_FDCWD(-100),
    /** Do not follow a symbolic link at the end. */
    AT_SYMLINK_NOFOLLOW(0x100),
    /** Remove a directory, see unlinkat(2). */
    AT_REMOVEDIR(0x200),
    /** Follow a symbolic link at the end. */
    AT_SYMLINK_FOLLOW(0x400),
    /** Do not trigger an automount. */
    AT_NO_AUTOMOUNT(0x800),
    /** An empty path means the descriptor itself. */
    AT_EMPTY_PATH(0x1000),
    /** Apply to the whole subtree. */
    AT_RECURSIVE(0x8000);

    private final long x86;
    private final long aarch64;

    AtFlag(long value) {
        this(value, value);
    }

    AtFlag(long x86, long aarch64) {
        this.x86 = x86;
        this.aarch64 = aarch64;
    }

    @Override
    public long value(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> x86;
            case AARCH64 -> aarch64;
        };
    }
}
