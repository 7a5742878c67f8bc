package io.pelagos.core.files;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Layers read as overlayfs would show them, without a mount: a whiteout hides what lies below it,
 * an opaque directory what lies below at its path. Symbolic links are resolved across all layers,
 * the top of the stack being the root.
 */
public final class LayerStack implements AutoCloseable {
    private static final int LINKS = 40;

    private final FileCalls calls;
    private final Directory root;

    /**
     * What is found under a name.
     *
     * @param status the file that is seen
     * @param holder the directory that holds it, open
     * @param name its name in there
     * @param layer how many layers lie above the one it is in
     */
    public record Found(FileStatus status, Fd holder, String name, int layer) {}

    /** A directory of the whole: those of the layers that are seen through each other. */
    public final class Directory implements AutoCloseable {
        private final List<Fd> parts;
        private final List<Integer> layers;

        private Directory(List<Fd> parts, List<Integer> layers) {
            this.parts = parts;
            this.layers = layers;
        }

        /**
         * Returns the directory of the highest layer that has it.
         *
         * @return a descriptor that the stack closes
         */
        public Fd top() {
            return parts.getFirst();
        }

        /**
         * Returns a directory that no layer has.
         *
         * @return an empty directory
         */
        public Directory none() {
            return new Directory(List.of(), List.of());
        }

        /**
         * Returns whether no layer has this directory.
         *
         * @return true if so
         */
        public boolean isEmpty() {
            return parts.isEmpty();
        }

        /**
         * Finds what is seen under a name.
         *
         * @param name one component of a path
         * @return where it is; empty when a layer hides it or none has it
         */
        public Optional<Found> find(String name) {
            for (int i = 0; i < parts.size(); i++) {
                var status = calls.status(parts.get(i), name);
                if (status.isPresent()) {
                    return status.get().isWhiteout()
                            ? Optional.empty()
                            : Optional.of(
                                    new Found(status.get(), parts.get(i), name, layers.get(i)));
                }
            }
            return Optional.empty();
        }

        /**
         * Opens the directory that is seen under a name, whose parts are none when there is none.
         *
         * @param name one component of a path
         * @return to be closed
         */
        public Directory open(String name) {
            var opened = new ArrayList<Fd>();
            var from = new ArrayList<Integer>();
            try {
                for (int i = 0; i < parts.size(); i++) {
                    var status = calls.status(parts.get(i), name);
                    if (status.isEmpty()) {
                        continue;
                    }
                    if (!status.get().isDirectory()) {
                        break;
                    }
                    var part =
                            calls.openEntry(
                                    parts.get(i), name, Constant.flags(O_RDONLY, O_DIRECTORY), 0);
                    opened.add(part);
                    from.add(layers.get(i));
                    if (isOpaque(calls, part)) {
                        break;
                    }
                }
            } catch (RuntimeException e) {
                opened.forEach(Fd::close);
                throw e;
            }
            return new Directory(opened, from);
        }

        /**
         * Lists what is seen.
         *
         * @return the names
         */
        public List<String> list() {
            var names = new TreeSet<String>();
            var hidden = new TreeSet<String>();
            for (var part : parts) {
                for (var name : calls.list(part)) {
                    var status = calls.status(part, name);
                    if (status.isPresent() && status.get().isWhiteout()) {
                        hidden.add(name);
                    } else if (status.isPresent() && !hidden.contains(name)) {
                        names.add(name);
                    }
                }
                hidden.addAll(names);
            }
            return List.copyOf(names);
        }

        @Override
        public void close() {
            parts.forEach(Fd::close);
        }
    }

    private LayerStack(FileCalls calls, List<Fd> parts) {
        this.calls = calls;
        var layers = new ArrayList<Integer>();
        for (int i = 0; i < parts.size(); i++) {
            layers.add(i);
        }
        root = new Directory(parts, layers);
    }

    /**
     * Opens layers, the highest first; one that is missing is passed over.
     *
     * @param calls what the calls go through
     * @param layers directories of the host
     * @return to be closed
     */
    public static LayerStack open(FileCalls calls, List<Path> layers) {
        var parts = new ArrayList<Fd>();
        try {
            for (var layer : layers) {
                open(calls, layer).ifPresent(parts::add);
            }
            return new LayerStack(calls, parts);
        } catch (RuntimeException e) {
            parts.forEach(Fd::close);
            throw e;
        }
    }

