package io.pelagos.core.internal.files;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_NOCTTY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gives the files of a tree to a sink. Each is opened once by an {@code O_PATH} descriptor, looked
 * at, and only then opened for reading through that: whoever exchanges files meanwhile gets neither
 * a device nor a FIFO opened, nor a file outside of the tree read (CVE-2018-15664). File systems of
 * the kernel that are mounted in the tree, such as procfs, are left out.
 */
public final class TreeSource {
    /** Magic numbers of statfs(2): proc, sysfs, cgroup, cgroup2, devpts, mqueue, bpf, debugfs. */
    private static final Set<Long> KERNEL_FILE_SYSTEMS =
            Set.of(
                    0x9fa0L,
                    0x62656572L,
                    0x27e0ebL,
                    0x63677270L,
                    0x1cd1L,
                    0x19800202L,
                    0xcafe4a11L,
                    0x64626720L);

    private final FileCalls calls;
    private final FileSink sink;
    private final Map<Inode, String> linked = new HashMap<>();

    private record Inode(long device, long number) {}

    /** Makes a source of these calls. */
    public TreeSource(FileCalls calls, FileSink sink) {
        this.calls = calls;
        this.sink = sink;
    }

    /**
     * Gives a file and all that is below it.
     *
     * @param file an {@code O_PATH} descriptor, which may be one of a symbolic link
     * @param path its path in the tree
     * @throws IOException when the sink fails
     */
    public void copy(Fd file, String path) throws IOException {
        copy(file, calls.status(file), path);
    }

    private void copy(Fd file, FileStatus status, String path) throws IOException {
        if (status.isDirectory()) {
            try (var directory =
                    calls.openEntry(file, ".", Constant.flags(O_RDONLY, O_DIRECTORY), 0)) {
                add(status.entry(path, FileEntry.Type.DIRECTORY, "", calls.xattrs(directory)));
                copyEntries(directory, status, path, calls.list(directory));
            }
        } else if (status.isRegular()) {
            copyRegular(file, status, path);
        } else {
            var target = status.isSymlink() ? calls.readLink(file, "") : "";
            var type = status.kind();
            if (type.isPresent()) {
                add(status.entry(path, type.get(), target, Map.of()));
            }
        }
    }

    private void copyEntries(Fd directory, FileStatus parent, String path, List<String> names)
            throws IOException {
        for (var name : names) {
            try (var file = calls.openEntry(directory, name, O_PATH, 0)) {
                var status = calls.status(file);
                if (status.device() == parent.device() || !isKernelFileSystem(file)) {
                    copy(file, status, path.isEmpty() ? name : path + "/" + name);
                }
            } catch (ErrnoException e) {
                if (e.errno() != Errno.ENOENT) {
                    throw e;
                }
                // Removed since the directory was listed, or deleted and noted in another file.
                var status = calls.status(directory, name);
                if (status.isPresent() && status.get().isWhiteout()) {
                    var inner = path.isEmpty() ? name : path + "/" + name;
                    add(status.get().entry(inner, FileEntry.Type.CHARACTER_DEVICE, "", Map.of()));
                }
            }
        }
    }

    private void copyRegular(Fd file, FileStatus status, String path) throws IOException {
        if (status.links() > 1) {
            var first = linked.putIfAbsent(new Inode(status.device(), status.inode()), path);
            if (first != null) {
                add(status.entry(path, FileEntry.Type.HARD_LINK, first, Map.of()));
                return;
            }
        }
        try (var readable = calls.reopen(file, Constant.flags(O_RDONLY, O_NOCTTY))) {
            sink.add(
                    status.entry(path, FileEntry.Type.FILE, "", calls.xattrs(readable)),
                    new FileInput(calls, readable));
        }
    }

    private boolean isKernelFileSystem(Fd file) {
        try (var memory = Memory.open()) {
            // struct statfs { long f_type; … }
            var block = memory.block(120);
            long result = calls.calls().retry(Syscall.FSTATFS, file.number(), block.address());
            return result == 0 && KERNEL_FILE_SYSTEMS.contains(block.getLong(0));
        }
    }

    private void add(FileEntry entry) throws IOException {
        sink.add(entry, InputStream.nullInputStream());
    }
}
