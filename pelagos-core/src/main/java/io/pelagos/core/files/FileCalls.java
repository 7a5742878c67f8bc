package io.pelagos.core.files;

import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_BENEATH;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_IN_ROOT;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_MAGICLINKS;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_SYMLINKS;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_XDEV;

import io.pelagos.core.kernel.AtFlag;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Bytes;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The system calls on files in directories that are given by descriptors. A name is one component
 * of a path unless a method says otherwise; see {@link FileNames} for those that are no text.
 */
public final class FileCalls {
    private static final int PATH_MAX = 4096;
    private static final int XATTR_SIZE_MAX = 1 << 16;
    private static final int ENTRIES = 1 << 15;
    private static final Constant UNMOUNTED =
            Constant.flags(RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV);

    private static final Constant CONFINED = Constant.flags(RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS);

    /** How the names begin that fuse-overlayfs keeps for itself: nobody can make such a file. */
    private static final String MARK = ".wh.";

    private static final Set<String> OPAQUE_MARKS = Set.of(".wh..wh..opq", ".wh..opq");

    private final SystemCalls calls;
    private final boolean ofFuseOverlayfs;

    /**
     * Makes calls through others.
     *
     * @param calls what the calls go through
     */
    public FileCalls(SystemCalls calls) {
        this(calls, false);
    }

    private FileCalls(SystemCalls calls, boolean ofFuseOverlayfs) {
        this.calls = calls;
        this.ofFuseOverlayfs = ofFuseOverlayfs;
    }

    /**
     * Returns the same calls for layers that fuse-overlayfs has stacked: directories are listed
     * without the files in which it notes that they are opaque, and what it has deleted is a
     * whiteout, in whatever way it has noted that.
     *
     * @return other calls
     */
    public FileCalls ofFuseOverlayfs() {
        return new FileCalls(calls, true);
    }

    /**
     * Tells whether these are for layers that fuse-overlayfs has stacked.
     *
     * @return true for those of {@link #ofFuseOverlayfs()}
     */
    public boolean areOfFuseOverlayfs() {
        return ofFuseOverlayfs;
    }

    /**
     * Returns what the calls go through.
     *
     * @return the same object each time
     */
    public SystemCalls calls() {
        return calls;
    }

    private long value(Constant constant) {
        return constant.value(calls.kernel().architecture());
    }

    private long check(long result, Syscall syscall, Fd directory, String name) {
        return SystemCalls.check(result, syscall, directory, SystemCalls.quote(name), "…");
    }

    /**
     * Opens what a path leads to when a directory is taken for the root: links and {@code ..} lead
     * nowhere else, see RESOLVE_IN_ROOT in openat2(2).
     *
     * @param root a directory, taken for the root
     * @param path a path, {@code /} or nothing for the directory itself
     * @param flags of open(2); {@code O_CLOEXEC} is added
     * @return a descriptor
     */
    public Fd openInRoot(Fd root, String path, Constant flags) {
        return openat2(root, path, flags, 0, CONFINED);
    }

    /**
     * Opens an entry of a directory, never following a link.
     *
     * @param directory a directory, open
     * @param name one component of a path
     * @param flags of open(2); {@code O_CLOEXEC} is added
     * @param mode permissions, and for nodes the type, see inode(7)
     * @return a descriptor
     */
    public Fd openEntry(Fd directory, String name, Constant flags, int mode) {
        try (var memory = Memory.open()) {
            long bits = value(Constant.flags(flags, O_NOFOLLOW, O_CLOEXEC));
            long number =
                    check(
                            calls.retry(
                                    Syscall.OPENAT,
                                    directory.number(),
                                    text(memory, name),
                                    bits,
                                    mode),
                            Syscall.OPENAT,
                            directory,
                            name);
            return Fd.of(calls.kernel(), (int) number, name);
        }
    }

    /** Opens a directory right in another: no link, and nothing that is mounted there. */
    Fd openUnmounted(Fd directory, String name) {
        return openat2(
                directory, name, Constant.flags(O_RDONLY, O_DIRECTORY, O_NOFOLLOW), 0, UNMOUNTED);
    }

