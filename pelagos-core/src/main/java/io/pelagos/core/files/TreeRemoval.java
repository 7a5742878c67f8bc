package io.pelagos.core.files;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Removes a tree, without following a link, and without going into what is mounted in it: that is
 * an error (EBUSY or EXDEV), and stays. However deep it is, only so many directories are open at a
 * time: what lies deeper is moved up first.
 */
public final class TreeRemoval {
    private static final int DEPTH = 64;

    private final FileCalls calls;
    private final Fd directory;
    private final Deque<String> moved = new ArrayDeque<>();
    private int counter;

    private TreeRemoval(FileCalls calls, Fd directory) {
        this.calls = calls;
        this.directory = directory;
    }

    /**
     * Removes an entry of a directory and everything below it; does nothing when it is missing.
     *
     * @param calls what the calls go through
     * @param directory a directory, open
     * @param name one component of a path
     */
    public static void remove(FileCalls calls, Fd directory, String name) {
        var removal = new TreeRemoval(calls, directory);
        removal.remove(directory, name, 0);
        while (!removal.moved.isEmpty()) {
            removal.remove(directory, removal.moved.pop(), 0);
        }
    }

    private void remove(Fd parent, String name, int depth) {
        var status = calls.status(parent, name);
        if (status.isEmpty()) {
            return;
        }
        if (!status.get().isDirectory()) {
            calls.unlink(parent, name);
            return;
        }
        try {
            // What is empty needs no look inside.
            calls.removeDirectory(parent, name);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOTEMPTY && e.errno() != Errno.EEXIST) {
                throw e;
            }
            if (depth > DEPTH) {
                moveUp(parent, name);
            } else {
                removeContents(parent, name, depth);
                calls.removeDirectory(parent, name);
            }
        }
    }

    private void moveUp(Fd parent, String name) {
        var free = ".removed-" + ++counter;
        while (calls.status(directory, free).isPresent()) {
            free = ".removed-" + ++counter;
        }
        calls.rename(parent, name, directory, free);
        moved.push(free);
    }

    /**
     * Opens a directory, after permitting that to its owner when it is not: overlayfs makes one
     * without any permission, which whoever has no CAP_DAC_OVERRIDE has to grant itself.
     */
    private Fd open(Fd parent, String name) {
        try {
            return calls.openUnmounted(parent, name);
        } catch (ErrnoException denied) {
            if (denied.errno() != Errno.EACCES || !calls.permitOwner(parent, name)) {
                throw denied;
            }
            return calls.openUnmounted(parent, name);
        }
    }

    private void removeContents(Fd parent, String name, int depth) {
        try (var inner = open(parent, name)) {
            for (var entry : calls.list(inner)) {
                remove(inner, entry, depth + 1);
            }
        }
    }
}
