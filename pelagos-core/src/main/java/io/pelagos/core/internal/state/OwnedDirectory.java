package io.pelagos.core.internal.state;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
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
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An open directory that belongs to this user and that nobody else may change; what is in it is
 * reached by plain names, through no link.
 */
public final class OwnedDirectory implements AutoCloseable {
    private static final Constant CONFINED =
            Constant.flags(ResolveFlag.RESOLVE_BENEATH, ResolveFlag.RESOLVE_NO_SYMLINKS);

    private static final Constant DIRECTORY =
            Constant.flags(OpenFlag.O_RDONLY, OpenFlag.O_DIRECTORY, OpenFlag.O_NOFOLLOW);

    /** A FIFO or a device in the place of a file must not hold up who looks at it. */
    private static final Constant READING =
            Constant.flags(OpenFlag.O_RDONLY, OpenFlag.O_NOFOLLOW, OpenFlag.O_NONBLOCK);

    private static final Constant LOCKING =
            Constant.flags(
                    OpenFlag.O_RDWR, OpenFlag.O_CREAT, OpenFlag.O_NOFOLLOW, OpenFlag.O_NONBLOCK);

    private static final Constant CREATING =
            Constant.flags(
                    OpenFlag.O_WRONLY, OpenFlag.O_CREAT, OpenFlag.O_EXCL, OpenFlag.O_NOFOLLOW);

    private static final int PRIVATE_FILE = 0600;
    private static final int PRIVATE_DIRECTORY = 0700;
    private static final int RENAME_NOREPLACE = 1;
    private static final int DIRENT_NAME = 19;
    private static final int LISTED_AT_ONCE = 1 << 15;

    private final SystemCalls calls;
    private final Fd fd;
    private final String path;
    private final long owner;
    private final AtomicLong temporary = new AtomicLong();

    private OwnedDirectory(SystemCalls calls, Fd fd, String path, long owner) {
        this.calls = calls;
        this.fd = fd;
        this.path = path;
        this.owner = owner;
    }

    /**
     * Opens a directory by a path whose place is trusted.
     *
     * @param calls makes the calls
     * @param path an absolute path
     * @param owner who must own it
     * @return the directory
     * @throws HostileFileException when it is not that user's alone
     */
    public static OwnedDirectory open(SystemCalls calls, String path, long owner) {
        var fd = Fd.of(calls.kernel(), calls.openat(null, path, DIRECTORY, 0), path);
        return checked(new OwnedDirectory(calls, fd, path, owner));
    }

    private static OwnedDirectory checked(OwnedDirectory directory) {
        try {
            new Ownership(directory.owner)
                    .requireDirectory(directory.status(directory.fd), directory.path);
            return directory;
        } catch (RuntimeException | Error e) {
            directory.close();
            throw e;
        }
    }

    /**
     * Opens a directory right in this one.
     *
     * @param name its name
     * @return the directory
     * @throws HostileFileException when it is a link, or not this user's alone
     */
    public OwnedDirectory child(String name) {
        return checked(new OwnedDirectory(calls, open(name, DIRECTORY), path + "/" + name, owner));
    }

    private FileStatus status(Fd file) {
        return new FileCalls(calls).status(file);
    }

    private Fd open(String name, Constant flags) {
        return open(name, flags, 0);
    }

    private Fd open(String name, Constant flags, int mode) {
        try {
            return calls.openat2(fd, name, flags, mode, CONFINED);
        } catch (ErrnoException e) {
            throw switch (e.errno()) {
                case ELOOP, EXDEV ->
                        new HostileFileException(path + "/" + name, "is a link, not followed");
                case ENOTDIR -> new HostileFileException(path + "/" + name, "is not a directory");
                default -> e;
            };
        }
    }

    /** Returns the descriptor. */
    public Fd fd() {
        return fd;
    }

    /** Returns where the directory was when it was opened. */
    public String path() {
        return path;
    }

    /** Makes a directory that only this user may look into; EEXIST when the name is taken. */
    public void make(String name) {
        calls.mkdirat(fd, name, PRIVATE_DIRECTORY);
    }

    /**
     * Opens a plain file for reading.
     *
     * @param name its name
     * @return the file, or empty when there is none
     * @throws HostileFileException when it is no plain file of this user's
     */
    public Optional<Fd> openFile(String name) {
        return openFile(name, Long.MAX_VALUE);
    }

    private Optional<Fd> openFile(String name, long limit) {
        Fd file;
        try {
            file = open(name, READING);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw e;
        }
        return Optional.of(checked(file, name, limit));
    }

