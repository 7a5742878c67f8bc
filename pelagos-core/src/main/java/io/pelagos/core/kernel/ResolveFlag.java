package io.pelagos.core.kernel;

/** How openat2(2) resolves a path: {@code RESOLVE_*} of {@code linux/openat2.h}. */
public enum ResolveFlag implements Constant {
    /** Do not cross mount points. */
    RESOLVE_NO_XDEV(1),
    /** Do not follow the magic links of procfs. */
    RESOLVE_NO_MAGICLINKS(2),
    /** Do not follow any symbolic link. */
    RESOLVE_NO_SYMLINKS(4),
    /** Fail when the path leaves the directory. */
    RESOLVE_BENEATH(8),
    /** Take the directory for the root. */
    RESOLVE_IN_ROOT(0x10),
    /** Fail when it would have to wait for the disk. */
    RESOLVE_CACHED(0x20);

    private final long x86;
    private final long aarch64;

    ResolveFlag(long value) {
        this(value, value);
    }

    ResolveFlag(long x86, long aarch64) {
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
