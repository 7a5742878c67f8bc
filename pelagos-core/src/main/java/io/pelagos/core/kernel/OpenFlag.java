package io.pelagos.core.kernel;

/** How a file is opened: {@code O_*} of open(2), from {@code asm/fcntl.h}. */
public enum OpenFlag implements Constant {
    /** Read only. */
    O_RDONLY(0),
    /** Write only. */
    O_WRONLY(1),
    /** Read and write. */
    O_RDWR(2),
    /** Create the file when it is missing. */
    O_CREAT(0x40),
    /** Fail when the file exists. */
    O_EXCL(0x80),
    /** Do not acquire a controlling terminal. */
    O_NOCTTY(0x100),
    /** Cut the file to nothing. */
    O_TRUNC(0x200),
    /** Write at the end. */
    O_APPEND(0x400),
    /** Do not wait. */
    O_NONBLOCK(0x800),
    /** Fail unless it is a directory. */
    O_DIRECTORY(0x10000, 0x4000),
    /** Fail when the last component is a symbolic link. */
    O_NOFOLLOW(0x20000, 0x8000),
    /** Close on execve(2). */
    O_CLOEXEC(0x80000),
    /** Only a reference to the file. */
    O_PATH(0x200000),
    /** Make a file without a name in a directory; contains {@link #O_DIRECTORY}. */
    O_TMPFILE(0x410000, 0x404000);

    private final long x86;
    private final long aarch64;

    OpenFlag(long value) {
        this(value, value);
    }

    OpenFlag(long x86, long aarch64) {
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
