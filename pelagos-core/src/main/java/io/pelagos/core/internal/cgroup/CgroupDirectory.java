package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.AtFlag;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.ResolveFlag;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One directory of a cgroup file system, held by a descriptor: whatever happens to the names above
 * it, files and children are those of this cgroup.
 */
final class CgroupDirectory implements AutoCloseable {
    /** Beneath, without links, on one file system: nothing that a container makes leads away. */
    private static final Constant CONFINED =
            Constant.flags(
                    ResolveFlag.RESOLVE_BENEATH,
                    ResolveFlag.RESOLVE_NO_SYMLINKS,
                    ResolveFlag.RESOLVE_NO_XDEV);

    private static final Constant DIRECTORY =
            Constant.flags(OpenFlag.O_RDONLY, OpenFlag.O_DIRECTORY, OpenFlag.O_NOFOLLOW);

    private static final int LARGEST_FILE = 1 << 22;
    private static final int DIRENT_TYPE = 18;
    private static final int DIRENT_NAME = 19;
    private static final int DT_DIR = 4;
    private static final int WRITABLE = 2;

    private final SystemCalls calls;
    private final Fd fd;
    private final String path;

    private CgroupDirectory(SystemCalls calls, Fd fd, String path) {
        this.calls = calls;
        this.fd = fd;
        this.path = path;
    }

    /** Opens a directory by its absolute path. */
    static CgroupDirectory open(SystemCalls calls, String path) {
        return new CgroupDirectory(
                calls, Fd.of(calls.kernel(), calls.openat(null, path, DIRECTORY, 0), path), path);
    }

    /** Opens a directory below this one. */
    CgroupDirectory child(String name) {
        return new CgroupDirectory(
                calls, calls.openat2(fd, name, DIRECTORY, 0, CONFINED), path + "/" + name);
    }

    String path() {
        return path;
    }

    Fd fd() {
        return fd;
    }

    SystemCalls calls() {
        return calls;
    }

    /** Makes a directory below this one; EEXIST when it is there. */
    void make(String name) {
        calls.mkdirat(fd, name, 0755);
    }

    /** Removes an empty child; EBUSY while processes or cgroups are in it. */
    void removeChild(String name) {
        calls.unlinkat(fd, name, AtFlag.AT_REMOVEDIR);
    }

    String read(String file) {
        return calls.readFile(fd, file, LARGEST_FILE);
    }

    /**
     * Reads a file that not every kernel has. EOPNOTSUPP is what pressure files say when the kernel
     * was started without pressure stall information.
     */
    @Nullable String readIfPresent(String file) {
        try {
            return read(file);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.EOPNOTSUPP) {
                return null;
            }
            throw e;
        }
    }

    void write(String file, String text) {
        calls.writeFile(fd, file, List.of(text));
    }

    /** Writes one text after the other, for a file that takes one at a time. */
    void write(String file, List<String> texts) {
        calls.writeFile(fd, file, texts);
    }

    /** Opens a file for waiting on it. */
    Fd openFile(String file) {
        return calls.open(fd, file, OpenFlag.O_RDONLY);
    }

    boolean has(String file) {
        return access(file, 0);
    }

    boolean isWritable(String file) {
        return access(file, WRITABLE);
    }

    private boolean access(String file, int mode) {
        try (var memory = Memory.open()) {
            var name = memory.string(file);
            return calls.retry(Syscall.FACCESSAT2, fd.number(), name, mode, 0) == 0;
        }
    }

    /** Returns the names of the cgroups right below this one. */
    List<String> children() {
        // A descriptor of its own: getdents64 moves the position of the description.
        try (var fresh = child(".");
                var memory = Memory.open()) {
            var names = new ArrayList<String>();
            var buffer = memory.block(1 << 15);
            while (true) {
                long result =
                        calls.retry(
                                Syscall.GETDENTS64,
                                fresh.fd.number(),
                                buffer.address(),
                                buffer.size());
                if (result == -Errno.ENOENT.number()) {
                    return names; // the directory was removed meanwhile
                }
                int size =
                        (int) SystemCalls.check(result, Syscall.GETDENTS64, fd, "…", buffer.size());
                if (size == 0) {
                    return names;
                }
                // struct linux_dirent64 { u64 ino; s64 off; u16 reclen; u8 type; char name[]; }
                for (int at = 0; at < size; at += buffer.getShort(at + 16) & 0xffff) {
                    var name = buffer.getString(at + DIRENT_NAME);
                    if (buffer.get(at + DIRENT_TYPE, 1)[0] == DT_DIR
                            && !name.equals(".")
                            && !name.equals("..")) {
                        names.add(name);
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        fd.close();
    }

    @Override
    public String toString() {
        return path;
    }
}