    private Fd openat2(Fd directory, String path, Constant flags, int mode, Constant resolve) {
        try (var memory = Memory.open()) {
            // struct open_how { __u64 flags, mode, resolve; }
            var how =
                    memory.block(24)
                            .putLong(0, value(Constant.flags(flags, O_CLOEXEC)))
                            .putLong(8, mode)
                            .putLong(16, value(resolve));
            long address = text(memory, path);
            long result;
            do {
                // EAGAIN: a rename elsewhere made the resolution unsafe to conclude.
                result =
                        calls.retry(
                                Syscall.OPENAT2, directory.number(), address, how.address(), 24);
            } while (result == -Errno.EAGAIN.number());
            return Fd.of(
                    calls.kernel(), (int) check(result, Syscall.OPENAT2, directory, path), path);
        }
    }

    /**
     * Opens a path of this machine, which the caller answers for.
     *
     * @param path a path, {@code /} or nothing for the directory itself
     * @param flags of open(2); {@code O_CLOEXEC} is added
     * @return a descriptor
     */
    public Fd openPath(String path, Constant flags) {
        return Fd.of(calls.kernel(), calls.openat(null, path, flags, 0), path);
    }

    /**
     * Opens again what a descriptor refers to, such as one with {@code O_PATH}.
     *
     * @param file a descriptor
     * @param flags of open(2); {@code O_CLOEXEC} is added
     * @return a descriptor of its own
     */
    public Fd reopen(Fd file, Constant flags) {
        return openPath(link(file), flags);
    }

    /**
     * Returns the path of procfs that leads to what a descriptor of this JVM refers to.
     *
     * @param file a descriptor
     * @return {@code /proc/self/fd/N}
     */
    public static String link(Fd file) {
        return "/proc/self/fd/" + file.number();
    }

    /**
     * Looks at an entry of a directory, or at the descriptor itself when the name is empty.
     *
     * @param directory a directory, open
     * @param name one component of a path
     * @return what it is
     */
    public Optional<FileStatus> status(Fd directory, String name) {
        var status = statusOf(directory, name);
        if (!ofFuseOverlayfs || status.isPresent() || name.isEmpty() || name.startsWith(MARK)) {
            return status;
        }
        // Where it can make no character device 0/0, it notes a deletion in a file.
        return statusOf(directory, MARK + name).map(FileStatus::whiteout);
    }

    private Optional<FileStatus> statusOf(Fd directory, String name) {
        try (var memory = Memory.open()) {
            var block = memory.block(FileStatus.SIZE);
            long result =
                    calls.retry(
                            Syscall.STATX,
                            directory.number(),
                            text(memory, name),
                            value(
                                    Constant.flags(
                                            AtFlag.AT_SYMLINK_NOFOLLOW,
                                            AtFlag.AT_EMPTY_PATH,
                                            AtFlag.AT_NO_AUTOMOUNT)),
                            FileStatus.BASIC,
                            block.address());
            if (result == -Errno.ENOENT.number()) {
                return Optional.empty();
            }
            check(result, Syscall.STATX, directory, name);
            return Optional.of(FileStatus.of(block));
        }
    }

    /**
     * Looks at what a descriptor refers to.
     *
     * @param file a descriptor
     * @return what it is
     */
    public FileStatus status(Fd file) {
        return status(file, "")
                .orElseThrow(() -> new ErrnoException(Errno.ENOENT, "statx(" + file + ")"));
    }

    /**
     * Lists a directory that is open for reading, sorted by name, without itself and its parent.
     *
     * @param directory a directory, open
     * @return the names
     * @throws ErrnoException EOPNOTSUPP when fuse-overlayfs has noted a deletion in a file, for
     *     want of a character device 0/0
     */
    public List<String> list(Fd directory) {
        var names = new ArrayList<String>();
        SystemCalls.check(
                calls.retry(Syscall.LSEEK, directory.number(), 0, 0), Syscall.LSEEK, directory);
        try (var memory = Memory.open()) {
            var block = memory.block(ENTRIES);
            while (true) {
                long size =
                        SystemCalls.check(
                                calls.retry(
                                        Syscall.GETDENTS64,
                                        directory.number(),
                                        block.address(),
                                        ENTRIES),
                                Syscall.GETDENTS64,
                                directory);
                if (size == 0) {
                    names.sort(null);
                    return ofFuseOverlayfs ? unmarked(names) : names;
                }
                read(block, size, names);
            }
        }
    }

