package io.pelagos.core.spec;

import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Something mounted into a container.
 *
 * <p>Sources are opened on the host before the root changes; targets are resolved inside the
 * container's own root, where a symbolic link can lead nowhere else. A missing target is created
 * there. Mounts are made in the order of the depth of their targets, and in the order given where
 * that is equal.
 */
public sealed interface Mount {
    /**
     * Returns where it is mounted.
     *
     * @return a normalized absolute path inside the container
     */
    String target();

    /** What a mount does not allow, see mount_setattr(2). */
    enum Option {
        /** Nothing can be changed through it. */
        READ_ONLY,
        /** Setuid bits and file capabilities have no effect. */
        NOSUID,
        /** Devices cannot be opened. */
        NODEV,
        /** Programs cannot be executed. */
        NOEXEC,
        /** Access times are not updated. */
        NOATIME
    }

    /** How mounts made on one side appear on the other, see mount_namespaces(7). */
    enum Propagation {
        /** Neither way. */
        PRIVATE,
        /** From the host into the container. */
        SLAVE,
        /** Both ways. */
        SHARED,
        /** Neither way, and the mount cannot be bound anywhere else. */
        UNBINDABLE
    }

    /**
     * A file or directory of the host.
     *
     * @param source an absolute path on the host
     * @param target where it appears
     * @param recursive whether what is mounted below the source comes along
     * @param options what is not allowed, applied to everything that comes along
     * @param propagation how mounts made later appear
     * @param makesSource whether a missing source is made as a directory, with permissions 0755
     * @param idMapping how owners are shown, of everything that comes along; null for as they are
     */
    record Bind(
            String source,
            String target,
            boolean recursive,
            Set<Option> options,
            Propagation propagation,
            boolean makesSource,
            @Nullable IdMapping idMapping)
            implements Mount {
        /** Checks the paths and copies the options. */
        public Bind {
            if (!source.startsWith("/") || source.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "mount source \"" + source + "\": must be absolute and without NUL");
            }
            target = checkTarget(target);
            options = copy(options);
            Objects.requireNonNull(propagation, "propagation");
        }

        /**
         * Makes a mount that shows owners as they are.
         *
         * @param source an absolute path on the host
         * @param target where it appears
         * @param recursive whether what is mounted below the source comes along
         * @param options what is not allowed, applied to everything that comes along
         * @param propagation how mounts made later appear
         * @param makesSource whether a missing source is made as a directory
         */
        public Bind(
                String source,
                String target,
                boolean recursive,
                Set<Option> options,
                Propagation propagation,
                boolean makesSource) {
            this(source, target, recursive, options, propagation, makesSource, null);
        }

        /**
         * Returns the same mount that makes its source when it is missing.
         *
         * @return a new value
         */
        public Bind createSource() {
            return new Bind(source, target, recursive, options, propagation, true, idMapping);
        }

        /**
         * Returns the same mount with more options.
         *
         * @param more what else is not allowed
         * @return a new value
         */
        public Bind with(Option... more) {
            return new Bind(
                    source,
                    target,
                    recursive,
                    union(options, more),
                    propagation,
                    makesSource,
                    idMapping);
        }

        /**
         * Returns the same mount with another propagation.
         *
         * @param mode how mounts made later appear
         * @return a new value
         */
        public Bind propagation(Propagation mode) {
            return new Bind(source, target, recursive, options, mode, makesSource, idMapping);
        }

        /**
         * Returns the same mount without what is mounted below the source.
         *
         * @return a new value
         */
        public Bind nonRecursive() {
            return new Bind(source, target, false, options, propagation, makesSource, idMapping);
        }

        /**
         * Returns the same mount with other owners: without ranges, what user 0 owns on disk
         * belongs to user 0 of the container's own user namespace, and so on; else each range maps
         * user and group ids on disk, from {@link IdMap#inside} on, to those of the host. Takes
         * CAP_SYS_ADMIN over the file system, so it is refused to a rootless container; and a file
         * system that can do it, as ext4, xfs, btrfs and tmpfs (since Linux 6.3), but not overlay.
         *
         * @param ranges none for the mapping of the container's own user namespace
         * @return a new value
         */
        public Bind idMapped(IdMap... ranges) {
            return idMapped(new IdMapping(List.of(ranges), List.of(ranges)));
        }

