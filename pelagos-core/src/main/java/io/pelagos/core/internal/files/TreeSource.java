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
import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.FileSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
                add(path, FileEntry.Type.DIRECTORY, status, "", calls.xattrs(directory));
                copyEntries(directory, status, path, calls.list(directory));
            }
        } else if (status.isRegular()) {
            copyRegular(file, status, path);
        } else if (status.isSymlink()) {
            add(path, FileEntry.Type.SYMLINK, status, calls.readLink(file, ""), Map.of());
        } else {
            var type = special(status);
            if (type.isPresent()) {
                add(path, type.get(), status, "", Map.of());
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
                // Removed since the directory was listed.
            }
        }
    }

    private void copyRegular(Fd file, FileStatus status, String path) throws IOException {
        if (status.links() > 1) {
            var first = linked.putIfAbsent(new Inode(status.device(), status.inode()), path);
            if (first != null) {
                add(path, FileEntry.Type.HARD_LINK, status, first, Map.of());
                return;
            }
        }
        try (var readable = calls.reopen(file, Constant.flags(O_RDONLY, O_NOCTTY))) {
            sink.add(
                    entry(path, FileEntry.Type.FILE, status, "", calls.xattrs(readable)),
                    new FileInput(calls.calls(), readable));
        }
    }

    /** Sockets mean nothing without the process that made them: they are left out. */
    private static Optional<FileEntry.Type> special(FileStatus status) {
        return switch (status.type()) {
            case 0020000 -> Optional.of(FileEntry.Type.CHARACTER_DEVICE);
            case 0060000 -> Optional.of(FileEntry.Type.BLOCK_DEVICE);
            case 0010000 -> Optional.of(FileEntry.Type.FIFO);
            default -> Optional.empty();
        };
    }

    private boolean isKernelFileSystem(Fd file) {
        try (var memory = Memory.open()) {
            // struct statfs { long f_type; … }
            var block = memory.block(120);
            long result = calls.calls().retry(Syscall.FSTATFS, file.number(), block.address());
            return result == 0 && KERNEL_FILE_SYSTEMS.contains(block.getLong(0));
        }
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