    /** Leaves the marks out, and gives what they say was deleted its own name. */
    private static List<String> unmarked(List<String> names) {
        var shown = new TreeSet<String>();
        for (var name : names) {
            if (!name.startsWith(MARK)) {
                shown.add(name);
            } else if (!OPAQUE_MARKS.contains(name)) {
                shown.add(name.substring(MARK.length()));
            }
        }
        return new ArrayList<>(shown);
    }

    /**
     * Reads {@code struct linux_dirent64 { ino64_t; off64_t; unsigned short reclen; char type; }}.
     */
    private static void read(Memory.Block entries, long size, List<String> names) {
        for (long at = 0; at < size; at += entries.getShort(at + 16) & 0xffff) {
            int room = (entries.getShort(at + 16) & 0xffff) - 19;
            var bytes = entries.get(at + 19, room);
            int length = 0;
            while (bytes[length] != 0) {
                length++;
            }
            var name = FileNames.decode(java.util.Arrays.copyOf(bytes, length));
            if (!name.equals(".") && !name.equals("..")) {
                names.add(name);
            }
        }
    }

    /**
     * Lists a directory that is given by an {@code O_PATH} descriptor or any other.
     *
     * @param directory a directory, open
     * @return the names
     */
    public List<String> listAgain(Fd directory) {
        try (var readable = openEntry(directory, ".", Constant.flags(O_RDONLY, O_DIRECTORY), 0)) {
            return list(readable);
        }
    }

    /**
     * Opens a directory in a directory by an {@code O_PATH} descriptor.
     *
     * @param directory a directory, open
     * @param name one component of a path
     * @return a descriptor with {@code O_PATH}
     */
    public Fd openDirectory(Fd directory, String name) {
        return openEntry(directory, name, Constant.flags(O_PATH, O_DIRECTORY), 0);
    }

    /**
     * Reads a symbolic link.
     *
     * @param directory a directory, open
     * @param name one component of a path
     * @return where it leads to
     */
    public String readLink(Fd directory, String name) {
        try (var memory = Memory.open()) {
            var block = memory.block(PATH_MAX);
            long size =
                    check(
                            calls.retry(
                                    Syscall.READLINKAT,
                                    directory.number(),
                                    text(memory, name),
                                    block.address(),
                                    PATH_MAX),
                            Syscall.READLINKAT,
                            directory,
                            name);
            return FileNames.decode(block.get(0, (int) size));
        }
    }

    /**
     * Returns what a file that is open for reading holds from where it stands.
     *
     * @param file a descriptor, which stays open
     * @return its bytes; failures are {@link ErrnoException}s
     */
    public InputStream contents(Fd file) {
        return new FileContents(calls, file);
    }

    /**
     * Makes a directory.
     *
     * @param directory a directory, open
     * @param name one component of a path
     * @param mode permissions, and for nodes the type, see inode(7)
     */
    public void makeDirectory(Fd directory, String name, int mode) {
        named(Syscall.MKDIRAT, directory, name, mode, 0);
    }

    /**
     * Makes a device, a FIFO, a socket or a whiteout.
     *
     * @param directory a directory, open
     * @param name one component of a path
     * @param mode permissions, and for nodes the type, see inode(7)
     * @param major of a device
     * @param minor of a device
     */
    public void makeNode(Fd directory, String name, int mode, int major, int minor) {
        named(
                Syscall.MKNODAT,
                directory,
                name,
                mode,
                (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12));
    }

    /**
     * Removes an entry that is no directory.
     *
     * @param directory a directory, open
     * @param name one component of a path
     */
    public void unlink(Fd directory, String name) {
        named(Syscall.UNLINKAT, directory, name, 0, 0);
    }

