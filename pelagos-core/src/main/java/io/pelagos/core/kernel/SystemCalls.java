package io.pelagos.core.kernel;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One method a system call, over any {@link Kernel}: arguments as Java has them, interrupted calls
 * repeated, and a failure thrown with the call written as the manual page writes it.
 */
public final class SystemCalls {
    private static final short POLLIN = 1;
    private static final int CHUNK = 1 << 16;
    private static final int LOOKUPS = 128;

    private final Kernel kernel;

    /**
     * Makes calls through a kernel.
     *
     * @param kernel where the calls go
     */
    public SystemCalls(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Returns where the calls go.
     *
     * @return the kernel
     */
    public Kernel kernel() {
        return kernel;
    }

    /**
     * {@code int openat(int dirfd, const char *pathname, int flags, mode_t mode)}, see openat(2).
     *
     * @param directory what a relative path is relative to, or null for {@code AT_FDCWD}
     * @param path the path
     * @param flags {@link OpenFlag}s; {@code O_CLOEXEC} is always added
     * @param mode permissions of a new file
     * @return the descriptor's number, owned by the caller
     */
    public int openat(@Nullable Fd directory, String path, Constant flags, int mode) {
        try (var memory = Memory.open()) {
            long bits = value(flags) | value(OpenFlag.O_CLOEXEC);
            long result = retry(Syscall.OPENAT, dirfd(directory), memory.string(path), bits, mode);
            return (int)
                    check(
                            result,
                            Syscall.OPENAT,
                            text(directory),
                            quote(path),
                            flags.name(),
                            octal(mode));
        }
    }

    /**
     * Opens a file into care.
     *
     * @param directory what a relative path is relative to, or null for {@code AT_FDCWD}
     * @param path the path
     * @param flags {@link OpenFlag}s; {@code O_CLOEXEC} is always added
     * @return the open file
     */
    public Fd open(@Nullable Fd directory, String path, OpenFlag... flags) {
        return Fd.of(kernel, openat(directory, path, Constant.flags(flags), 0), path);
    }

    /**
     * {@code int openat2(int dirfd, const char *pathname, struct open_how *how, size_t size)}, see
     * openat2(2).
     *
     * @param directory the directory of the resolution, or null for {@code AT_FDCWD}
     * @param path the path
     * @param flags {@link OpenFlag}s; {@code O_CLOEXEC} is always added
     * @param mode permissions of a new file, 0 unless {@code O_CREAT} is given
     * @param resolve {@link ResolveFlag}s
     * @return the open file
     */
    public Fd openat2(
            @Nullable Fd directory, String path, Constant flags, int mode, Constant resolve) {
        try (var memory = Memory.open()) {
            // struct open_how { __u64 flags, mode, resolve; }
            var how =
                    memory.block(24)
                            .putLong(0, value(flags) | value(OpenFlag.O_CLOEXEC))
                            .putLong(8, mode)
                            .putLong(16, value(resolve));
            long result;
            int attempt = 0;
            do {
                // EAGAIN: a rename elsewhere made the resolution unsafe to conclude; try again, but
                // not for as long as somebody may go on renaming.
                result =
                        retry(
                                Syscall.OPENAT2,
                                dirfd(directory),
                                memory.string(path),
                                how.address(),
                                how.size());
            } while (result == -Errno.EAGAIN.number() && ++attempt < LOOKUPS);
            return Fd.of(
                    kernel,
                    (int)
                            check(
                                    result,
                                    Syscall.OPENAT2,
                                    text(directory),
                                    quote(path),
                                    "{"
                                            + flags.name()
                                            + ", "
                                            + octal(mode)
                                            + ", "
                                            + resolve.name()
                                            + "}"),
                    path);
        }
    }

    /**
     * {@code ssize_t read(int fd, void *buf, size_t count)}, see read(2).
     *
     * @param fd the descriptor
     * @param into where the bytes go
     * @param at the first index that is written
     * @param length at most how many; calls read at most 64 KiB at once
     * @return how many, or 0 at end of file
     */
    public int read(int fd, byte[] into, int at, int length) {
        try (var memory = Memory.open()) {
            var buffer = memory.block(Math.min(length, CHUNK));
            int count =
                    (int)
                            check(
                                    retry(
                                            Syscall.READ,
                                            fd,
                                            buffer.address(),
                                            Math.min(length, CHUNK)),
                                    Syscall.READ,
                                    fd,
                                    "…",
                                    length);
            buffer.get(0, into, at, count);
            return count;
        }
    }

    /**
     * {@code ssize_t write(int fd, const void *buf, size_t count)}, see write(2).
     *
     * @param fd the descriptor
     * @param from where the bytes are
     * @param at the first index that is read
     * @param length at most how many; calls write at most 64 KiB at once
     * @return how many were written
     */
    public int write(int fd, byte[] from, int at, int length) {
        try (var memory = Memory.open()) {
            int size = Math.min(length, CHUNK);
            var buffer = memory.block(size).put(0, from, at, size);
            return (int)
                    check(
                            retry(Syscall.WRITE, fd, buffer.address(), size),
                            Syscall.WRITE,
                            fd,
                            "…",
                            size);
        }
    }

    /**
     * Writes everything, with as many calls as that takes.
     *
     * @param fd a descriptor that waits when it cannot take more
     * @param bytes what is written
     */
    public void writeFully(int fd, byte[] bytes) {
        for (int at = 0; at < bytes.length; ) {
            at += write(fd, bytes, at, bytes.length - at);
        }
    }

    /**
     * Reads to end of file.
     *
     * @param fd a descriptor that waits until there is something
     * @param limit how many bytes at the most
     * @return the bytes
     * @throws IllegalStateException when there are more than {@code limit}
     */
    public byte[] readFully(int fd, int limit) {
        var bytes = new byte[Math.min(4096, limit + 1)];
        int size = 0;
        while (true) {
            if (size == bytes.length) {
                if (size > limit) {
                    throw new IllegalStateException(
                            "more than " + limit + " bytes from descriptor " + fd);
                }
                bytes = Arrays.copyOf(bytes, (int) Math.min(2L * size, limit + 1L));
            }
            int count = read(fd, bytes, size, bytes.length - size);
            if (count == 0) {
                return Arrays.copyOf(bytes, size);
            }
            size += count;
        }
    }

    /**
     * Reads a small file as text, such as those of procfs, sysfs and cgroupfs.
     *
     * @param directory what a relative path is relative to, or null for {@code AT_FDCWD}
     * @param path the path
     * @param limit how many bytes at the most
     * @return the text
     */
    public String readFile(@Nullable Fd directory, String path, int limit) {
        int fd = openat(directory, path, OpenFlag.O_RDONLY, 0);
        try {
            return new String(readFully(fd, limit), java.nio.charset.StandardCharsets.UTF_8);
        } finally {
            close(fd);
        }
    }

    /**
     * Writes a text with one call into an existing file, as files of procfs, sysfs and cgroupfs
     * want it.
     *
     * @param directory what a relative path is relative to, or null for {@code AT_FDCWD}
     * @param path the path
     * @param text what is written
     * @throws ErrnoException naming the file and the text
     */
    public void writeFile(@Nullable Fd directory, String path, String text) {
        writeFile(directory, path, List.of(text));
    }

    /**
     * Writes to a file of the kernel's, such as one of procfs, which takes each text by a call of
     * its own.
     *
     * @param directory where the path begins, or null for the working directory
     * @param path the file
     * @param texts what it takes, in order
     * @throws ErrnoException when the kernel refuses one; those before it were taken
     */
    public void writeFile(@Nullable Fd directory, String path, List<String> texts) {
        if (texts.isEmpty()) {
            return;
        }
        int fd = openat(directory, path, OpenFlag.O_WRONLY, 0);
        try (var memory = Memory.open()) {
            for (var text : texts) {
                var bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                long result = retry(Syscall.WRITE, fd, memory.bytes(bytes).address(), bytes.length);
                if (result < 0) {
                    throw new ErrnoException(
                            Errno.of((int) -result),
                            "write(" + quote(path) + ", " + quote(text.strip()) + ")");
                }
            }
        } finally {
            close(fd);
        }
    }

    /**
     * Waits in the calling thread until something can be read, see ppoll(2); for a platform thread
     * and a moment only, since no interrupt ends it.
     *
     * @param fd the number of what is read
     * @param atMost how long, below a second
     * @return false when the time is over
     */
    public boolean isReadable(int fd, Duration atMost) {
        try (var memory = Memory.open()) {
            // struct pollfd { int fd; short events, revents; } and a struct timespec
            var poll = memory.block(8).putInt(0, fd).putShort(4, POLLIN);
            var time = memory.block(16).putLong(8, atMost.toNanos());
            long result = retry(Syscall.PPOLL, poll.address(), 1, time.address(), 0, 8);
            return check(result, Syscall.PPOLL, fd, 1, atMost, "NULL", 8) > 0;
        }
    }

    /**
     * {@code int close(int fd)}, see close(2); the number is free afterwards whatever happened.
     *
     * @param fd the descriptor
     */
    public void close(int fd) {
        long ignored = kernel.call(Syscall.CLOSE, fd);
    }

    /**
     * {@code int fcntl(int fd, int op, long arg)}, see fcntl(2).
     *
     * @param fd the descriptor
     * @param operation the operation
     * @param argument its argument
     * @return what the operation returns
     */
    public int fcntl(int fd, int operation, long argument) {
        return (int)
                check(
                        retry(Syscall.FCNTL, fd, operation, argument),
                        Syscall.FCNTL,
                        fd,
                        operation,
                        argument);
    }

    /**
     * {@code int pipe2(int pipefd[2], int flags)}, see pipe2(2). Both ends are closed on execve.
     *
     * @param what what the pipe is for
     * @return the reading and the writing end
     */
    public Pair pipe(String what) {
        try (var memory = Memory.open()) {
            var ends = memory.block(8);
            check(
                    retry(Syscall.PIPE2, ends.address(), value(OpenFlag.O_CLOEXEC)),
                    Syscall.PIPE2,
                    "…",
                    "O_CLOEXEC");
            return new Pair(
                    Fd.of(kernel, ends.getInt(0), what), Fd.of(kernel, ends.getInt(4), what));
        }
    }

    /**
     * {@code int socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC, 0, int sv[2])}, see
     * socketpair(2).
     *
     * @param what what the pair is for
     * @return the two ends
     */
    public Pair socketpair(String what) {
        try (var memory = Memory.open()) {
            var ends = memory.block(8);
            check(
                    retry(Syscall.SOCKETPAIR, 1, 5 | 0x80000, 0, ends.address()),
                    Syscall.SOCKETPAIR,
                    "AF_UNIX",
                    "SOCK_SEQPACKET|SOCK_CLOEXEC",
                    0,
                    "…");
            return new Pair(
                    Fd.of(kernel, ends.getInt(0), what), Fd.of(kernel, ends.getInt(4), what));
        }
    }

    /**
     * Two descriptors that belong together.
     *
     * @param first the reading end of a pipe, or one end of a socket pair
     * @param second the writing end of a pipe, or the other end of a socket pair
     */
    public record Pair(Fd first, Fd second) implements AutoCloseable {
        /** Closes both. */
        @Override
        public void close() {
            first.close();
            second.close();
        }
    }

    /**
     * {@code int mkdirat(int dirfd, const char *pathname, mode_t mode)}, see mkdirat(2).
     *
     * @param directory what a relative path is relative to, or null for {@code AT_FDCWD}
     * @param path the new directory
     * @param mode its permissions, less the umask
     */
    public void mkdirat(@Nullable Fd directory, String path, int mode) {
        try (var memory = Memory.open()) {
            check(
                    retry(Syscall.MKDIRAT, dirfd(directory), memory.string(path), mode),
                    Syscall.MKDIRAT,
                    text(directory),
                    quote(path),
                    octal(mode));
        }
    }

    /**
     * {@code int unlinkat(int dirfd, const char *pathname, int flags)}, see unlinkat(2).
     *
     * @param directory what a relative path is relative to, or null for {@code AT_FDCWD}
     * @param path what is removed
     * @param flags {@code AT_REMOVEDIR} for a directory, else none
     */
    public void unlinkat(@Nullable Fd directory, String path, Constant flags) {
        try (var memory = Memory.open()) {
            check(
                    retry(Syscall.UNLINKAT, dirfd(directory), memory.string(path), value(flags)),
                    Syscall.UNLINKAT,
                    text(directory),
                    quote(path),
                    flags.name());
        }
    }

    /**
     * {@code int pidfd_open(pid_t pid, unsigned int flags)}, see pidfd_open(2).
     *
     * @param pid the process
     * @return a descriptor that refers to the process and is readable once it ended
     */
    public Fd pidfdOpen(int pid) {
        return Fd.of(
                kernel,
                (int) check(retry(Syscall.PIDFD_OPEN, pid, 0), Syscall.PIDFD_OPEN, pid, 0),
                "process " + pid);
    }

    /**
     * {@code int pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned int flags)}, see
     * pidfd_send_signal(2).
     *
     * @param pidfd the process
     * @param signal the signal's number; 0 only checks
     * @return false when the process has ended and been waited for
     */
    public boolean pidfdSendSignal(Fd pidfd, int signal) {
        long result = retry(Syscall.PIDFD_SEND_SIGNAL, pidfd.number(), signal, 0, 0);
        if (result == -Errno.ESRCH.number()) {
            return false;
        }
        check(result, Syscall.PIDFD_SEND_SIGNAL, pidfd, signal, "NULL", 0);
        return true;
    }

    /**
     * {@code int waitid(idtype_t idtype, id_t id, siginfo_t *infop, int options)}, see waitid(2).
     * Waits until the child has ended; use it when that is known or near.
     *
     * @param type {@link WaitFlag#P_PID} or {@link WaitFlag#P_PIDFD}
     * @param id the process id or the descriptor
     * @return the {@code siginfo_t}, 128 bytes
     */
    public byte[] waitid(WaitFlag type, int id) {
        try (var memory = Memory.open()) {
            var info = memory.block(128);
            check(
                    retry(
                            Syscall.WAITID,
                            value(type),
                            id,
                            info.address(),
                            value(WaitFlag.WEXITED),
                            0),
                    Syscall.WAITID,
                    type.name(),
                    id,
                    "…",
                    "WEXITED");
            return info.get(0, 128);
        }
    }

    /**
     * Makes any call, repeating it while it is interrupted.
     *
     * @param syscall which call
     * @param arguments its arguments
     * @return the result, or the negated error number
     */
    public long retry(Syscall syscall, long... arguments) {
        long result;
        do {
            result = kernel.call(syscall, arguments);
        } while (result == -Errno.EINTR.number());
        return result;
    }

    /**
     * Turns a negated error number into an exception.
     *
     * @param result what a call returned
     * @param syscall which call
     * @param arguments its arguments as they are to be shown
     * @return the result when it is no error
     * @throws ErrnoException when it is one
     */
    public static long check(long result, Syscall syscall, Object... arguments) {
        if (result >= 0 || result < -Errno.MAX) {
            return result;
        }
        var text = new StringBuilder(syscall.callName()).append('(');
        for (int i = 0; i < arguments.length; i++) {
            text.append(i == 0 ? "" : ", ").append(arguments[i]);
        }
        throw new ErrnoException(Errno.of((int) -result), text.append(')').toString());
    }

    /**
     * Writes a string as C does, for messages.
     *
     * @param text any text
     * @return the text in double quotes, with quotes, backslashes and control characters escaped
     */
    public static String quote(String text) {
        var quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                default -> quoted.append(c < ' ' || c == 0x7f ? "\\x%02x".formatted((int) c) : c);
            }
        }
        return quoted.append('"').toString();
    }

    private long value(Constant constant) {
        return constant.value(kernel.architecture());
    }

    private static long dirfd(@Nullable Fd directory) {
        return directory == null ? -100 : directory.number();
    }

    private static String text(@Nullable Fd directory) {
        return directory == null ? "AT_FDCWD" : directory.toString();
    }

    private static String octal(int mode) {
        return mode == 0 ? "0" : "0" + Integer.toOctalString(mode);
    }
}
