package io.pelagos.image.internal.layer;

import static io.pelagos.core.kernel.OpenFlag.O_CREAT;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_EXCL;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.files.OverlayXattrs;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.Bytes;
import io.pelagos.image.spec.BadContentException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/**
 * Unpacks a layer, see layer.md of the OCI image specification. Nothing outside the directory is
 * ever made, changed, read or removed, whatever the archive says and whoever else changes the
 * directory meanwhile: each name is resolved within it, and the last part of one is never followed.
 */
public final class LayerUnpacker {
    private static final int S_IFCHR = 0020000;
    private static final int S_IFBLK = 0060000;
    private static final int S_IFIFO = 0010000;
    private static final int OWN = 0700;
    private static final int CHUNK = 1 << 16;

    /** How many characters of paths are kept: enough for a million directories of the usual. */
    private static final long REMEMBERED = 32L << 20;

    private static final Bytes YES = Bytes.of("y");
    private static final Constant NEW_FILE = Constant.flags(O_WRONLY, O_CREAT, O_EXCL);
    private static final Constant DIRECTORY = Constant.flags(O_RDONLY, O_DIRECTORY);

    private final FileCalls calls;
    private final Fd root;
    private final UnpackMode mode;
    private final UnpackLimits limits;
    private final boolean privileged;
    private final LongConsumer progress;
    private final Directories directories;
    private final byte[] buffer = new byte[CHUNK];

    /** What this layer itself has put there; it hides only what is below it. */
    private final Set<String> own = new HashSet<>();

    private final Set<String> hidden = new HashSet<>();

    /** Times of directories change with what is put into them, so they are set last. */
    private final Map<String, Instant> times = new LinkedHashMap<>();

    /**
     * Modes of directories that an ordinary user could not put anything into, or read, any more.
     */
    private final Map<String, Integer> modes = new LinkedHashMap<>();

    private long remembered;
    private long entries;
    private long bytes;
    private boolean exact = true;

    private LayerUnpacker(
            FileCalls calls,
            Fd root,
            UnpackMode mode,
            UnpackLimits limits,
            boolean privileged,
            LongConsumer progress) {
        this.calls = calls;
        this.root = root;
        this.mode = mode;
        this.limits = limits;
        this.privileged = privileged;
        this.progress = progress;
        directories = new Directories(calls, root);
    }

    /**
     * Unpacks.
     *
     * @param calls how it is done
     * @param root the directory, open for reading
     * @param archive the layer, not compressed; read to its end
     * @param mode what becomes of whiteouts
     * @param limits how much is allowed
     * @param privileged whether files can be given to other users
     * @param progress is told now and then how many bytes of contents there are so far
     * @return what came of it
     * @throws BadContentException when the archive is damaged, hostile or too large
     * @throws ErrnoException when the kernel refuses something
     * @throws IOException when the archive cannot be read
     */
    public static Unpacked unpack(
            FileCalls calls,
            Fd root,
            InputStream archive,
            UnpackMode mode,
            UnpackLimits limits,
            boolean privileged,
            LongConsumer progress)
            throws IOException {
        var unpacker = new LayerUnpacker(calls, root, mode, limits, privileged, progress);
        try {
            var reader = new TarReader(archive, limits);
            for (var entry = reader.next(); entry != null; entry = reader.next()) {
                unpacker.add(entry, reader);
            }
            unpacker.setTimes();
            unpacker.setModes();
        } finally {
            unpacker.directories.close();
        }
        return new Unpacked(unpacker.entries, unpacker.bytes, unpacker.exact);
    }

    private void add(TarEntry entry, TarReader reader) throws IOException {
        if (++entries > limits.entries()) {
            throw UnpackLimits.exceeded("entries", limits.entries(), "files");
        }
        var path = EntryPath.of(entry.name(), limits);
        if (path.isRoot()) {
            if (entry.type() == TarEntry.Type.DIRECTORY) {
                finishDirectory(root, path, entry);
            }
        } else if (path.isOpaqueMark()) {
            hideBelow(path.parent());
        } else if (path.isNoteOfAufs()) {
            // Where aufs kept its own files; there is nothing to show.
            return;
        } else if (path.isWhiteout()) {
            whiteOut(path.hidden());
        } else if (isWhiteoutDevice(entry)) {
            whiteOut(path);
        } else {
            put(path, entry, reader);
        }
    }