    /**
     * Removes an empty directory.
     *
     * @param directory a directory, open
     * @param name one component of a path
     */
    public void removeDirectory(Fd directory, String name) {
        named(Syscall.UNLINKAT, directory, name, value(AtFlag.AT_REMOVEDIR), 0);
    }

    private void named(Syscall syscall, Fd directory, String name, long third, long fourth) {
        try (var memory = Memory.open()) {
            check(
                    calls.retry(syscall, directory.number(), text(memory, name), third, fourth),
                    syscall,
                    directory,
                    name);
        }
    }

    /**
     * Makes a symbolic link.
     *
     * @param directory a directory, open
     * @param name one component of a path
     * @param target where it leads to, as it stands
     */
    public void makeLink(Fd directory, String name, String target) {
        try (var memory = Memory.open()) {
            check(
                    calls.retry(
                            Syscall.SYMLINKAT,
                            text(memory, target),
                            directory.number(),
                            text(memory, name)),
                    Syscall.SYMLINKAT,
                    directory,
                    name);
        }
    }

    /**
     * Gives a file another name.
     *
     * @param from the directory the file is in
     * @param name one component of a path
     * @param to the directory of the other name
     * @param other the other name
     */
    public void link(Fd from, String name, Fd to, String other) {
        twoNames(Syscall.LINKAT, from, name, to, other);
    }

    /**
     * Renames an entry, over what has the new name.
     *
     * @param from the directory the file is in
     * @param name one component of a path
     * @param to the directory of the other name
     * @param other the other name
     */
    public void rename(Fd from, String name, Fd to, String other) {
        twoNames(Syscall.RENAMEAT2, from, name, to, other);
    }

    private void twoNames(Syscall syscall, Fd from, String name, Fd to, String other) {
        try (var memory = Memory.open()) {
            check(
                    calls.retry(
                            syscall,
                            from.number(),
                            text(memory, name),
                            to.number(),
                            text(memory, other),
                            0),
                    syscall,
                    to,
                    other);
        }
    }

    /**
     * Changes the owner of an entry, never following a link.
     *
     * @param directory a directory, open
     * @param name one component of a path
     * @param uid the owner, as a number of this user namespace
     * @param gid the group
     */
    public void changeOwner(Fd directory, String name, long uid, long gid) {
        try (var memory = Memory.open()) {
            check(
                    calls.retry(
                            Syscall.FCHOWNAT,
                            directory.number(),
                            text(memory, name),
                            uid,
                            gid,
                            value(
                                    Constant.flags(
                                            AtFlag.AT_SYMLINK_NOFOLLOW, AtFlag.AT_EMPTY_PATH))),
                    Syscall.FCHOWNAT,
                    directory,
                    name);
        }
    }

    /**
     * Changes the permissions of what a descriptor other than an {@code O_PATH} one refers to.
     *
     * @param file a descriptor
     * @param mode permissions, and for nodes the type, see inode(7)
     */
    public void changeMode(Fd file, int mode) {
        SystemCalls.check(
                calls.retry(Syscall.FCHMOD, file.number(), mode), Syscall.FCHMOD, file, mode);
    }

    /**
     * Changes the permissions of a file that cannot be opened without effect, such as a device.
     *
     * @param file a descriptor with {@code O_PATH}, not of a symbolic link
     * @param mode permissions
     */
    public void changeModeOfPath(Fd file, int mode) {
        try (var memory = Memory.open()) {
            SystemCalls.check(
                    calls.retry(
                            Syscall.FCHMODAT,
                            value(AtFlag.AT_FDCWD),
                            memory.string(link(file)),
                            mode),
                    Syscall.FCHMODAT,
                    file,
                    mode);
        }
    }

    /**
     * Sets how long a file is that is open for writing: what is added is a hole.
     *
     * @param file a descriptor
     * @param size in bytes
     */
    public void truncate(Fd file, long size) {
        SystemCalls.check(
                calls.retry(Syscall.FTRUNCATE, file.number(), size), Syscall.FTRUNCATE, file, size);
    }

    /**
     * Goes to a place in a file.
     *
     * @param file a descriptor
     * @param offset from its beginning
     */
    public void seek(Fd file, long offset) {
        SystemCalls.check(
                calls.retry(Syscall.LSEEK, file.number(), offset, 0), Syscall.LSEEK, file, offset);
    }

