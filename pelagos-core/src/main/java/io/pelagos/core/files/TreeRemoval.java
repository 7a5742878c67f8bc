package io.pelagos.core.files;

import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.OpenFlag;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Removes a tree, without following a link, and without going into what is mounted in it: that is
 * an error (EBUSY or EXDEV), and stays. However deep it is, only so many directories are open at a
 * time: what lies deeper is moved up first. An ordinary user gets the rights to its own directories
 * that it has taken from itself.
 */
public final class TreeRemoval {
    private static final int DEPTH = 64;
    private static final int OWN = 0700;

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

    private void removeContents(Fd parent, String name, int depth) {
        try {
            removeEntries(parent, name, depth);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EACCES || !permit(parent, name)) {
                throw e;
            }
            removeEntries(parent, name, depth);
        }
    }

    private void removeEntries(Fd parent, String name, int depth) {
        try (var inner = calls.openUnmounted(parent, name)) {
            for (var entry : calls.list(inner)) {
                remove(inner, entry, depth + 1);
            }
        }
    }

    /**
     * Gives the owner the rights to a directory that it has kept from itself, or that overlayfs has
     * made without any: whoever has no CAP_DAC_OVERRIDE has to grant itself.
     */
    private boolean permit(Fd parent, String name) {
        try (var inner =
                calls.openEntry(
                        parent, name, Constant.flags(OpenFlag.O_PATH, OpenFlag.O_DIRECTORY), 0)) {
            int mode = calls.status(inner).permissions();
            if ((mode & OWN) == OWN) {
                return false;
            }
            calls.changeModeOfPath(inner, mode | OWN);
            return true;
        } catch (ErrnoException _) {
            return false;
        }
    }
}
