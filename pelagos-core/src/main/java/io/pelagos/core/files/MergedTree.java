package io.pelagos.core.files;

import static io.pelagos.core.kernel.OpenFlag.O_NOCTTY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.FileSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

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
        add(path, FileEntry.Type.DIRECTORY, calls.status(top), "", kept(calls.xattrs(top)));
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
        switch (status.type()) {
            case 0100000 -> regular(file, status, path);
            case 0120000 ->
                    add(path, FileEntry.Type.SYMLINK, status, calls.readLink(file, ""), Map.of());
            case 0020000 -> add(path, FileEntry.Type.CHARACTER_DEVICE, status, "", Map.of());
            case 0060000 -> add(path, FileEntry.Type.BLOCK_DEVICE, status, "", Map.of());
            case 0010000 -> add(path, FileEntry.Type.FIFO, status, "", Map.of());
            default -> {
                // A socket means nothing without the process that has made it.
            }
        }
    }

    private void regular(Fd file, FileStatus status, String path) throws IOException {
        if (status.links() > 1) {
            var first = linked.putIfAbsent(new Inode(status.device(), status.inode()), path);
            if (first != null) {
                add(path, FileEntry.Type.HARD_LINK, status, first, Map.of());
                return;
            }
        }
        try (var readable = calls.reopen(file, Constant.flags(O_RDONLY, O_NOCTTY))) {
            sink.add(
                    entry(path, FileEntry.Type.FILE, status, "", kept(calls.xattrs(readable))),
                    calls.contents(readable));
        }
    }

    /** What overlayfs has noted about a layer says nothing about the file. */
    private static Map<String, Bytes> kept(Map<String, Bytes> xattrs) {
        var kept = new TreeMap<>(xattrs);
        kept.keySet()
                .removeIf(
                        name ->
                                name.startsWith("trusted.overlay.")
                                        || name.startsWith("user.overlay."));
        return kept;
    }

    private void add(
            String path,
            FileEntry.Type type,
            FileStatus status,
            String target,
            Map<String, Bytes> xattrs)
            throws IOException {
        sink.add(entry(path, type, status, target, xattrs), InputStream.nullInputStream());
    }

    private static FileEntry entry(
            String path,
            FileEntry.Type type,
            FileStatus status,
            String target,
            Map<String, Bytes> xattrs) {
        return new FileEntry(
                path,
                type,
                new FileMode(status.permissions()),
                status.uid(),
                status.gid(),
                type == FileEntry.Type.FILE ? status.size() : 0,
                status.modified(),
                target,
                status.major(),
                status.minor(),
                xattrs);
    }
}