    private static boolean isWhiteoutDevice(TarEntry entry) {
        return entry.type() == TarEntry.Type.CHARACTER_DEVICE
                && entry.major() == 0
                && entry.minor() == 0;
    }

    private void put(EntryPath path, TarEntry entry, TarReader reader) throws IOException {
        var parent = directories.make(path.parent());
        switch (entry.type()) {
            case DIRECTORY -> directory(parent, path, entry);
            case FILE -> file(parent, path, entry, reader);
            case SYMLINK -> {
                if (entry.target().isEmpty()) {
                    throw refused(path, "is a symbolic link to nothing");
                }
                replacing(parent, path, () -> calls.makeLink(parent, path.name(), entry.target()));
                giveAway(parent, path.name(), entry);
                calls.changeTime(parent, path.name(), entry.modified());
            }
            case HARD_LINK -> hardLink(parent, path, entry);
            case CHARACTER_DEVICE -> node(parent, path, entry, S_IFCHR);
            case BLOCK_DEVICE -> node(parent, path, entry, S_IFBLK);
            case FIFO -> node(parent, path, entry, S_IFIFO);
        }
        if (mode == UnpackMode.MERGED) {
            remember(path.text());
            own.add(path.text());
        }
    }

    /** What is remembered of an archive of any size fits into memory. */
    private void remember(String path) {
        remembered += path.length();
        if (remembered > REMEMBERED) {
            throw UnpackLimits.exceeded("paths", REMEMBERED, "characters of paths of directories");
        }
    }

    private static BadContentException refused(EntryPath path, String why) {
        return new BadContentException("unpacking a layer: " + path.text() + ": " + why);
    }

    /** Makes something, in the place of what has the name. */
    private void replacing(Fd parent, EntryPath path, Runnable make) {
        try {
            make.run();
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
            remove(parent, path);
            make.run();
        }
    }

    private void remove(Fd parent, EntryPath path) {
        boolean file = calls.status(parent, path.name()).filter(FileStatus::isRegular).isPresent();
        TreeRemoval.remove(calls, parent, path.name());
        own.remove(path.text());
        if (file) {
            return;
        }
        // What was open by a path that goes through it is not what the path leads to any more.
        directories.forgetAllBut(path.parent());
        times.keySet().removeIf(it -> isWithin(it, path.text()));
        modes.keySet().removeIf(it -> isWithin(it, path.text()));
        own.removeIf(it -> isWithin(it, path.text()));
    }

    private static boolean isWithin(String path, String directory) {
        return path.equals(directory) || path.startsWith(directory + "/");
    }

    private void directory(Fd parent, EntryPath path, TarEntry entry) {
        var found = calls.status(parent, path.name());
        if (found.isEmpty() || !found.get().isDirectory()) {
            found.ifPresent(it -> remove(parent, path));
            calls.makeDirectory(parent, path.name(), 0700);
        }
        try (var made = calls.openEntry(parent, path.name(), DIRECTORY, 0)) {
            finishDirectory(made, path, entry);
            if (mode != UnpackMode.MERGED && hidden.contains(path.text())) {
                makeOpaque(made);
            }
        }
    }

    private void finishDirectory(Fd directory, EntryPath path, TarEntry entry) {
        giveAway(directory, "", entry);
        if (privileged || (entry.mode() & OWN) == OWN) {
            modes.remove(path.text());
            calls.changeMode(directory, entry.mode());
        } else {
            calls.changeMode(directory, entry.mode() | OWN);
            modes.put(path.text(), entry.mode());
        }
        setXattrs(directory, entry);
        if (times.remove(path.text()) == null) {
            remember(path.text());
        }
        times.put(path.text(), entry.modified());
    }

