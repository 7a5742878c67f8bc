package io.pelagos.core;

import io.pelagos.core.spec.Change;
import io.pelagos.core.spec.CopySetting;
import io.pelagos.core.spec.FileSink;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;

/** What is done with the files of a container, whoever has started it. */
final class ContainerFiles {
    private final String name;
    private final Reach reach;

    /** The way to the files of a container, as it is at each moment. */
    interface Reach {
        /**
         * Acts while what leads to the files is held.
         *
         * @param action given the files, and whether the container has ended
         */
        <T> T with(BiFunction<ContainerRoot, Boolean, T> action);

        /**
         * Acts while no process of the container runs: freezes it unless that was done, and lets it
         * go on afterwards.
         *
         * @param action given the files, and whether the container has ended
         */
        <T> T frozen(BiFunction<ContainerRoot, Boolean, T> action);

        /** Acts like {@link #with} for what gives nothing back. */
        default void doWith(BiConsumer<ContainerRoot, Boolean> action) {
            Optional<Void> ignored =
                    with(
                            (root, ended) -> {
                                action.accept(root, ended);
                                return Optional.empty();
                            });
        }

        /** Acts like {@link #frozen} for what gives nothing back. */
        default void doFrozen(BiConsumer<ContainerRoot, Boolean> action) {
            Optional<Void> ignored =
                    frozen(
                            (root, ended) -> {
                                action.accept(root, ended);
                                return Optional.empty();
                            });
        }
    }

    /**
     * Makes it for one container.
     *
     * @param name the container, for messages
     * @param reach the way to its files
     */
    ContainerFiles(String name, Reach reach) {
        this.name = name;
        this.reach = reach;
    }

    List<Change> diff() {
        return reach.with(ContainerRoot::diff);
    }

    void commit(Path directory) {
        reach.doFrozen((root, ended) -> root.commit(directory, ended));
    }

    void commit(FileSink sink) {
        reach.doFrozen((root, ended) -> root.commit(sink, ended));
    }

    void export(FileSink sink) {
        reach.doFrozen((root, ended) -> root.export(sink, ended));
    }

    Snapshot snapshot() {
        return reach.frozen(ContainerRoot::snapshot);
    }

    ContainerBuilder fork() {
        return snapshot().forOne().fork();
    }

    void copyIn(Path source, String target, CopySetting... settings) {
        reach.doWith((root, ended) -> root.copies(ended, settings).in(source, target));
    }

    FileSink copyInto(String directory, CopySetting... settings) {
        return reach.with((root, ended) -> root.copies(ended, settings).into(directory));
    }

    void copyOut(String source, Path target, CopySetting... settings) {
        reach.doWith((root, ended) -> root.copiesOut(ended, settings).out(source, target));
    }

    void copyOut(String source, FileSink sink) {
        reach.doWith((root, ended) -> root.copiesOut(ended).out(source, sink));
    }

    Path path(String path) {
        var calls = reach.with((root, _) -> root.calls());
        var tree = new FileTree.OfRoot(calls, () -> reach.with(ContainerRoot::open));
        return new ContainerFileSystem(name, calls, tree).getPath(path);
    }
}
