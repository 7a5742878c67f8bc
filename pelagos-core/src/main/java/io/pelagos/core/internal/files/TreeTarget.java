package io.pelagos.core.internal.files;

import static io.pelagos.core.kernel.OpenFlag.O_CREAT;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_EXCL;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_TRUNC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileSink;
import io.pelagos.core.spec.Preserve;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes a tree into a directory. From that directory on, no symbolic link is ever followed: what
 * another process puts in the way makes the copy fail, and leads it nowhere (CVE-2018-15664). A
 * file is complete before it gets its name.
 */
public final class TreeTarget implements FileSink {
    private static final int S_IFCHR = 0020000;
    private static final int S_IFBLK = 0060000;
    private static final int S_IFIFO = 0010000;
    private static final int CHUNK = 1 << 16;

    private final FileCalls calls;
    private final FileData data;
    private final Fd base;
    private final String top;
    private final CopyRules rules;
    private final boolean fresh;
    private final List<Made> made = new ArrayList<>();
    private String openPath = "";
    private @Nullable Fd open;

    private record Made(String path, Instant modified) {}

    /**
     * Makes a target.
     *
     * @param calls how it is written
     * @param base a directory, which the caller closes
     * @param top the name in it that the top of the tree gets
     * @param rules what copies look like
     * @param fresh whether nothing is there yet and nobody else looks
     */
    public TreeTarget(FileCalls calls, Fd base, String top, CopyRules rules, boolean fresh) {
        this.calls = calls;
        this.data = new FileData(calls.calls());
        this.base = base;
        this.top = top;
        this.rules = rules;
        this.fresh = fresh;
    }

    @Override
    public void add(FileEntry entry, InputStream contents) throws IOException {
        var path = within(entry.path());
        int slash = path.lastIndexOf('/');
        var parent = directory(slash < 0 ? "" : path.substring(0, slash));
        var name = path.substring(slash + 1);
        switch (entry.type()) {
            case DIRECTORY -> directory(parent, name, path, entry);
            case FILE -> file(parent, name, entry, contents);
            case SYMLINK -> {
                clear(parent, name);
                calls.makeLink(parent, name, entry.target());
                giveAway(parent, name, entry);
                calls.changeTime(parent, name, entry.modified());
            }
            case HARD_LINK -> hardLink(parent, name, within(entry.target()));
            case CHARACTER_DEVICE -> device(parent, name, S_IFCHR, entry);
            case BLOCK_DEVICE -> device(parent, name, S_IFBLK, entry);
            case FIFO -> node(parent, name, S_IFIFO, entry);
        }
    }

    private String within(String path) {
        return path.isEmpty() ? top : top.isEmpty() ? path : top + "/" + path;
    }

    /** Opens a directory below the base, or finds it open. */
    private Fd directory(String path) {
        if (path.isEmpty()) {
            return base;
        }
        if (open != null && path.equals(openPath)) {
            return open;
        }
        var at = descend(path);
        if (open != null) {
            open.close();
        }
        open = at;
        openPath = path;
        return at;
    }

    private void close(Fd directory) {
        if (directory != base) {
            directory.close();
        }
    }

    private void directory(Fd parent, String name, String path, FileEntry entry) {
        if (name.isEmpty()) {
            return; // The base itself, which is there.
        }
        try {
            calls.makeDirectory(parent, name, 0700);
        } catch (ErrnoException e) {
            boolean there =
                    e.errno() == Errno.EEXIST
                            && calls.status(parent, name)
                                    .filter(FileStatus::isDirectory)
                                    .isPresent();
            if (!there) {
                throw e;
            }
            return;
        }
        try (var directory =
                calls.openEntry(parent, name, Constant.flags(O_RDONLY, O_DIRECTORY), 0)) {
            finish(directory, entry);
        }
        made.add(new Made(path, entry.modified()));
    }

    private void file(Fd parent, String name, FileEntry entry, InputStream contents)
            throws IOException {
        var temporary = fresh ? name : ".pelagos-" + Long.toHexString(System.nanoTime());
        try (var file =
                calls.openEntry(
                        parent, temporary, Constant.flags(O_WRONLY, O_CREAT, O_EXCL), 0600)) {
            write(file, entry, contents);
            finish(file, entry);
            calls.changeTime(file, "", entry.modified());
            if (!fresh) {
                rename(parent, temporary, name);
            }
        } catch (RuntimeException | IOException e) {
            if (!fresh) {
                removeQuietly(parent, temporary, e);
            }
            throw e;
        }
    }

