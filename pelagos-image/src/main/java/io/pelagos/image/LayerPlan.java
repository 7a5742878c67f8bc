package io.pelagos.image;

import static io.pelagos.core.kernel.OpenFlag.O_NOCTTY;
import static io.pelagos.core.kernel.OpenFlag.O_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.files.LayerStack;
import io.pelagos.core.files.MergedTree;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.FileSink;
import io.pelagos.core.spec.Owner;
import io.pelagos.core.spec.Preserve;
import io.pelagos.image.internal.layer.ImageFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The entries of a layer by their paths, in the order in which they are written: sorted, so that
 * the same layer is the same bytes.
 */
final class LayerPlan {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";

    private final FileCalls calls;
    private final ImageFiles base;
    private final Instant time;

    /** A directory comes right before what is in it, so a file comes before other names of it. */
    private final TreeMap<String, Item> items =
            new TreeMap<>(Comparator.comparing((String path) -> path.replace('/', '\0')));

    /** Opens what a file holds. */
    private interface Source {
        void give(FileEntry entry, FileSink sink) throws IOException;
    }

    private record Item(FileEntry entry, Source source) {}

    private LayerPlan(FileCalls calls, ImageFiles base, Instant time) {
        this.calls = calls;
        this.base = base;
        this.time = time;
    }

    /**
     * Writes a layer.
     *
     * @param calls how files of this machine are read
     * @param layer what is in it
     * @param base what is below it
     * @param time when its files were changed last
     * @param sink takes the files; it is not closed
     * @throws IOException when a file of this machine cannot be read
     * @throws IllegalArgumentException when a path leads through what is no directory
     */
    static void write(
            FileCalls calls, LayerFiles layer, LayerStack base, Instant time, FileSink sink)
            throws IOException {
        var plan = new LayerPlan(calls, new ImageFiles(calls, base), time);
        for (var step : layer.steps()) {
            plan.add(step);
        }
        plan.addParents();
        for (var item : plan.items.values()) {
            item.source().give(item.entry(), sink);
        }
    }

    private void add(LayerFiles.Step step) throws IOException {
        var path =
                step instanceof LayerFiles.Step.Directory
                        ? directory(step.path().substring(1))
                        : located(step.path().substring(1));
        switch (step) {
            case LayerFiles.Step.Contents file ->
                    put(
                            entry(
                                    path,
                                    FileEntry.Type.FILE,
                                    file.settings(),
                                    file.bytes().size(),
                                    ""),
                            (entry, sink) ->
                                    sink.add(
                                            entry,
                                            new ByteArrayInputStream(file.bytes().toArray())));
            case LayerFiles.Step.Directory directory ->
                    put(
                            entry(path, FileEntry.Type.DIRECTORY, directory.settings(), 0, ""),
                            LayerPlan::empty);
            case LayerFiles.Step.Link link ->
                    put(
                            entry(path, FileEntry.Type.SYMLINK, link.settings(), 0, link.target()),
                            LayerPlan::empty);
            case LayerFiles.Step.Copy copy -> copy(copy, path);
            case LayerFiles.Step.Deletion _ -> {
                remove(path);
                mark(whiteout(path));
            }
            case LayerFiles.Step.Clearing _ -> {
                below(path).clear();
                mark(path + "/" + OPAQUE);
            }
        }
    }