    /**
     * Opens a plain file for reading and writing that is made when there is none.
     *
     * @param name its name
     * @param limit how many bytes it may have
     * @return the file
     * @throws HostileFileException when it is no plain file of this user's, or larger
     */
    Fd openOrMake(String name, long limit) {
        return checked(open(name, LOCKING, PRIVATE_FILE), name, limit);
    }

    private Fd checked(Fd file, String name, long limit) {
        try {
            new Ownership(owner).requireFile(status(file), limit, path + "/" + name);
            return file;
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /**
     * Reads a plain file.
     *
     * @param name its name
     * @param limit how many bytes at the most
     * @return the bytes, or empty when there is none
     * @throws HostileFileException when it is no plain file of this user's, or larger
     */
    public Optional<byte[]> read(String name, int limit) {
        var file = openFile(name, limit);
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try (var open = file.get()) {
            return Optional.of(calls.readFully(open.number(), limit));
        } catch (IllegalStateException e) {
            throw new HostileFileException(path + "/" + name, "grows while it is read");
        }
    }

    /** Tells whether a name leads to the file that is open, and not to another by now. */
    public boolean leadsTo(String name, Fd file) {
        try (var now = open(name, READING)) {
            return status(now).isSame(status(file));
        } catch (ErrnoException e) {
            return false;
        }
    }

    /** Writes a file so that who reads it finds what was there before or all of this. */
    public void write(String name, byte[] bytes) {
        var partial =
                name + "." + ProcessHandle.current().pid() + "-" + temporary.incrementAndGet();
        removeFile(partial);
        try (var file =
                Fd.of(calls.kernel(), calls.openat(fd, partial, CREATING, PRIVATE_FILE), partial)) {
            calls.writeFully(file.number(), bytes);
            sync(file);
            rename(partial, this, name, false);
        } catch (RuntimeException | Error e) {
            removeFile(partial);
            throw e;
        }
        sync(fd);
    }

    private void sync(Fd file) {
        SystemCalls.check(calls.retry(Syscall.FSYNC, file.number()), Syscall.FSYNC, file);
    }

    /** Removes a file; nothing when there is none. */
    public void removeFile(String name) {
        remove(name, Constant.flags());
    }

    /** Removes an empty directory; nothing when there is none. */
    void removeDirectory(String name) {
        remove(name, AtFlag.AT_REMOVEDIR);
    }

    private void remove(String name, Constant flags) {
        try {
            calls.unlinkat(fd, name, flags);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    /** Gives something another name, in the same or another directory. */
    void rename(String name, OwnedDirectory to, String other, boolean onlyIfFree) {
        try (var memory = Memory.open()) {
            SystemCalls.check(
                    calls.retry(
                            Syscall.RENAMEAT2,
                            fd.number(),
                            memory.string(name),
                            to.fd.number(),
                            memory.string(other),
                            onlyIfFree ? RENAME_NOREPLACE : 0),
                    Syscall.RENAMEAT2,
                    fd,
                    SystemCalls.quote(name),
                    to.fd,
                    SystemCalls.quote(other),
                    onlyIfFree ? "RENAME_NOREPLACE" : "0");
        }
    }

    /** Returns the names of everything in it, in no order. */
    public List<String> names() {
        return names(calls, fd);
    }

    /** Returns the names of everything in an open directory, in no order. */
    static List<String> names(SystemCalls calls, Fd directory) {
        // A descriptor of its own: getdents64 moves the position of the description.
        try (var fresh = calls.openat2(directory, ".", DIRECTORY, 0, CONFINED);
                var memory = Memory.open()) {
            var names = new ArrayList<String>();
            var buffer = memory.block(LISTED_AT_ONCE);
            while (true) {
                int size =
                        (int)
                                SystemCalls.check(
                                        calls.retry(
                                                Syscall.GETDENTS64,
                                                fresh.number(),
                                                buffer.address(),
                                                buffer.size()),
                                        Syscall.GETDENTS64,
                                        directory,
                                        "…",
                                        buffer.size());
                if (size == 0) {
                    return names;
                }
                // struct linux_dirent64 { u64 ino; s64 off; u16 reclen; u8 type; char name[]; }
                for (int at = 0; at < size; at += buffer.getShort(at + 16) & 0xffff) {
                    var name = buffer.getString(at + DIRENT_NAME);
                    if (!name.equals(".") && !name.equals("..")) {
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