    private void write(Fd file, FileEntry entry, InputStream contents) throws IOException {
        if (contents instanceof FileInput input) {
            data.copy(input.file(), file, entry.size());
            return;
        }
        var buffer = new byte[CHUNK];
        for (int count; (count = contents.read(buffer)) >= 0; ) {
            for (int at = 0; at < count; ) {
                at += calls.calls().write(file.number(), buffer, at, count - at);
            }
        }
    }

    /** What is mounted over a file cannot be replaced: it is written to instead. */
    private void rename(Fd parent, String temporary, String name) {
        try {
            calls.rename(parent, temporary, parent, name);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EBUSY) {
                throw e;
            }
            try (var place = calls.openEntry(parent, name, O_PATH, 0)) {
                if (!calls.status(place).isRegular()) {
                    throw e;
                }
                try (var from = calls.openEntry(parent, temporary, O_RDONLY, 0);
                        var to = calls.reopen(place, Constant.flags(O_WRONLY, O_TRUNC))) {
                    data.copy(from, to, calls.status(from).size());
                }
            }
            calls.unlink(parent, temporary);
        }
    }

    private void removeQuietly(Fd parent, String name, Exception cause) {
        try {
            if (calls.status(parent, name).isPresent()) {
                calls.unlink(parent, name);
            }
        } catch (ErrnoException e) {
            cause.addSuppressed(e);
        }
    }

    private void hardLink(Fd parent, String name, String target) {
        int slash = target.lastIndexOf('/');
        clear(parent, name);
        var from = slash < 0 ? base : descend(target.substring(0, slash));
        try {
            calls.link(from, target.substring(slash + 1), parent, name);
        } finally {
            close(from);
        }
    }

    /** Opens a directory, one name after the other, which the caller closes. */
    private Fd descend(String path) {
        var at = base;
        for (var name : path.split("/", -1)) {
            try {
                var next = calls.openDirectory(at, name);
                close(at);
                at = next;
            } catch (RuntimeException e) {
                close(at);
                throw e;
            }
        }
        return at;
    }

    private void device(Fd parent, String name, int type, FileEntry entry) throws IOException {
        if (!rules.preserved().contains(Preserve.DEVICES)) {
            throw new IOException(
                    "copying "
                            + entry.path()
                            + ": is a device, which only Preserve.DEVICES copies");
        }
        node(parent, name, type, entry);
    }

    private void node(Fd parent, String name, int type, FileEntry entry) {
        clear(parent, name);
        calls.makeNode(parent, name, type | rules.modeOf(entry), entry.major(), entry.minor());
        giveAway(parent, name, entry);
        calls.changeTime(parent, name, entry.modified());
    }

    private void clear(Fd parent, String name) {
        if (!fresh
                && calls.status(parent, name).filter(found -> !found.isDirectory()).isPresent()) {
            calls.unlink(parent, name);
        }
    }

    private void giveAway(Fd parent, String name, FileEntry entry) {
        rules.ownerOf(entry)
                .ifPresent(owner -> calls.changeOwner(parent, name, owner.uid(), owner.gid()));
    }

    /** The owner first: changing it takes setuid bits and file capabilities away. */
    private void finish(Fd file, FileEntry entry) {
        giveAway(file, "", entry);
        calls.changeMode(file, rules.modeOf(entry));
        entry.xattrs()
                .forEach(
                        (name, value) -> {
                            if (rules.keepsXattr(name)) {
                                calls.setXattr(file, name, value);
                            }
                        });
    }

    /** Sets the times of directories, which change whenever something is put into them. */
    @Override
    public void close() {
        try {
            for (var directory : made.reversed()) {
                int slash = directory.path().lastIndexOf('/');
                calls.changeTime(
                        directory(slash < 0 ? "" : directory.path().substring(0, slash)),
                        directory.path().substring(slash + 1),
                        directory.modified());
            }
        } finally {
            if (open != null) {
                open.close();
                open = null;
            }
        }
    }
}
