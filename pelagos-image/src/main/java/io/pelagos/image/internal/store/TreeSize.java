package io.pelagos.image.internal.store;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Adds up how many bytes the files of a tree have, each file once however many names it has. */
final class TreeSize {
    private final FileCalls calls;
    private final Set<Long> seen = new HashSet<>();
    private long bytes;

    private TreeSize(FileCalls calls) {
        this.calls = calls;
    }

    /** Measures a file or a directory; what is missing has no bytes. */
    static long of(FileCalls calls, Path path) {
        var size = new TreeSize(calls);
        try (var top = calls.openPath(path.toString(), O_PATH)) {
            var status = calls.status(top);
            if (status.isDirectory()) {
                try (var directory = calls.reopen(top, Constant.flags(O_RDONLY, O_DIRECTORY))) {
                    size.add(directory);
                }
            } else {
                size.bytes += status.size();
            }
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
        return size.bytes;
    }

    private void addInner(Fd directory, String name) {
        try (var inner =
                calls.openEntry(directory, name, Constant.flags(O_RDONLY, O_DIRECTORY), 0)) {
            add(inner);
        } catch (ErrnoException e) {
            // What its own user may not read is not counted; it can be removed all the same.
            if (e.errno() != Errno.EACCES) {
                throw e;
            }
        }
    }

    private void add(Fd directory) {
        for (var name : calls.list(directory)) {
            var status = calls.status(directory, name);
            if (status.isEmpty()) {
                continue;
            }
            if (status.get().isDirectory()) {
                addInner(directory, name);
            } else if (status.get().isRegular()
                    && (status.get().links() == 1 || seen.add(status.get().inode()))) {
                bytes += status.get().size();
            }
        }
    }
}
