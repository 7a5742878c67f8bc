package io.pelagos.core.kernel;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The table of descriptors of one simulated process. */
final class SimulatedDescriptors {
    private final Map<Integer, Descriptor> table = new TreeMap<>();

    /**
     * What a number stands for.
     *
     * @param file the open file
     * @param closeOnExec whether execve(2) closes the descriptor
     */
    record Descriptor(SimulatedFile file, boolean closeOnExec) {}

    /** Gives a file the lowest free number. */
    int open(SimulatedFile file, boolean closeOnExec) {
        return openFrom(0, file, closeOnExec);
    }

    int openFrom(int lowest, SimulatedFile file, boolean closeOnExec) {
        int fd = lowest;
        while (table.containsKey(fd)) {
            fd++;
        }
        set(fd, file, closeOnExec);
        return fd;
    }

    /** Gives a file a certain number; what had it before is closed. */
    void set(int fd, SimulatedFile file, boolean closeOnExec) {
        file.retain();
        var before = table.put(fd, new Descriptor(file, closeOnExec));
        if (before != null) {
            before.file.release();
        }
    }

    Descriptor get(int fd) {
        var descriptor = table.get(fd);
        if (descriptor == null) {
            throw new SimulatedFailure(Errno.EBADF);
        }
        return descriptor;
    }

    SimulatedFile file(int fd) {
        return get(fd).file;
    }

    /** The file of a descriptor, which has to be of a certain kind. */
    <T extends SimulatedFile> T file(int fd, Class<T> kind, Errno otherwise) {
        var file = file(fd);
        if (!kind.isInstance(file)) {
            throw new SimulatedFailure(otherwise);
        }
        return kind.cast(file);
    }

    @Nullable SimulatedFile find(int fd) {
        var descriptor = table.get(fd);
        return descriptor == null ? null : descriptor.file;
    }

    void close(int fd) {
        get(fd);
        var descriptor = table.remove(fd);
        if (descriptor != null) {
            descriptor.file.release();
        }
    }

    void closeAll() {
        List.copyOf(table.keySet()).forEach(this::close);
    }

    void closeRange(long first, long last, boolean onlyOnExec) {
        for (int fd : List.copyOf(table.keySet())) {
            if (fd >= first && fd <= last) {
                if (onlyOnExec) {
                    setCloseOnExec(fd, true);
                } else {
                    close(fd);
                }
            }
        }
    }

    void setCloseOnExec(int fd, boolean closeOnExec) {
        table.put(fd, new Descriptor(file(fd), closeOnExec));
    }

    /** Does what execve(2) does. */
    void exec() {
        for (int fd : List.copyOf(table.keySet())) {
            if (get(fd).closeOnExec) {
                close(fd);
            }
        }
    }

    /** Does what fork(2) does. */
    SimulatedDescriptors copy() {
        var copy = new SimulatedDescriptors();
        table.forEach((fd, descriptor) -> copy.set(fd, descriptor.file, descriptor.closeOnExec));
        return copy;
    }

    List<Integer> numbers() {
        return List.copyOf(table.keySet());
    }
}