    private void file(Fd parent, EntryPath path, TarEntry entry, TarReader reader)
            throws IOException {
        bytes += entry.size();
        if (bytes < 0 || bytes > limits.bytes()) {
            throw UnpackLimits.exceeded("bytes", limits.bytes(), "bytes of contents");
        }
        try (var file = create(parent, path)) {
            for (var segment : entry.segments()) {
                if (segment.offset() > 0) {
                    calls.seek(file, segment.offset());
                }
                copy(reader, file, segment.length());
            }
            if (isSparse(entry)) {
                calls.truncate(file, entry.size());
            }
            giveAway(file, "", entry);
            // An ordinary user gives no attribute to what it may not write to.
            setXattrs(file, entry);
            calls.changeMode(file, entry.mode());
            calls.changeTime(file, "", entry.modified());
        }
        progress.accept(bytes);
    }

    private static boolean isSparse(TarEntry entry) {
        return entry.segments().size() != 1 || entry.segments().getFirst().length() != entry.size();
    }

    private Fd create(Fd parent, EntryPath path) {
        try {
            return calls.openEntry(parent, path.name(), NEW_FILE, 0600);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
            remove(parent, path);
            return calls.openEntry(parent, path.name(), NEW_FILE, 0600);
        }
    }

    private void copy(TarReader reader, Fd file, long length) throws IOException {
        for (long left = length; left > 0; ) {
            int count = reader.read(buffer, 0, (int) Math.min(buffer.length, left));
            for (int at = 0; at < count; ) {
                at += calls.calls().write(file.number(), buffer, at, count - at);
            }
            left -= count;
        }
    }

    /** Another name of a file of this layer; of a symbolic link it is the link itself. */
    private void hardLink(Fd parent, EntryPath path, TarEntry entry) {
        var target = EntryPath.of(entry.target(), limits);
        if (target.isRoot() || target.text().equals(path.text())) {
            throw refused(path, "is a hard link to " + entry.target());
        }
        var from =
                directories.get(target.parent()).orElseThrow(() -> missing(path, entry.target()));
        var found = calls.status(from, target.name());
        if (found.isEmpty() || found.get().isDirectory()) {
            throw missing(path, entry.target());
        }
        replacing(parent, path, () -> calls.link(from, target.name(), parent, path.name()));
    }

    private static BadContentException missing(EntryPath path, String target) {
        return refused(
                path, "is a hard link to \"" + target + "\", which this layer does not have");
    }