    private static Optional<Fd> open(FileCalls calls, Path layer) {
        try {
            return Optional.of(
                    calls.openPath(layer.toString(), Constant.flags(O_RDONLY, O_DIRECTORY)));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Tells whether what lower layers have at the path of a directory is hidden.
     *
     * @param calls what the calls go through
     * @param directory a directory, open
     * @return true if so
     */
    public static boolean isOpaque(FileCalls calls, Fd directory) {
        return calls.xattr(directory, "trusted.overlay.opaque").isPresent()
                || calls.xattr(directory, "user.overlay.opaque").isPresent()
                || (calls.areOfFuseOverlayfs()
                        && (calls.xattr(directory, OverlayXattrs.FUSE_OPAQUE).isPresent()
                                || calls.status(directory, ".wh..wh..opq").isPresent()));
    }

    /**
     * Returns the top of the tree.
     *
     * @return closed with the stack
     */
    public Directory root() {
        return root;
    }

    /**
     * Opens what a path leads to, by an {@code O_PATH} descriptor.
     *
     * @param path from the top of the tree
     * @return the file, or empty when there is none
     * @throws ErrnoException ELOOP when links lead in circles
     */
    public Optional<Fd> resolve(String path) {
        return resolve(path, true);
    }

    /**
     * Opens what a path leads to, by an {@code O_PATH} descriptor.
     *
     * @param path from the top of the tree
     * @param followed whether a symbolic link at its end is followed
     * @return the file, or empty when there is none
     * @throws ErrnoException ELOOP when links lead in circles
     */
    public Optional<Fd> resolve(String path, boolean followed) {
        return at(
                path,
                followed,
                file -> calls.openEntry(file.holder(), file.name(), O_PATH, 0),
                directory -> calls.reopen(directory.top(), Constant.flags(O_PATH, O_DIRECTORY)));
    }

    /**
     * Lists the directory that a path leads to.
     *
     * @param path from the top of the tree
     * @return the names that are seen in it
     * @throws ErrnoException ENOENT when there is nothing, ENOTDIR when it is something else, ELOOP
     *     when links lead in circles
     */
    public List<String> list(String path) {
        return at(
                        path,
                        true,
                        file -> {
                            throw new ErrnoException(Errno.ENOTDIR, "listing " + path);
                        },
                        Directory::list)
                .orElseThrow(() -> new ErrnoException(Errno.ENOENT, "listing " + path));
    }

    /** Does something with what a path leads to, while the way to it is open. */
    private <T> Optional<T> at(
            String path,
            boolean followed,
            Function<Found, T> withFile,
            Function<Directory, T> withDirectory) {
        var rest = new ArrayDeque<>(Arrays.asList(path.split("/", -1)));
        var trail = new ArrayDeque<Directory>();
        try {
            return at(rest, trail, followed, withFile, withDirectory);
        } finally {
            trail.forEach(Directory::close);
        }
    }

    private <T> Optional<T> at(
            Deque<String> rest,
            Deque<Directory> trail,
            boolean followed,
            Function<Found, T> withFile,
            Function<Directory, T> withDirectory) {
        int links = 0;
        while (!rest.isEmpty()) {
            var name = rest.pop();
            var here = trail.isEmpty() ? root : trail.peek();
            if (name.isEmpty() || name.equals(".")) {
                continue;
            }
            if (name.equals("..")) {
                if (!trail.isEmpty()) {
                    trail.pop().close();
                }
                continue;
            }
            var found = here.find(name);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            var status = found.get().status();
            if (status.isSymlink() && (followed || !rest.isEmpty())) {
                if (++links > LINKS) {
                    throw new ErrnoException(Errno.ELOOP, "resolving " + name);
                }
                var target = calls.readLink(found.get().holder(), name);
                if (target.startsWith("/")) {
                    trail.forEach(Directory::close);
                    trail.clear();
                }
                Arrays.asList(target.split("/", -1)).reversed().forEach(rest::push);
            } else if (status.isDirectory()) {
                trail.push(here.open(name));
            } else {
                return rest.isEmpty() ? Optional.of(withFile.apply(found.get())) : Optional.empty();
            }
        }
        return Optional.of(withDirectory.apply(trail.isEmpty() ? root : trail.peek()));
    }

    @Override
    public void close() {
        root.close();
    }
}
