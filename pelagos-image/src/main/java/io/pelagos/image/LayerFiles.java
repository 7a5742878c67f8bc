package io.pelagos.image;

import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.ContainerPath;
import io.pelagos.core.spec.CopySetting;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.Owner;
import io.pelagos.core.spec.Preserve;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a layer of an image adds and takes away. What is said later counts where two things have the
 * same path.
 *
 * <p>Paths are those of a container: where the image below has a symbolic link on the way to a
 * file, the file lies where that leads to. Directories on the way keep the owner and permissions
 * that they have in the image, or are made with 0755 for user and group 0. Settings say who owns
 * something (else user and group 0) and its permissions.
 *
 * <pre>{@code
 * LayerFiles.of("the configuration")
 *         .file("/etc/app.conf", "debug = no\n".getBytes(UTF_8), FileMode.of("0640"))
 *         .copy(Path.of("build/site"), "/srv/www", Owner.of(33, 33))
 *         .delete("/etc/app.conf.sample")
 * }</pre>
 */
public final class LayerFiles {
    private static final FileMode FILE = new FileMode(0644);
    private static final FileMode DIRECTORY = new FileMode(0755);

    private final String createdBy;
    private final List<Step> steps = new ArrayList<>();
    private @Nullable Instant modified;

    private LayerFiles(String createdBy) {
        this.createdBy = createdBy;
    }

    /** One thing that is said about a layer; a path is absolute and normalized. */
    sealed interface Step {
        /** Returns where it is. */
        String path();

        /** A file of bytes. */
        record Contents(String path, Bytes bytes, Settings settings) implements Step {}

        /** A directory. */
        record Directory(String path, Settings settings) implements Step {}

        /** A symbolic link. */
        record Link(String path, String target, Settings settings) implements Step {}

        /** What this machine has at a path. */
        record Copy(String path, Path source, Settings settings) implements Step {}

        /** Something that is gone. */
        record Deletion(String path) implements Step {}

        /** A directory, of which nothing that was in it is left. */
        record Clearing(String path) implements Step {}
    }

    /**
     * What was set.
     *
     * @param owner whose it is
     * @param mode its permissions, or null for those that it has
     * @param preserved what else is kept of a source
     */
    record Settings(Owner owner, @Nullable FileMode mode, Set<Preserve> preserved) {
        static Settings of(CopySetting... settings) {
            var owner = Owner.of(0, 0);
            FileMode mode = null;
            var preserved = EnumSet.noneOf(Preserve.class);
            for (var setting : settings) {
                switch (setting) {
                    case Owner other -> owner = other;
                    case FileMode bits -> mode = bits;
                    case Preserve kept -> preserved.add(kept);
                }
            }
            return new Settings(owner, mode, preserved);
        }

        private Settings with(FileMode usual) {
            return mode == null ? new Settings(owner, usual, preserved) : this;
        }
    }

    /**
     * Begins a layer.
     *
     * @param createdBy what the history of the image says about it
     * @return a layer without files
     */
    public static LayerFiles of(String createdBy) {
        return new LayerFiles(createdBy);
    }

    /**
     * Adds a file.
     *
     * @param path an absolute path
     * @param contents what it holds
     * @param settings owner and permissions, else 0644
     * @return this
     */
    public LayerFiles file(String path, byte[] contents, CopySetting... settings) {
        var at = below("file", path);
        return add(new Step.Contents(at, Bytes.of(contents), Settings.of(settings).with(FILE)));
    }

    /**
     * Adds a directory, or changes one that the image has.
     *
     * @param path an absolute path
     * @param settings owner and permissions, else 0755
     * @return this
     */
    public LayerFiles directory(String path, CopySetting... settings) {
        var at = below("directory", path);
        return add(new Step.Directory(at, Settings.of(settings).with(DIRECTORY)));
    }

    /**
     * Adds a symbolic link.
     *
     * @param path an absolute path
     * @param target where it leads to, as it stands
     * @param settings its owner
     * @return this
     */
    public LayerFiles link(String path, String target, CopySetting... settings) {
        if (target.isEmpty() || target.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "link \"" + path + "\": target \"" + target + "\": must be a path");
        }
        return add(new Step.Link(below("link", path), target, Settings.of(settings)));
    }

    /**
     * Adds a file of this machine, or a directory with all that is in it. It is read when the image
     * is made. Permissions are those of the source without setuid, setgid and sticky bits, unless
     * set or preserved; of extended attributes {@code user.*} is kept, unless all are preserved.
     *
     * @param source a path of this machine; a link at its end is followed, those in it are kept
     * @param path the absolute path of the copy; a directory is merged into one that is there
     * @param settings owner, permissions, and what else is kept
     * @return this
     */
    public LayerFiles copy(Path source, String path, CopySetting... settings) {
        return add(
                new Step.Copy(
                        ContainerPath.normalize("copy", path),
                        source.toAbsolutePath(),
                        Settings.of(settings)));
    }

    /**
     * Takes away what the image has at a path.
     *
     * @param path an absolute path
     * @return this
     */
    public LayerFiles delete(String path) {
        return add(new Step.Deletion(below("delete", path)));
    }

    /**
     * Takes away all that the image has in a directory, but not the directory.
     *
     * @param path an absolute path
     * @return this
     */
    public LayerFiles clear(String path) {
        return add(new Step.Clearing(below("clear", path)));
    }

    /**
     * Sets when all files of the layer were changed last.
     *
     * @param time instead of what {@code SOURCE_DATE_EPOCH} says, or one second after 1970 began
     * @return this
     */
    public LayerFiles modified(Instant time) {
        modified = time;
        return this;
    }

    private static String below(String what, String path) {
        var normalized = ContainerPath.normalize(what, path);
        if (normalized.equals("/")) {
            throw new IllegalArgumentException(what + " \"" + path + "\": is the root");
        }
        return normalized;
    }

    private LayerFiles add(Step step) {
        for (var part : step.path().split("/", -1)) {
            if (part.startsWith(".wh.")) {
                throw new IllegalArgumentException(
                        "path \""
                                + step.path()
                                + "\": a name that begins with .wh. says in a layer that a file is"
                                + " gone");
            }
        }
        steps.add(step);
        return this;
    }

    String createdBy() {
        return createdBy;
    }

    List<Step> steps() {
        return List.copyOf(steps);
    }

    @Nullable Instant modified() {
        return modified;
    }

    boolean isEmpty() {
        return steps.isEmpty();
    }
}
