package io.pelagos.core.spec;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What the root file system of a container is made of. */
public sealed interface RootSpec {
    /**
     * A directory of the host. Unless the root is read-only, the container changes it.
     *
     * @param path an absolute path on the host
     */
    record Directory(Path path) implements RootSpec {
        /** Makes the path absolute. */
        public Directory {
            path = path.toAbsolutePath().normalize();
        }
    }

    /**
     * An empty root in memory with some files.
     *
     * @param files what is there, by normalized absolute path; directories above are made with 0755
     */
    record Files(Map<String, Entry> files) implements RootSpec {
        /** Normalizes the paths. */
        public Files {
            var normalized = new TreeMap<String, Entry>();
            files.forEach(
                    (path, entry) -> {
                        var target = ContainerPath.normalize("file", path);
                        if (target.equals("/") || normalized.put(target, entry) != null) {
                            throw new IllegalArgumentException(
                                    "file \"" + path + "\": is the root, or given twice");
                        }
                    });
            files = Collections.unmodifiableMap(normalized);
        }
    }

    /**
     * A view of the machine's own programs: {@code /usr}, {@code /bin}, {@code /sbin}, {@code
     * /lib*} and what programs need of {@code /etc} to resolve names, users and libraries, all read
     * only; and a private {@code /tmp}, {@code /var} and home directory in memory.
     */
    record Host() implements RootSpec {}

    /**
     * A file of an empty root.
     *
     * @param contents what it holds
     * @param mode its permissions
     */
    record Entry(Bytes contents, FileMode mode) {}
}
