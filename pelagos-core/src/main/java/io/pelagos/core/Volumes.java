package io.pelagos.core;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.internal.files.Scratch;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Mount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The named volumes of this user. Safe for use by many threads and processes. */
public final class Volumes {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

    private final Engine engine;
    private final VolumeLabels labels;

    Volumes(Engine engine) {
        this.engine = engine;
        labels = new VolumeLabels(engine.paths());
    }

    /**
     * Makes a volume, empty and with permissions 0755; one that is there stays as it is.
     *
     * @param name 1 to 128 letters, digits, {@code _}, {@code .} and {@code -}
     * @return the volume
     * @throws InvalidSpecException when that cannot be a name
     */
    public Volume create(String name) {
        return create(name, Map.of());
    }

    /**
     * Makes a volume with labels; one that is there stays as it is, with the labels that it has.
     *
     * @param name 1 to 128 letters, digits, {@code _}, {@code .} and {@code -}
     * @param labels notes of the caller's own; a key is not empty
     * @return the volume
     * @throws InvalidSpecException when that cannot be a name, or a label cannot be one
     */
    public Volume create(String name, Map<String, String> labels) {
        var path = path(name);
        if (labels.containsKey("")) {
            throw new InvalidSpecException("label", "\"\"", "the key of a label is not empty");
        }
        try {
            Files.createDirectories(engine.paths().volumesDir());
            Files.createDirectory(path);
            label(name, path, labels);
        } catch (FileAlreadyExistsException e) {
            return find(name);
        } catch (IOException e) {
            throw new UncheckedIOException("making the volume " + name, e);
        }
        return find(name);
    }

    /** A volume whose labels cannot be written is none; those of one before it are not its own. */
    private void label(String name, Path path, Map<String, String> all) throws IOException {
        try {
            if (all.isEmpty()) {
                labels.remove(name);
            } else {
                labels.write(name, all);
            }
        } catch (RuntimeException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private Path path(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidSpecException(
                    "volume",
                    "\"" + name + "\"",
                    "must be 1 to 128 letters, digits, '_', '.' or '-', and begin with a letter or"
                            + " digit");
        }
        return engine.paths().volumeDir(name);
    }

    /**
     * Returns volumes.
     *
     * @param filters which; all that fit every one of them
     * @return the volumes by name; a link or a file among them is none
     */
    public List<Volume> list(VolumeFilter... filters) {
        var names = new TreeSet<String>();
        if (Files.isDirectory(engine.paths().volumesDir())) {
            try (var entries = Files.newDirectoryStream(engine.paths().volumesDir())) {
                for (var entry : entries) {
                    var name = String.valueOf(entry.getFileName());
                    if (NAME.matcher(name).matches()
                            && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                        names.add(name);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException("listing the volumes", e);
            }
        }
        return names.stream().flatMap(name -> found(name).stream()).filter(all(filters)).toList();
    }

    /** Somebody may remove one that was there a moment ago. */
    private Optional<Volume> found(String name) {
        try {
            return Optional.of(find(name));
        } catch (VolumeException e) {
            if (Files.exists(path(name), LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static Predicate<Volume> all(VolumeFilter... filters) {
        return volume -> List.of(filters).stream().allMatch(filter -> filter.test(volume));
    }

    /**
     * Finds a volume.
     *
     * @param name its name
     * @return what is known about it
     * @throws VolumeException when there is none
     * @throws InvalidSpecException when that cannot be a name
     */
    public Volume find(String name) {
        var path = path(name);
        try {
            var attributes =
                    Files.readAttributes(
                            path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!attributes.isDirectory()) {
                throw new VolumeException(
                        name, "the volume " + name + ": " + path + " is no directory");
            }
            return new Volume(
                    name,
                    path,
                    attributes.creationTime().toInstant(),
                    users(path),
                    labels.read(name));
        } catch (IOException e) {
            throw new VolumeException(
                    name,
                    "there is no volume \""
                            + name
                            + "\": volumes().list() returns those that there are");
        }
    }

    private List<String> users(Path path) {
        var users = new TreeSet<String>();
        for (var container : engine.running()) {
            if (container.isAlive() && mounts(container.spec(), path)) {
                users.add(container.name());
            }
        }
        for (var state : engine.states().list().states()) {
            engine.states()
                    .spec(state.name())
                    .filter(spec -> mounts(spec, path))
                    .ifPresent(_ -> users.add(state.name()));
        }
        return List.copyOf(users);
    }

    private static boolean mounts(ContainerSpec spec, Path path) {
        return spec.mounts().stream()
                .anyMatch(
                        mount ->
                                mount instanceof Mount.Bind bind
                                        && Path.of(bind.source()).startsWith(path));
    }

    /**
     * Removes a volume with everything in it.
     *
     * @param name its name
     * @throws VolumeException when there is none, or a container mounts it, running or detached
     */
    public void remove(String name) {
        var volume = find(name);
        if (!volume.users().isEmpty()) {
            throw new VolumeException(
                    name,
                    "the volume "
                            + name
                            + " is used by "
                            + String.join(", ", volume.users())
                            + ": remove them first");
        }
        removeTree(name);
    }

    private void removeTree(String name) {
        // First, because as soon as the directory is gone somebody may make a volume of that name.
        var kept = labels.read(name);
        labels.remove(name);
        var files = new FileCalls(engine.calls());
        try (var parent =
                files.openPath(
                        engine.paths().volumesDir().toString(),
                        Constant.flags(O_RDONLY, O_DIRECTORY))) {
            Scratch.remove(
                    files, parent, engine.paths().volumesDir().resolve(name), engine::removeMapped);
        } catch (ErrnoException e) {
            if (!kept.isEmpty() && Files.isDirectory(engine.paths().volumesDir().resolve(name))) {
                labels.write(name, kept);
            }
            throw SyscallFailedException.of("removing the volume " + name, e);
        }
    }

    /**
     * Removes volumes that no container mounts.
     *
     * @param filters which of them; all that fit every one
     * @return their names
     */
    public List<String> prune(VolumeFilter... filters) {
        var removed = new ArrayList<String>();
        for (var volume : list(filters)) {
            if (volume.users().isEmpty()) {
                removeTree(volume.name());
                removed.add(volume.name());
            }
        }
        return removed;
    }
}