    /**
     * Waits until the file or directory is on disk.
     *
     * @param file a descriptor other than an {@code O_PATH} one
     */
    public void sync(Fd file) {
        SystemCalls.check(calls.retry(Syscall.FSYNC, file.number()), Syscall.FSYNC, file);
    }

    /**
     * Waits until all of a file system is on disk, see syncfs(2).
     *
     * @param file a descriptor of any file in it
     */
    public void syncFileSystem(Fd file) {
        SystemCalls.check(calls.retry(Syscall.SYNCFS, file.number()), Syscall.SYNCFS, file);
    }

    /**
     * Sets when an entry was last read and changed, never following a link.
     *
     * @param directory a directory, open
     * @param name one component of a path
     * @param modified for both times
     */
    public void changeTime(Fd directory, String name, Instant modified) {
        try (var memory = Memory.open()) {
            // struct timespec { time_t tv_sec; long tv_nsec; } times[2]: access, modification
            var times =
                    memory.block(32)
                            .putLong(0, modified.getEpochSecond())
                            .putLong(8, modified.getNano())
                            .putLong(16, modified.getEpochSecond())
                            .putLong(24, modified.getNano());
            // Without a name the descriptor itself is meant, which Linux expresses by NULL.
            check(
                    calls.retry(
                            Syscall.UTIMENSAT,
                            directory.number(),
                            name.isEmpty() ? 0 : text(memory, name),
                            times.address(),
                            name.isEmpty() ? 0 : value(AtFlag.AT_SYMLINK_NOFOLLOW)),
                    Syscall.UTIMENSAT,
                    directory,
                    name);
        }
    }

    /**
     * Returns the extended attributes of a file that is open for reading; none if unsupported.
     *
     * @param file a descriptor
     * @return by their full names
     */
    public Map<String, Bytes> xattrs(Fd file) {
        var all = new TreeMap<String, Bytes>();
        try (var memory = Memory.open()) {
            var block = memory.block(XATTR_SIZE_MAX);
            long size =
                    calls.retry(Syscall.FLISTXATTR, file.number(), block.address(), XATTR_SIZE_MAX);
            if (size == -Errno.EOPNOTSUPP.number() || size == 0) {
                return all;
            }
            SystemCalls.check(size, Syscall.FLISTXATTR, file);
            var names = FileNames.decode(block.get(0, (int) size - 1)).split("\0", -1);
            for (var name : names) {
                xattr(file, name).ifPresent(value -> all.put(name, value));
            }
        }
        return all;
    }

    /**
     * Returns an extended attribute of a file that is open for reading.
     *
     * @param file a descriptor
     * @param name one component of a path
     * @return its value, empty when it is not there
     */
    public Optional<Bytes> xattr(Fd file, String name) {
        try (var memory = Memory.open()) {
            var block = memory.block(XATTR_SIZE_MAX);
            long size =
                    calls.retry(
                            Syscall.FGETXATTR,
                            file.number(),
                            text(memory, name),
                            block.address(),
                            XATTR_SIZE_MAX);
            if (size == -Errno.ENODATA.number() || size == -Errno.EOPNOTSUPP.number()) {
                return Optional.empty();
            }
            check(size, Syscall.FGETXATTR, file, name);
            return Optional.of(Bytes.of(block.get(0, (int) size)));
        }
    }

    /**
     * Sets an extended attribute of a file that is open.
     *
     * @param file a descriptor
     * @param name one component of a path
     * @param value any bytes
     */
    public void setXattr(Fd file, String name, Bytes value) {
        try (var memory = Memory.open()) {
            check(
                    calls.retry(
                            Syscall.FSETXATTR,
                            file.number(),
                            text(memory, name),
                            memory.bytes(value.toArray()).address(),
                            value.size(),
                            0),
                    Syscall.FSETXATTR,
                    file,
                    name);
        }
    }

    private static long text(Memory memory, String name) {
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character in \"" + name + "\"");
        }
        return memory.bytes(FileNames.encode(name)).address();
    }
}
