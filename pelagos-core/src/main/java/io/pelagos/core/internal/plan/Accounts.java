package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_NONBLOCK;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_IN_ROOT;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_MAGICLINKS;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.LayerStack;
import io.pelagos.core.kernel.AtFlag;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.ProcessSpec;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.core.spec.User;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Looks up users and groups in the container's own files, never in the host's: see passwd(5) and
 * group(5). The files may be anything: what is no regular file or larger than a bound is refused,
 * and links lead nowhere but into the root.
 */
public final class Accounts {
    private static final int LIMIT = 1 << 20;
    private static final int LOOKUPS = 64;
    private static final int S_IFMT = 0170000;
    private static final int S_IFREG = 0100000;

    private final UnaryOperator<String> files;

    /** Looks into a root file system. */
    public Accounts(SystemCalls calls, RootSpec root) {
        this(path -> read(calls, root, path));
    }

    /**
     * Looks below a directory that is open.
     *
     * @param calls makes the calls
     * @param root the root of a container that may be running
     * @return accounts that read the files when they are asked
     */
    public static Accounts below(SystemCalls calls, Fd root) {
        return new Accounts(path -> read(calls, root, path));
    }

    /**
     * Looks into files.
     *
     * @param files gives the text of {@code etc/passwd} and {@code etc/group}, empty when there is
     *     no such file
     */
    public Accounts(UnaryOperator<String> files) {
        this.files = files;
    }

    /**
     * Finds the numbers for a process.
     *
     * @throws IllegalArgumentException when a name is unknown or a file cannot be used
     */
    public LaunchInputs.Identity identity(ProcessSpec process) {
        var user = process.user();
        var line = passwdLine(process);
        if (line.isEmpty() && user.uid().isEmpty()) {
            throw unknown("user", user.user(), "passwd");
        }
        long uid = user.uid().isPresent() ? user.uid().getAsLong() : number(line.get(), 2);
        long gid;
        if (!user.group().isEmpty()) {
            gid = group(user.group());
        } else {
            gid = uid == 0 || line.isEmpty() ? 0 : number(line.get(), 3);
        }
        var groups = new ArrayList<Long>();
        for (var group : process.groups()) {
            groups.add(group(group));
        }
        return new LaunchInputs.Identity(uid, gid, groups, line.map(Accounts::home).orElse("/"));
    }

    /** Looks into passwd only when something of it is needed. */
    private Optional<List<String>> passwdLine(ProcessSpec process) {
        var user = process.user();
        if (user.uid().isEmpty()) {
            return find("passwd", 0, user.user());
        }
        boolean groupMissing = user.group().isEmpty() && user.uid().getAsLong() != 0;
        return groupMissing || !process.environment().containsKey("HOME")
                ? find("passwd", 2, user.user())
                : Optional.empty();
    }

    private static String home(List<String> line) {
        var home = line.size() > 5 ? line.get(5) : "";
        return home.startsWith("/") && home.chars().noneMatch(Character::isISOControl) ? home : "/";
    }

    private long group(String group) {
        var number = new User("0", group).gid();
        if (number.isPresent()) {
            return number.getAsLong();
        }
        return number(
                find("group", 0, group).orElseThrow(() -> unknown("group", group, "group")), 2);
    }

    private static IllegalArgumentException unknown(String what, String name, String file) {
        return new IllegalArgumentException(
                what + " \"" + name + "\": is not in /etc/" + file + " of the container");
    }

    private static long number(List<String> line, int field) {
        var text = line.size() > field ? line.get(field) : "";
        if (!text.matches("[0-9]{1,10}") || Long.parseLong(text) > User.MAX_ID) {
            throw new IllegalArgumentException(
                    "user \""
                            + line.getFirst()
                            + "\": has no usable number in the container's files");
        }
        return Long.parseLong(text);
    }

    private Optional<List<String>> find(String file, int field, String value) {
        return files.apply("etc/" + file)
                .lines()
                .map(l -> List.of(l.split(":", -1)))
                .filter(l -> l.size() > field && l.get(field).equals(value))
                .findFirst();
    }

    private static String read(SystemCalls calls, RootSpec root, String path) {
        return switch (root) {
            case RootSpec.Files(var files) -> {
                var entry = files.get("/" + path);
                yield entry == null ? "" : entry.contents().utf8();
            }
            case RootSpec.Directory(var directory) -> read(calls, directory.toString(), path);
            case RootSpec.Host() -> read(calls, "/", path);
            case RootSpec.Layers layers -> read(calls, layers, path);
        };
    }

    private static String read(SystemCalls calls, RootSpec.Layers layers, String path) {
        var files = new FileCalls(calls);
        if (layers.backend() == OverlayBackend.FUSE) {
            files = files.ofFuseOverlayfs();
        }
        try (var stack = LayerStack.open(files, layers.topDown())) {
            var found = stack.resolve(path);
            if (found.isEmpty()) {
                return "";
            }
            try (var place = found.get()) {
                return read(calls, path, place);
            }
        } catch (ErrnoException e) {
            throw new IllegalArgumentException(
                    "user: reading /" + path + " of the container: " + e.getMessage(), e);
        }
    }

    private static String read(SystemCalls calls, String directory, String path) {
        try (var top = calls.open(null, directory, O_PATH, O_DIRECTORY)) {
            return read(calls, top, path);
        } catch (ErrnoException e) {
            return absent(path, e);
        }
    }

    private static String read(SystemCalls calls, Fd top, String path) {
        try (var found = find(calls, top, path)) {
            return read(calls, path, found);
        } catch (ErrnoException e) {
            return absent(path, e);
        }
    }

    /** Opens a file for reading only once it is known to be one: opening a device acts on it. */
    private static String read(SystemCalls calls, String path, Fd found) {
        requireRegular(calls, found, path);
        // Files of procfs are regular ones that may wait.
        var link = "/proc/self/fd/" + found.number();
        try (var file = calls.open(null, link, O_RDONLY, O_NONBLOCK)) {
            return new String(calls.readFully(file.number(), LIMIT), StandardCharsets.UTF_8);
        } catch (IllegalStateException e) {
            throw new IllegalArgumentException(
                    "user: /" + path + " of the container is larger than " + LIMIT + " bytes", e);
        }
    }

    /**
     * While something is renamed or mounted on the machine, a lookup through links with {@code ..}
     * gives EAGAIN, see openat2(2).
     */
    private static Fd find(SystemCalls calls, Fd top, String path) {
        for (int attempt = 1; ; attempt++) {
            try {
                return calls.openat2(
                        top,
                        path,
                        O_PATH,
                        0,
                        Constant.flags(RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS));
            } catch (ErrnoException e) {
                if (e.errno() != Errno.EAGAIN || attempt == LOOKUPS) {
                    throw e;
                }
            }
        }
    }

    private static String absent(String path, ErrnoException e) {
        if (e.errno() == Errno.ENOENT) {
            return "";
        }
        throw new IllegalArgumentException(
                "user: reading /" + path + " of the container: " + e.getMessage(), e);
    }

    private static void requireRegular(SystemCalls calls, Fd file, String path) {
        try (var memory = Memory.open()) {
            var status = memory.block(256);
            SystemCalls.check(
                    calls.retry(
                            Syscall.STATX,
                            file.number(),
                            memory.string(""),
                            AtFlag.AT_EMPTY_PATH.value(calls.kernel().architecture()),
                            0x7ff,
                            status.address()),
                    Syscall.STATX,
                    file);
            if ((status.getShort(28) & S_IFMT) != S_IFREG) {
                throw new IllegalArgumentException(
                        "user: /" + path + " of the container is no regular file");
            }
        }
    }
}
