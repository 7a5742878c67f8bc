package io.pelagos.core.internal.state;

import io.pelagos.core.kernel.AtFlag;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.ResolveFlag;
import io.pelagos.core.kernel.SystemCalls;

/**
 * Removes a directory with everything in it, as a container may have left it: no link is followed,
 * no other file system entered, and the depth does not matter.
 */
final class TreeRemoval {
    private static final Constant CONFINED =
            Constant.flags(
                    ResolveFlag.RESOLVE_BENEATH,
                    ResolveFlag.RESOLVE_NO_SYMLINKS,
                    ResolveFlag.RESOLVE_NO_XDEV);

    private static final Constant DIRECTORY =
            Constant.flags(OpenFlag.O_RDONLY, OpenFlag.O_DIRECTORY, OpenFlag.O_NOFOLLOW);

    /** Beyond this depth a directory is moved up, so that neither stack nor descriptors run out. */
    private static final int DEEPEST = 32;

    private final SystemCalls calls;
    private final OwnedDirectory top;
    private long moved;

    private TreeRemoval(SystemCalls calls, OwnedDirectory top) {
        this.calls = calls;
        this.top = top;
    }

    /** Removes a directory right below another. */
    static void remove(SystemCalls calls, OwnedDirectory parent, String name) {
        try (var top = parent.child(name)) {
            var removal = new TreeRemoval(calls, top);
            do {
                removal.moved = 0;
                removal.empty(top.fd(), 0);
            } while (removal.moved > 0);
        }
        parent.removeDirectory(name);
    }

    private void empty(Fd directory, int depth) {
        for (var name : OwnedDirectory.names(calls, directory)) {
            if (!unlink(directory, name, Constant.flags())
                    && !unlink(directory, name, AtFlag.AT_REMOVEDIR)) {
                emptyChild(directory, name, depth);
            }
        }
    }

    private void emptyChild(Fd directory, String name, int depth) {
        if (depth == DEEPEST) {
            moveUp(directory, name);
            return;
        }
        try (var child = calls.openat2(directory, name, DIRECTORY, 0, CONFINED)) {
            empty(child, depth + 1);
        }
        boolean ignored = unlink(directory, name, AtFlag.AT_REMOVEDIR);
    }

    private void moveUp(Fd directory, String name) {
        try (var memory = io.pelagos.core.kernel.Memory.open()) {
            SystemCalls.check(
                    calls.retry(
                            io.pelagos.core.kernel.Syscall.RENAMEAT2,
                            directory.number(),
                            memory.string(name),
                            top.fd().number(),
                            memory.string(".deep-" + System.nanoTime() + "-" + moved++),
                            1),
                    io.pelagos.core.kernel.Syscall.RENAMEAT2,
                    directory,
                    SystemCalls.quote(name),
                    top);
        }
    }

    /** Returns false for a directory that has to be emptied first. */
    private boolean unlink(Fd directory, String name, Constant flags) {
        try {
            calls.unlinkat(directory, name, flags);
            return true;
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EISDIR || e.errno() == Errno.ENOTEMPTY) {
                return false;
            }
            if (e.errno() == Errno.ENOENT) {
                return true;
            }
            throw e;
        }
    }
}
