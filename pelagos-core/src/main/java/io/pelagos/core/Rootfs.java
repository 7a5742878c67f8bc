package io.pelagos.core;

import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.RootSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Gives a container its root file system; an image is one, and so is a directory. */
@FunctionalInterface
public interface Rootfs {
    /**
     * Returns what the root file system is made of.
     *
     * @return the description
     */
    RootSpec root();

    /**
     * Gives a builder what belongs to this root file system, such as the environment and the user
     * of an image, before the caller's own options.
     *
     * @param builder the builder of a new container
     */
    default void configure(ContainerBuilder builder) {}

    /**
     * Returns the same root with other owners: what user 0 owns on disk belongs to user 0 of the
     * container's own user namespace, and so on, and what the container makes is written likewise.
     * So the files of an image belong to the container's users, and the changes have the same
     * owners on disk as without a user namespace.
     *
     * <p>Layers without a kept writable layer are shown like this whenever root starts a container
     * with a user namespace of its own, because its users could not reach them otherwise.
     *
     * <p>Takes layers, Linux 6.5, file systems that can do it, as ext4, xfs, btrfs and tmpfs, and
     * CAP_SYS_ADMIN over them, which a rootless container's JVM does not have.
     *
     * @return a new value
     */
    default Rootfs idMapped() {
        return new IdMappedRootfs(this);
    }

    /**
     * Returns the same root of layers, stacked by what the caller chooses. Without this it is
     * {@link OverlayBackend#AUTO}.
     *
     * <p>fuse-overlayfs shows owners as they are on disk, so {@link #idMapped} and a user namespace
     * that root makes are refused with it. In a user namespace the kernel lets nobody from outside
     * look into it, not even root: while such a container runs {@code copyIn}, {@code copyOut} and
     * {@code path} are refused; {@code exec}, {@code diff}, {@code commit} and {@code snapshot}
     * work.
     *
     * @param backend what stacks the layers
     * @return a new value
     */
    default Rootfs stackedBy(OverlayBackend backend) {
        return new StackedRootfs(this, backend);
    }

    /**
     * Uses a directory of the host. Unless the root is made read-only the container changes it.
     *
     * @param path the directory
     * @return the root file system
     */
    static Rootfs directory(Path path) {
        var root = new RootSpec.Directory(path);
        return () -> root;
    }

    /**
     * Uses a view of this machine's own programs, read only, so that something can be isolated with
     * nothing downloaded: {@code /usr}, {@code /bin}, {@code /sbin}, {@code /lib*} and what
     * programs need of {@code /etc}, with a {@code /tmp}, {@code /var} and home directory of its
     * own in memory.
     *
     * @return the root file system
     */
    static Rootfs host() {
        return RootSpec.Host::new;
    }

    /**
     * Starts an empty root in memory.
     *
     * @return a root file system without files, to which {@link Files#file} adds some
     */
    static Files empty() {
        return new Files(Map.of());
    }

    /**
     * Stacks directories of the host, as the layers of an image. The container changes none of
     * them: what it changes goes to a writable layer on disk, which is removed with the container.
     *
     * @param directories the lowest first, as in the manifest of an image; at most 500
     * @return the root file system
     */
    static Layers layers(List<Path> directories) {
        return new Layers(new RootSpec.Layers(directories, new RootSpec.Upper.Ephemeral(false)));
    }

    /** A root of layers, see the kernel's filesystems/overlayfs.rst. */
    final class Layers implements Rootfs {
        private final RootSpec.Layers root;

        private Layers(RootSpec.Layers root) {
            this.root = root;
        }

        /**
         * Returns a root whose changes are kept: a container that is started with it again goes on
         * where the last one ended. Two at a time must not use it.
         *
         * @param directory holds the changes in {@code upper}, and {@code work} for overlayfs; made
         *     when missing, not in an overlay itself
         * @return a new value
         */
        public Layers keepingChanges(Path directory) {
            return new Layers(
                    root.withUpper(
                            new RootSpec.Upper.Kept(
                                    directory.resolve("upper"), directory.resolve("work"), false)));
        }

        /**
         * Returns a root whose changes go to the runtime directory, which lies in memory on most
         * machines.
         *
         * @return a new value
         */
        public Layers inMemory() {
            return new Layers(root.withUpper(new RootSpec.Upper.Ephemeral(true)));
        }

        @Override
        public Layers idMapped() {
            return new Layers(root.withIdMapping());
        }

        @Override
        public Layers stackedBy(OverlayBackend backend) {
            return new Layers(root.withBackend(backend));
        }

        @Override
        public RootSpec root() {
            return root;
        }
    }

    /** A root in memory that holds some files. */
    final class Files implements Rootfs {
        private final Map<String, RootSpec.Entry> entries;

        private Files(Map<String, RootSpec.Entry> entries) {
            this.entries = entries;
        }

        /**
         * Returns a root that also holds a file, readable by everybody.
         *
         * @param path an absolute path inside the container
         * @param contents what the file holds
         * @return a new value
         */
        public Files file(String path, byte[] contents) {
            return file(path, contents, new FileMode(0644));
        }

        /**
         * Returns a root that also holds a file.
         *
         * @param path an absolute path inside the container
         * @param contents what the file holds
         * @param mode its permissions
         * @return a new value
         */
        public Files file(String path, byte[] contents, FileMode mode) {
            var more = new TreeMap<>(entries);
            more.put(path, new RootSpec.Entry(Bytes.of(contents), mode));
            return new Files(more);
        }

        @Override
        public RootSpec root() {
            return new RootSpec.Files(entries);
        }
    }
}
