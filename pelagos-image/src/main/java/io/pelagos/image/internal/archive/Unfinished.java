package io.pelagos.image.internal.archive;

import static io.pelagos.core.kernel.OpenFlag.O_CREAT;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_EXCL;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_RDWR;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Syscall;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * A file or a directory that is written beside the place where it will be: what is at that place
 * stays as it is until this is complete, and on disk. A lock by flock(2), which ends with the
 * process that has it, says that somebody writes it; what a killed process has left is removed by
 * the next who writes to the same place.
 */
public final class Unfinished implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Unfinished.class.getName());
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final Constant DIRECTORY = Constant.flags(O_RDONLY, O_DIRECTORY);

    private final FileCalls calls;
    private final Path place;
    private final Fd parent;
    private final String name;
    private final Fd entry;

    private Unfinished(FileCalls calls, Path place, Fd parent, String name, Fd entry) {
        this.calls = calls;
        this.place = place;
        this.parent = parent;
        this.name = name;
        this.entry = entry;
    }

    /**
     * Begins a file.
     *
     * @param calls how it is done
     * @param place where it will be: an absolute path
     * @return an empty file, to be closed
     * @throws IOException when it cannot be made
     */
    public static Unfinished file(FileCalls calls, Path place) throws IOException {
        return begin(
                calls,
                place,
                (parent, name) ->
                        calls.openEntry(
                                parent, name, Constant.flags(O_RDWR, O_CREAT, O_EXCL), 0666));
    }

    /**
     * Begins a directory.
     *
     * @param calls how it is done
     * @param place where it will be: an absolute path, of nothing or an empty directory
     * @return an empty directory, to be closed
     * @throws IOException when it cannot be made
     */
    public static Unfinished directory(FileCalls calls, Path place) throws IOException {
        return begin(
                calls,
                place,
                (parent, name) -> {
                    calls.makeDirectory(parent, name, 0777);
                    return calls.openEntry(parent, name, DIRECTORY, 0);
                });
    }

    /** Makes something that is not there. */
    @FunctionalInterface
    private interface Making {
        Fd make(Fd parent, String name);
    }

    private static Unfinished begin(FileCalls calls, Path place, Making making) throws IOException {
        try {
            var parent = calls.openPath(String.valueOf(place.getParent()), DIRECTORY);
            try {
                var prefix = "." + place.getFileName() + ".partial-";
                sweep(calls, parent, prefix);
                while (true) {
                    var name = prefix + random();
                    var entry = making.make(parent, name);
                    if (isOurs(calls, parent, name, entry)) {
                        return new Unfinished(calls, place, parent, name, entry);
                    }
                    // Taken for a leftover, in the moment when it had no lock yet.
                    entry.close();
                }
            } catch (RuntimeException | Error e) {
                parent.close();
                throw e;
            }
        } catch (ErrnoException e) {
            throw new IOException(
                    "making a file beside " + place + " for what is to be there: " + e.getMessage(),
                    e);
        }
    }

    private static String random() {
        var bytes = new byte[8];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static boolean isOurs(FileCalls calls, Fd parent, String name, Fd entry) {
        return lock(calls, entry) != -Errno.EAGAIN.number()
                && calls.status(parent, name).filter(calls.status(entry)::isSame).isPresent();
    }

    private static long lock(FileCalls calls, Fd entry) {
        return calls.calls().retry(Syscall.FLOCK, entry.number(), LOCK_EX | LOCK_NB);
    }

    /** Nobody has the lock of what was left; what somebody writes, or may be writing, stays. */
    private static void sweep(FileCalls calls, Fd parent, String prefix) {
        for (var name : calls.list(parent)) {
            if (name.startsWith(prefix)) {
                sweepOne(calls, parent, name);
            }
        }
    }

    private static void sweepOne(FileCalls calls, Fd parent, String name) {
        try {
            var status = calls.status(parent, name);
            if (status.filter(it -> it.isRegular() || it.isDirectory()).isEmpty()) {
                return;
            }
            try (var entry = calls.openEntry(parent, name, O_RDONLY, 0)) {
                if (lock(calls, entry) == 0) {
                    TreeRemoval.remove(calls, parent, name);
                }
            }
        } catch (ErrnoException e) {
            // Another user's, in a directory for all.
            LOG.log(System.Logger.Level.DEBUG, "removing what was left beside a file", e);
        }
    }

    /**
     * Returns a path of this JVM that leads to it, whatever becomes of its name.
     *
     * @return a path of procfs, until this is closed
     */
    public Path path() {
        return Path.of(FileCalls.link(entry));
    }

    /**
     * Says that it is complete: it is brought to disk and then gets its place at once.
     *
     * @throws IOException when that fails; what was there before still is
     */
    public void finish() throws IOException {
        try {
            if (calls.status(entry).isDirectory()) {
                calls.syncFileSystem(entry);
            } else {
                calls.sync(entry);
            }
            calls.rename(parent, name, parent, String.valueOf(place.getFileName()));
            calls.sync(parent);
        } catch (ErrnoException e) {
            throw new IOException("putting it into its place: " + e.getMessage(), e);
        }
    }

    /** Removes it, if it was not finished. */
    @Override
    public void close() throws IOException {
        try (parent;
                entry) {
            var own = calls.status(entry);
            if (calls.status(parent, name).filter(own::isSame).isPresent()) {
                TreeRemoval.remove(calls, parent, name);
            }
        } catch (ErrnoException e) {
            throw new IOException(
                    "removing " + name + " beside " + place + ": " + e.getMessage(), e);
        }
    }
}