    private static void empty(FileEntry entry, FileSink sink) throws IOException {
        sink.add(entry, InputStream.nullInputStream());
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String whiteout(String path) {
        var parent = parent(path);
        return (parent.isEmpty() ? "" : parent + "/") + WHITEOUT + name(path);
    }

    /** Where a path leads to in the image: relative, with the links on the way to it resolved. */
    private String located(String path) {
        var parent = parent(path);
        return parent.isEmpty() ? path : directory(parent) + "/" + name(path);
    }

    /** The same for a directory, to which a link may lead; what this layer has is no link. */
    private String directory(String path) {
        return path.isEmpty() || items.containsKey(path) ? path : base.resolve(path);
    }

    private FileEntry entry(
            String path,
            FileEntry.Type type,
            LayerFiles.Settings settings,
            long size,
            String target) {
        var mode = settings.mode();
        return new FileEntry(
                path,
                type,
                mode == null ? new FileMode(0777) : mode,
                settings.owner().uid(),
                settings.owner().gid(),
                size,
                time,
                target,
                0,
                0,
                Map.of());
    }

    private void put(FileEntry entry, Source source) {
        var path = entry.path();
        boolean directory = entry.type() == FileEntry.Type.DIRECTORY;
        var before = items.get(path);
        if (!directory || (before != null && before.entry().type() != entry.type())) {
            remove(path);
        }
        boolean hidden = items.remove(whiteout(path)) != null;
        items.put(path, new Item(entry, source));
        if (hidden && directory) {
            // What the image has there stays gone.
            mark(path + "/" + OPAQUE);
        }
    }

    private void remove(String path) {
        items.remove(path);
        below(path).clear();
    }

    private Map<String, Item> below(String path) {
        return items.subMap(path + "/", path + "\1");
    }

    private void mark(String path) {
        var settings = new LayerFiles.Settings(Owner.of(0, 0), new FileMode(0600), Set.of());
        items.put(
                path,
                new Item(entry(path, FileEntry.Type.FILE, settings, 0, ""), LayerPlan::empty));
    }

    private void copy(LayerFiles.Step.Copy copy, String path) throws IOException {
        try (var source = calls.openPath(copy.source().toString(), O_PATH)) {
            var status = calls.status(source);
            if (status.isDirectory()) {
                try (var tree = LayerStack.open(calls, List.of(copy.source()))) {
                    MergedTree.copy(
                            calls, tree, new Collecting(copy, directory(copy.path().substring(1))));
                }
            } else if (status.isRegular() && !path.isEmpty()) {
                try (var readable = calls.reopen(source, Constant.flags(O_RDONLY, O_NOCTTY))) {
                    new Collecting(copy, path)
                            .add(
                                    status.entry(
                                            "", FileEntry.Type.FILE, "", calls.xattrs(readable)),
                                    InputStream.nullInputStream());
                }
            } else {
                throw new IllegalArgumentException(
                        "copy \"" + copy.source() + "\": must be a file or a directory");
            }
        }
    }

    /** Notes what there is; what files hold is read when the layer is written. */
    private final class Collecting implements FileSink {
        private final LayerFiles.Step.Copy copy;
        private final String top;

        Collecting(LayerFiles.Step.Copy copy, String top) {
            this.copy = copy;
            this.top = top;
        }

        private String within(String path) {
            return path.isEmpty() ? top : top.isEmpty() ? path : top + "/" + path;
        }

        @Override
        public void add(FileEntry entry, InputStream contents) {
            boolean directory = entry.type() == FileEntry.Type.DIRECTORY;
            var inside = within(entry.path());
            var path = directory ? directory(inside) : located(inside);
            if (directory && isThere(path)) {
                return;
            }
            if (name(path).startsWith(WHITEOUT)) {
                throw new IllegalArgumentException(
                        "copy \""
                                + copy.source()
                                + "\": has "
                                + entry.path()
                                + ", but a name that begins with .wh. says in a layer that a file"
                                + " is gone");
            }
            var copied = copied(entry, path);
            put(
                    copied,
                    switch (entry.type()) {
                        case FILE -> (it, sink) -> read(entry, it, sink);
                        case HARD_LINK -> linked(copied.target());
                        default -> LayerPlan::empty;
                    });
        }

        private Source linked(String target) {
            var first = items.get(target);
            return (entry, sink) -> {
                if (first == null || !first.equals(items.get(target))) {
                    throw new IllegalArgumentException(
                            "path \"/"
                                    + target
                                    + "\": what is there has /"
                                    + entry.path()
                                    + " as another name, so it cannot be replaced alone");
                }
                empty(entry, sink);
            };
        }

        /** A tree is merged into a directory that is there, which stays as it is. */
        private boolean isThere(String path) {
            var item = items.get(path);
            return path.isEmpty()
                    || (item == null
                            ? base.directory(path).isPresent()
                            : item.entry().type() == FileEntry.Type.DIRECTORY);
        }

        private FileEntry copied(FileEntry entry, String path) {
            var settings = copy.settings();
            boolean owners = settings.preserved().contains(Preserve.OWNERS);
            boolean device =
                    entry.type() == FileEntry.Type.CHARACTER_DEVICE
                            || entry.type() == FileEntry.Type.BLOCK_DEVICE;
            if (device && !settings.preserved().contains(Preserve.DEVICES)) {
                throw new IllegalArgumentException(
                        "copy \""
                                + copy.source()
                                + "\": "
                                + entry.path()
                                + " is a device, which only Preserve.DEVICES copies");
            }
            return new FileEntry(
                    path,
                    entry.type(),
                    mode(entry, owners),
                    owners ? entry.uid() : settings.owner().uid(),
                    owners ? entry.gid() : settings.owner().gid(),
                    entry.size(),
                    time,
                    entry.type() == FileEntry.Type.HARD_LINK
                            ? located(within(entry.target()))
                            : entry.target(),
                    entry.major(),
                    entry.minor(),
                    xattrs(entry));
        }

        /** A directory can be searched by whom it can be read by. */
        private FileMode mode(FileEntry entry, boolean owners) {
            var set = copy.settings().mode();
            if (entry.type() == FileEntry.Type.SYMLINK) {
                return new FileMode(0777);
            }
            if (set == null) {
                return new FileMode(entry.mode().bits() & (owners ? 07777 : 0777));
            }
            return entry.type() == FileEntry.Type.DIRECTORY
                    ? new FileMode(set.bits() | ((set.bits() & 0444) >> 2))
                    : set;
        }

        private Map<String, Bytes> xattrs(FileEntry entry) {
            var kept = new TreeMap<>(entry.xattrs());
            if (!copy.settings().preserved().contains(Preserve.XATTRS)) {
                kept.keySet().removeIf(it -> !it.startsWith("user."));
            }
            return kept;
        }

        /** Between the first look and this one somebody may have put something else there. */
        private void read(FileEntry noted, FileEntry entry, FileSink sink) throws IOException {
            try (var top = calls.openPath(copy.source().toString(), O_PATH)) {
                boolean alone = noted.path().isEmpty();
                try (var file =
                                alone
                                        ? calls.reopen(top, O_PATH)
                                        : calls.openInRoot(
                                                top,
                                                noted.path(),
                                                Constant.flags(O_PATH, O_NOFOLLOW));
                        var readable = regular(calls.status(file), noted, file)) {
                    sink.add(entry, calls.contents(readable));
                }
            }
        }

        private Fd regular(FileStatus status, FileEntry noted, Fd file) throws IOException {
            if (!status.isRegular() || status.size() != noted.size()) {
                throw new IOException(
                        "copying " + where(noted) + ": it was changed while the image was made");
            }
            return calls.reopen(file, Constant.flags(O_RDONLY, O_NOCTTY));
        }

        private Path where(FileEntry noted) {
            return copy.source().resolve(noted.path());
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    /** A directory without an entry would get the permissions that whoever unpacks likes. */
    private void addParents() {
        for (var path : List.copyOf(items.keySet())) {
            for (var at = parent(path); !at.isEmpty(); at = parent(at)) {
                var there = items.get(at);
                if (there != null) {
                    if (there.entry().type() != FileEntry.Type.DIRECTORY) {
                        throw new IllegalArgumentException(
                                "path \"/" + path + "\": leads through what is no directory");
                    }
                    continue;
                }
                var made =
                        entry(
                                at,
                                FileEntry.Type.DIRECTORY,
                                new LayerFiles.Settings(
                                        Owner.of(0, 0), new FileMode(0755), Set.of()),
                                0,
                                "");
                items.put(
                        at,
                        new Item(
                                base.directory(at).map(it -> of(it, made)).orElse(made),
                                LayerPlan::empty));
            }
        }
        base.directory("")
                .map(
                        it ->
                                of(
                                        it,
                                        entry(
                                                "",
                                                FileEntry.Type.DIRECTORY,
                                                new LayerFiles.Settings(
                                                        Owner.of(0, 0),
                                                        new FileMode(0755),
                                                        Set.of()),
                                                0,
                                                "")))
                .ifPresent(it -> items.put("", new Item(it, LayerPlan::empty)));
    }

    private static FileEntry of(FileEntry image, FileEntry made) {
        return new FileEntry(
                made.path(),
                made.type(),
                image.mode(),
                image.uid(),
                image.gid(),
                0,
                made.modified(),
                "",
                0,
                0,
                image.xattrs());
    }
}