    private void node(Fd parent, EntryPath path, TarEntry entry, int type) {
        try {
            replacing(
                    parent,
                    path,
                    () ->
                            calls.makeNode(
                                    parent,
                                    path.name(),
                                    type | 0600,
                                    entry.major(),
                                    entry.minor()));
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EPERM || privileged) {
                throw e;
            }
            // Only root makes devices; containers of users get theirs in another way.
            exact = false;
            return;
        }
        giveAway(parent, path.name(), entry);
        changeModeOfNode(parent, path, entry);
        calls.changeTime(parent, path.name(), entry.modified());
    }

    /** A device is never opened: who opens one may already have done something. */
    private void changeModeOfNode(Fd parent, EntryPath path, TarEntry entry) {
        try (var node = calls.openEntry(parent, path.name(), O_PATH, 0)) {
            calls.changeModeOfPath(node, entry.mode());
        }
    }

    private void giveAway(Fd directory, String name, TarEntry entry) {
        if (privileged) {
            calls.changeOwner(directory, name, entry.uid(), entry.gid());
        } else {
            exact = false;
        }
    }

    /** After the owner: a change of the owner takes file capabilities away. */
    private void setXattrs(Fd file, TarEntry entry) {
        for (var xattr : entry.xattrs().entrySet()) {
            if (OverlayXattrs.isOne(xattr.getKey())) {
                // An archive must not tell overlayfs what another layer holds.
                exact = false;
                continue;
            }
            try {
                calls.setXattr(file, xattr.getKey(), xattr.getValue());
            } catch (ErrnoException e) {
                if (e.errno() != Errno.EOPNOTSUPP && (e.errno() != Errno.EPERM || privileged)) {
                    throw e;
                }
                exact = false;
            }
        }
    }

    private void whiteOut(EntryPath path) {
        if (mode == UnpackMode.MERGED) {
            directories.get(path.parent()).ifPresent(parent -> removeLower(parent, path));
            return;
        }
        remember(path.text());
        hidden.add(path.text());
        var parent = directories.make(path.parent());
        var found = calls.status(parent, path.name());
        if (found.isEmpty()) {
            calls.makeNode(parent, path.name(), S_IFCHR, 0, 0);
        } else if (found.get().isDirectory()) {
            // A whiteout is about what lies below, never about files of the same layer.
            try (var directory = calls.openEntry(parent, path.name(), DIRECTORY, 0)) {
                makeOpaque(directory);
            }
        }
    }

    private void hideBelow(String path) {
        if (mode == UnpackMode.MERGED) {
            directories.get(path).ifPresent(directory -> removeLowerIn(directory, path));
        } else if (path.isEmpty()) {
            makeOpaque(root);
        } else {
            var directory = directories.make(path);
            try (var open = calls.openEntry(directory, ".", DIRECTORY, 0)) {
                makeOpaque(open);
            }
        }
    }

    private void makeOpaque(Fd directory) {
        if (mode == UnpackMode.OVERLAY) {
            calls.setXattr(directory, "trusted.overlay.opaque", YES);
        }
        try {
            calls.setXattr(directory, "user.overlay.opaque", YES);
        } catch (ErrnoException e) {
            // A file system in memory takes it only since Linux 6.6.
            if (mode != UnpackMode.OVERLAY || e.errno() != Errno.EOPNOTSUPP) {
                throw e;
            }
        }
    }

    private void removeLower(Fd parent, EntryPath path) {
        var found = calls.status(parent, path.name());
        if (found.isEmpty()) {
            return;
        }
        keepTime(parent, path.parent());
        if (own.contains(path.text()) || hasOwnWithin(path.text())) {
            if (found.get().isDirectory()) {
                directories.get(path.text()).ifPresent(it -> removeLowerIn(it, path.text()));
            }
            return;
        }
        remove(parent, path);
    }

    private void removeLowerIn(Fd directory, String path) {
        keepTime(directory, path);
        var names = new TreeSet<>(calls.listAgain(directory));
        for (var name : names) {
            var inner = new EntryPath(path.isEmpty() ? name : path + "/" + name);
            directories.get(path).ifPresent(it -> removeLower(it, inner));
        }
    }

    private boolean hasOwnWithin(String path) {
        return own.stream().anyMatch(it -> it.startsWith(path + "/"));
    }

    /** What is taken out of a directory leaves no trace in its times. */
    private void keepTime(Fd directory, String path) {
        times.computeIfAbsent(path, it -> calls.status(directory).modified());
    }

    private void setTimes() {
        for (var time : times.entrySet()) {
            var path = new EntryPath(time.getKey());
            if (path.isRoot()) {
                calls.changeTime(root, "", time.getValue());
                continue;
            }
            var parent = directories.get(path.parent());
            if (parent.isPresent()
                    && calls.status(parent.get(), path.name())
                            .filter(FileStatus::isDirectory)
                            .isPresent()) {
                calls.changeTime(parent.get(), path.name(), time.getValue());
            }
        }
    }

    /** Takes the rights away that were needed meanwhile: of the innermost directories first. */
    private void setModes() {
        var paths = new ArrayList<>(modes.keySet());
        paths.sort(Comparator.reverseOrder());
        for (var text : paths) {
            var path = new EntryPath(text);
            int wanted = Objects.requireNonNull(modes.get(text));
            if (path.isRoot()) {
                calls.changeMode(root, wanted);
                continue;
            }
            var parent = directories.get(path.parent());
            if (parent.isPresent()
                    && calls.status(parent.get(), path.name())
                            .filter(FileStatus::isDirectory)
                            .isPresent()) {
                try (var directory = calls.openEntry(parent.get(), path.name(), DIRECTORY, 0)) {
                    calls.changeMode(directory, wanted);
                }
            }
        }
    }
}
