package io.pelagos.image.internal.layer;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The directories of a tree that is being unpacked, open. Every path is resolved by the kernel with
 * the tree's top as the root (RESOLVE_IN_ROOT), so that no link leads out of it, whoever made it
 * and whenever.
 */
final class Directories implements AutoCloseable {
    private static final int OPEN = 128;
    private static final int LINKS = 40;
    private static final int MODE = 0755;

    private final FileCalls calls;
    private final Fd root;

    /** The last in use are the last in the map. */
    private final Map<String, Fd> open = new LinkedHashMap<>(OPEN, 0.75f, true);

    Directories(FileCalls calls, Fd root) {
        this.calls = calls;
        this.root = root;
    }

    /** Returns a directory, which belongs to this object, and makes it where it is missing. */
    Fd make(String path) {
        if (path.isEmpty()) {
            return root;
        }
        var known = open.get(path);
        return known != null ? known : keep(path, find(path).orElseGet(() -> walk(path)));
    }

    /** Returns a directory, which belongs to this object, if it is there. */
    Optional<Fd> get(String path) {
        if (path.isEmpty()) {
            return Optional.of(root);
        }
        var known = open.get(path);
        return known != null ? Optional.of(known) : find(path).map(found -> keep(path, found));
    }

    private Fd keep(String path, Fd directory) {
        if (open.size() == OPEN) {
            var oldest = open.entrySet().iterator();
            oldest.next().getValue().close();
            oldest.remove();
        }
        open.put(path, directory);
        return directory;
    }

    private Optional<Fd> find(String path) {
        try {
            return Optional.of(calls.openInRoot(root, path, Constant.flags(O_PATH, O_DIRECTORY)));
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case ENOENT, ENOTDIR, ELOOP -> Optional.empty();
                default -> throw e;
            };
        }
    }

    /**
     * Goes down one name at a time, by descriptors that are never left for a path again, and makes
     * what is missing; what is no directory gives way to one.
     */
    private Fd walk(String path) {
        var rest = new ArrayDeque<>(Arrays.asList(path.split("/", -1)));
        var trail = new ArrayDeque<Fd>();
        int links = 0;
        try {
            while (!rest.isEmpty()) {
                var name = rest.pop();
                var here = trail.isEmpty() ? root : trail.peek();
                if (name.isEmpty() || name.equals(".")) {
                    continue;
                }
                if (name.equals("..")) {
                    if (!trail.isEmpty()) {
                        trail.pop().close();
                    }
                    continue;
                }
                var status = calls.status(here, name);
                if (status.isPresent() && status.get().isSymlink()) {
                    if (++links > LINKS) {
                        throw new ErrnoException(Errno.ELOOP, "resolving " + path);
                    }
                    follow(calls.readLink(here, name), rest, trail);
                    continue;
                }
                if (status.isPresent() && !status.get().isDirectory()) {
                    TreeRemoval.remove(calls, here, name);
                }
                if (status.isEmpty() || !status.get().isDirectory()) {
                    calls.makeDirectory(here, name, MODE);
                }
                trail.push(calls.openDirectory(here, name));
            }
            return trail.isEmpty()
                    ? calls.openDirectory(root, ".")
                    : calls.openDirectory(trail.peek(), ".");
        } finally {
            trail.forEach(Fd::close);
        }
    }

    private static void follow(String target, Deque<String> rest, Deque<Fd> trail) {
        if (target.startsWith("/")) {
            trail.forEach(Fd::close);
            trail.clear();
        }
        Arrays.asList(target.split("/", -1)).reversed().forEach(rest::push);
    }

    /** Forgets what is open, because names now lead elsewhere, but for one that is in use. */
    void forgetAllBut(String path) {
        var kept = open.remove(path);
        close();
        if (kept != null) {
            open.put(path, kept);
        }
    }

    @Override
    public void close() {
        open.values().forEach(Fd::close);
        open.clear();
    }
}