        /**
         * Returns the same mount with other owners.
         *
         * @param mapping how they are shown
         * @return a new value
         */
        public Bind idMapped(IdMapping mapping) {
            return new Bind(source, target, recursive, options, propagation, makesSource, mapping);
        }
    }

    /**
     * A new file system in memory, see tmpfs(5).
     *
     * @param target where it appears
     * @param size how much it may hold; 0 bytes for half of the machine's memory
     * @param mode permissions of its root
     * @param options what is not allowed
     */
    record Tmpfs(String target, ByteSize size, FileMode mode, Set<Option> options)
            implements Mount {
        /** Checks the target and copies the options. */
        public Tmpfs {
            target = checkTarget(target);
            options = copy(options);
            Objects.requireNonNull(size, "size");
            Objects.requireNonNull(mode, "mode");
        }

        /**
         * Returns the same mount with another bound.
         *
         * @param bound how much it may hold
         * @return a new value
         */
        public Tmpfs size(ByteSize bound) {
            return new Tmpfs(target, bound, mode, options);
        }

        /**
         * Returns the same mount with other permissions.
         *
         * @param permissions of its root
         * @return a new value
         */
        public Tmpfs mode(FileMode permissions) {
            return new Tmpfs(target, size, permissions, options);
        }

        /**
         * Returns the same mount with more options.
         *
         * @param more what else is not allowed
         * @return a new value
         */
        public Tmpfs with(Option... more) {
            return new Tmpfs(target, size, mode, union(options, more));
        }
    }

    /**
     * A file with the given contents, in memory.
     *
     * @param target where it appears
     * @param contents what it holds
     * @param mode its permissions
     * @param readOnly whether the container may not change it
     */
    record FileContents(String target, Bytes contents, FileMode mode, boolean readOnly)
            implements Mount {
        /** Checks the target. */
        public FileContents {
            target = checkTarget(target);
            Objects.requireNonNull(contents, "contents");
            Objects.requireNonNull(mode, "mode");
        }
    }

    /**
     * A new file system of any type that the kernel has.
     *
     * @param type for example {@code proc}, {@code sysfs}, {@code cgroup2}, {@code devpts} or
     *     {@code mqueue}
     * @param target where it appears
     * @param parameters of the file system, in order, see fsconfig(2); an empty value sets a flag
     * @param options what is not allowed
     */
    record FileSystem(
            String type, String target, Map<String, String> parameters, Set<Option> options)
            implements Mount {
        /** Checks the type and the target and copies the rest. */
        public FileSystem {
            if (!type.matches("[A-Za-z0-9_.-]{1,64}")) {
                throw new IllegalArgumentException(
                        "file system type \"" + type + "\": must be a name of /proc/filesystems");
            }
            target = checkTarget(target);
            parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
            options = copy(options);
        }
    }

    /**
     * Mounts a file or directory of the host, with what is mounted below it.
     *
     * @param source a path on the host
     * @param target an absolute path inside the container
     * @return the mount
     */
    static Bind bind(Path source, String target) {
        return new Bind(
                source.toAbsolutePath().normalize().toString(),
                target,
                true,
                Set.of(Option.NOSUID, Option.NODEV),
                Propagation.PRIVATE,
                false);
    }

    /**
     * Mounts a file or directory of the host so that nothing, at any depth, can be changed through
     * it.
     *
     * @param source a path on the host
     * @param target an absolute path inside the container
     * @return the mount
     */
    static Bind readOnly(Path source, String target) {
        return bind(source, target).with(Option.READ_ONLY);
    }

    /**
     * Mounts a new file system in memory with permissions 01777, without devices, setuid programs
     * and execution.
     *
     * @param target an absolute path inside the container
     * @return the mount
     */
    static Tmpfs tmpfs(String target) {
        return new Tmpfs(
                target,
                ByteSize.of(0),
                new FileMode(01777),
                Set.of(Option.NOSUID, Option.NODEV, Option.NOEXEC));
    }

    /**
     * Mounts a read-only file that holds some bytes, with permissions 0444.
     *
     * @param target an absolute path inside the container
     * @param contents what it holds
     * @return the mount
     */
    static FileContents file(String target, byte[] contents) {
        return new FileContents(target, Bytes.of(contents), new FileMode(0444), true);
    }

    /**
     * Mounts a new file system of any type, without devices, setuid programs and execution.
     *
     * @param type for example {@code mqueue}
     * @param target an absolute path inside the container
     * @return the mount
     */
    static FileSystem fileSystem(String type, String target) {
        return new FileSystem(
                type, target, Map.of(), Set.of(Option.NOSUID, Option.NODEV, Option.NOEXEC));
    }

    private static String checkTarget(String target) {
        var normalized = ContainerPath.normalize("mount target", target);
        if (normalized.equals("/")) {
            throw new IllegalArgumentException(
                    "mount target \"" + target + "\": the root is what the Rootfs gives");
        }
        return normalized;
    }

    private static Set<Option> copy(Set<Option> options) {
        var copy = EnumSet.noneOf(Option.class);
        copy.addAll(options);
        return Collections.unmodifiableSet(copy);
    }

    private static Set<Option> union(Set<Option> options, Option... more) {
        var all = EnumSet.noneOf(Option.class);
        all.addAll(options);
        Collections.addAll(all, more);
        return all;
    }
}
