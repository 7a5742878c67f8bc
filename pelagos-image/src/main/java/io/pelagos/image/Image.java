package io.pelagos.image;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.core.spec.Signal;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageReference;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * An image in the store, which containers can run. What its configuration says applies before the
 * caller's own options: environment, entrypoint and command, working directory, user, stop signal,
 * labels and health check.
 *
 * <p>Ports that it exposes are published by whoever wants that. What it declares as volumes lies,
 * unless {@link #keepingVolumes} or a mount says otherwise, in the writable layer of each container
 * like all its other files: it is gone with the container, and it is there in a snapshot and in a
 * commit of it, so that data which was loaded once can be forked.
 */
public final class Image implements Rootfs {
    private final Pelagos pelagos;
    private final StoredImage stored;
    private final Function<Digest, Path> directories;

    Image(Pelagos pelagos, StoredImage stored, Function<Digest, Path> directories) {
        this.pelagos = pelagos;
        this.stored = stored;
        this.directories = directories;
    }

    /**
     * Returns what the image is called.
     *
     * @return a reference with a tag or a digest
     */
    public ImageReference reference() {
        return stored.reference();
    }

    /**
     * Returns the digest of what the registry has under that name.
     *
     * @return of a manifest, or of an index
     */
    public Digest digest() {
        return stored.digest();
    }

    /**
     * Returns what the image says about itself.
     *
     * @return its configuration
     */
    public ImageConfig config() {
        return stored.config();
    }

    /**
     * Returns what the image consists of.
     *
     * @return its layers, the lowest first
     */
    public List<Layer> layers() {
        var all = new ArrayList<Layer>();
        for (var layer : stored.layers()) {
            all.add(
                    new Layer(
                            layer.digest(),
                            stored.config().diffIds().get(all.size()),
                            layer.mediaType(),
                            directories.apply(layer.digest())));
        }
        return List.copyOf(all);
    }

    /**
     * Returns how the image came to be: each step, and the layer that it made. Layers that no step
     * tells of come last.
     *
     * @return the oldest first
     */
    public List<HistoryEntry> history() {
        var left = new ArrayDeque<>(layers());
        var all = new ArrayList<HistoryEntry>();
        for (var step : stored.config().history()) {
            all.add(new HistoryEntry(step, step.emptyLayer() ? null : left.poll()));
        }
        left.forEach(layer -> all.add(new HistoryEntry(HistoryEntry.UNTOLD, layer)));
        return List.copyOf(all);
    }

    /**
     * Returns the ports that its containers listen on. They are published by whoever wants that.
     *
     * @return as in {@code 6379/tcp}
     */
    public List<String> exposedPorts() {
        return stored.config().execution().exposedPorts();
    }

    /**
     * Returns the paths that it declares as volumes: what its author thinks should outlive a
     * container.
     *
     * @return absolute paths inside the container
     */
    public List<String> volumes() {
        return stored.config().execution().volumes();
    }

    /**
     * Returns the same image with a named volume at each path that it declares as one. A volume
     * that is not there is made when a container starts, and gets what the image has at that place;
     * it outlives the container, and the next one with the same name goes on with it. See {@link
     * Pelagos#volumes}.
     *
     * @param name of the volume; where the image declares several, each has its path behind the
     *     name, as in {@code shop-var-lib-data}
     * @return a root file system
     * @throws IllegalArgumentException when that cannot be a name, or the image declares none
     */
    public Rootfs keepingVolumes(String name) {
        if (volumes().isEmpty()) {
            throw new IllegalArgumentException(
                    "volume \"" + name + "\": " + this + " declares no volumes");
        }
        var mounts = new ArrayList<Mount>();
        for (var target : volumes()) {
            var own = volumes().size() == 1 ? name : name + target.replace('/', '-');
            mounts.add(Mount.bind(pelagos.paths().volumeDir(own), target).createSource());
        }
        return new WithMounts(this, List.copyOf(mounts));
    }

    /** An image with something mounted in it. */
    private record WithMounts(Image image, List<Mount> mounts) implements Rootfs {
        @Override
        public RootSpec root() {
            return image.root();
        }

        @Override
        public void configure(ContainerBuilder builder) {
            image.configure(builder);
            mounts.forEach(builder::mount);
        }
    }

    /**
     * Returns a file of the image, for the methods of {@link java.nio.file.Files}. It is read
     * through the layers, without a mount: what a higher layer has hidden is not there, and no link
     * leads out of the image. Nothing can be changed.
     *
     * @param path an absolute path, for example {@code /etc/os-release}
     * @return a path of a file system of the image's own
     */
    public Path path(String path) {
        return pelagos.files(this).getPath(path);
    }

    @Override
    public RootSpec root() {
        return new RootSpec.Layers(
                stored.stack().stream().map(directories).toList(),
                new RootSpec.Upper.Ephemeral(false));
    }

    @Override
    public void configure(ContainerBuilder builder) {
        var execution = stored.config().execution();
        for (var variable : execution.env()) {
            int equals = variable.indexOf('=');
            builder.env(variable.substring(0, equals), variable.substring(equals + 1));
        }
        builder.entrypoint(execution.entrypoint().toArray(String[]::new)).command(execution.cmd());
        if (!execution.workingDir().isEmpty()) {
            builder.cwd(execution.workingDir());
        }
        if (!execution.user().isEmpty()) {
            builder.user(execution.user());
        }
        var signal = execution.stopSignal();
        if (signal != null && !signal.isEmpty()) {
            builder.stopSignal(Signal.parse(signal));
        }
        execution.labels().forEach(builder::label);
        if (!execution.exposedPorts().isEmpty()) {
            builder.annotation(
                    "org.opencontainers.image.exposedPorts",
                    String.join(",", execution.exposedPorts()));
        }
        var check = stored.config().healthCheck();
        if (check != null) {
            builder.healthCheck(check);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Image image && image.stored.equals(stored);
    }

    @Override
    public int hashCode() {
        return stored.digest().hashCode();
    }

    /**
     * Returns the image for messages.
     *
     * @return its reference and the beginning of its digest
     */
    @Override
    public String toString() {
        return stored.reference().familiar() + " (" + stored.digest().shortHex() + ")";
    }
}
