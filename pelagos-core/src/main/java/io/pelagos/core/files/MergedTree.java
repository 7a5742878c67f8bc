package io.pelagos.core.files;

import static io.pelagos.core.kernel.OpenFlag.O_NOCTTY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;

/**
 * Gives all files of a stack of layers to a sink, as overlayfs would show them, without a mount:
 * sorted by name, a directory right before what is in it. Each file is opened by an {@code O_PATH}
 * descriptor, looked at, and only then opened for reading through that, so whoever exchanges files
 * meanwhile gets no device opened and nothing outside of the layers read. Sockets are left out.
 */
public final class MergedTree {
    private final FileCalls calls;
    private final FileSink sink;
    private final Map<Inode, String> linked = new HashMap<>();

    private record Inode(long device, long number) {}

    private MergedTree(FileCalls calls, FileSink sink) {
        this.calls = calls;
        this.sink = sink;
    }

    /**
     * Gives all files.
     *
     * @param calls what the calls go through
     * @param stack the layers
     * @param sink takes the files; it is not closed
     * @throws IOException when the sink fails
     */
    public static void copy(FileCalls calls, LayerStack stack, FileSink sink) throws IOException {
        if (!stack.root().isEmpty()) {
            new MergedTree(calls, sink).directory(stack.root(), "");
        }
    }

    private void directory(LayerStack.Directory directory, String path) throws IOException {
        var top = directory.top();
        add(
                calls.status(top)
                        .entry(
                                path,
                                FileEntry.Type.DIRECTORY,
                                "",
                                OverlayXattrs.without(calls.xattrs(top))));
        for (var name : directory.list()) {
            var inner = path.isEmpty() ? name : path + "/" + name;
            var found = directory.find(name);
            if (found.isPresent() && found.get().status().isDirectory()) {
                try (var below = directory.open(name)) {
                    if (!below.isEmpty()) {
                        directory(below, inner);
                    }
                }
            } else if (found.isPresent()) {
                try (var file = calls.openEntry(found.get().holder(), name, O_PATH, 0)) {
                    file(file, calls.status(file), inner);
                }
            }
        }
    }

    private void file(Fd file, FileStatus status, String path) throws IOException {
        if (status.isRegular()) {
            regular(file, status, path);
            return;
        }
        var target = status.isSymlink() ? calls.readLink(file, "") : "";
        var type = status.kind();
        if (type.isPresent()) {
            add(status.entry(path, type.get(), target, Map.of()));
        }
    }

    private void regular(Fd file, FileStatus status, String path) throws IOException {
        if (status.links() > 1) {
            var first = linked.putIfAbsent(new Inode(status.device(), status.inode()), path);
            if (first != null) {
                add(status.entry(path, FileEntry.Type.HARD_LINK, first, Map.of()));
                return;
            }
        }
        try (var readable = calls.reopen(file, Constant.flags(O_RDONLY, O_NOCTTY))) {
            sink.add(
                    status.entry(
                            path,
                            FileEntry.Type.FILE,
                            "",
                            OverlayXattrs.without(calls.xattrs(readable))),
                    calls.contents(readable));
        }
    }

    private void add(FileEntry entry) throws IOException {
        sink.add(entry, InputStream.nullInputStream());
    }
}
