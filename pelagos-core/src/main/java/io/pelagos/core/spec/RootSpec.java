package io.pelagos.core.spec;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
     * Directories of the host stacked by overlayfs or in its manner: what a higher one holds hides
     * what a lower one holds at the same path. The container changes none of them, but a writable
     * layer on top.
     *
     * @param directories absolute paths on the host, the lowest first, as in the manifest of an
     *     image; at least one, at most 500
     * @param upper the writable layer
     * @param idMapped whether the owners of files are shown through the ranges of the container's
     *     own user namespace, so that what user 0 owns on disk belongs to user 0 of the container
     * @param backend what stacks them
     */
    record Layers(List<Path> directories, Upper upper, boolean idMapped, OverlayBackend backend)
            implements RootSpec {
        private static final int MAX = 500;

        /** Makes the paths absolute. */
        public Layers {
            if (directories.isEmpty() || directories.size() > MAX) {
                throw new IllegalArgumentException(
                        "layers: " + directories.size() + " of them; must be 1 to " + MAX);
            }
            directories =
                    directories.stream().map(path -> path.toAbsolutePath().normalize()).toList();
        }

        /**
         * Makes layers that show owners as they are.
         *
         * @param directories absolute paths on the host, the lowest first
         * @param upper the writable layer
         */
        public Layers(List<Path> directories, Upper upper) {
            this(directories, upper, false);
        }

        /**
         * Makes layers that whatever works stacks.
         *
         * @param directories absolute paths on the host, the lowest first
         * @param upper the writable layer
         * @param idMapped whether owners are those of the container's user namespace
         */
        public Layers(List<Path> directories, Upper upper, boolean idMapped) {
            this(directories, upper, idMapped, OverlayBackend.AUTO);
        }

        /**
         * Returns the same layers with another writable one.
         *
         * @param other the writable layer
         * @return a new value
         */
        public Layers withUpper(Upper other) {
            return new Layers(directories, other, idMapped, backend);
        }

        /**
         * Returns the same layers with owners of the container's user namespace.
         *
         * @return a new value
         */
        public Layers withIdMapping() {
            return new Layers(directories, upper, true, backend);
        }

        /**
         * Returns the same layers stacked by something else.
         *
         * @param other what stacks them
         * @return a new value
         */
        public Layers withBackend(OverlayBackend other) {
            return new Layers(directories, upper, idMapped, other);
        }

        /**
         * Returns what makes up the root in the order in which it is searched.
         *
         * @return a kept writable layer, then the directories from the highest to the lowest
         */
        public List<Path> topDown() {
            var all = new ArrayList<Path>();
            if (upper instanceof Upper.Kept kept) {
                all.add(kept.upper());
            }
            all.addAll(directories.reversed());
            return all;
        }
    }

    /** Where what a container changes in its layers goes to. */
    sealed interface Upper {
        /**
         * A directory on disk that is made for the container and removed with it.
         *
         * @param inMemory whether it is made in the runtime directory instead, which lies in memory
         *     on most machines
         */
        record Ephemeral(boolean inMemory) implements Upper {}

        /**
         * Directories of the caller's, made when missing, which hold the changes afterwards.
         *
         * @param upper an absolute path on the host
         * @param work an absolute path on the host, in the same file system; for overlayfs itself
         * @param isVolatile whether nothing is ever synchronised with the disk, see "Volatile
         *     mount" in filesystems/overlayfs.rst; such a layer cannot be used again
         */
        record Kept(Path upper, Path work, boolean isVolatile) implements Upper {
            /** Makes the paths absolute. */
            public Kept {
                upper = upper.toAbsolutePath().normalize();
                work = work.toAbsolutePath().normalize();
                if (upper.startsWith(work) || work.startsWith(upper)) {
                    throw new IllegalArgumentException(
                            "upper "
                                    + upper
                                    + " and work "
                                    + work
                                    + ": must not lie in each other");
                }
            }
        }
    }

    /**
     * A file of an empty root.
     *
     * @param contents what it holds
     * @param mode its permissions
     */
    record Entry(Bytes contents, FileMode mode) {}
}
