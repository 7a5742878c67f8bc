package io.pelagos.core;

import io.pelagos.core.internal.files.Scratch;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.RootSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The files of a container as they were at one moment, from which any number of containers start,
 * each with its own copy on write.
 *
 * <pre>{@code
 * try (var warm = postgres.snapshot(); var mine = warm.fork().start()) {
 *     …
 * }
 * }</pre>
 *
 * <p>It is one more layer, on disk, and has only what the container had changed. It is removed when
 * it is closed and no container uses it any longer, and with its {@link Pelagos}. Safe for use by
 * many threads.
 */
public final class Snapshot implements AutoCloseable {
    private final Engine engine;
    private final ContainerSpec spec;
    private final Scratch scratch;
    private final List<Path> layers;
    private final Runnable release;
    private final ReentrantLock lock = new ReentrantLock();
    private int users = 1;
    private boolean closed;
    private boolean once;

    Snapshot(
            Engine engine,
            ContainerSpec spec,
            Scratch scratch,
            List<Path> lower,
            Path layer,
            Runnable release) {
        this.engine = engine;
        this.spec = spec;
        this.scratch = scratch;
        this.release = release;
        var all = new ArrayList<>(lower);
        all.add(layer);
        layers = List.copyOf(all);
    }

    /**
     * Begins to describe a container that is like the one of this snapshot, with its command and
     * all its options but its name, on the files of this snapshot. No process is copied: the
     * command starts anew.
     *
     * @return a builder; what it starts shares no change with the container or with another fork
     * @throws IllegalStateException when this was closed
     */
    public ContainerBuilder fork() {
        if (closed()) {
            throw new IllegalStateException("the snapshot is closed");
        }
        var builder = ContainerBuilder.like(new Pelagos(engine), spec, root());
        // Whether that container outlives its JVM is nothing of the files.
        return spec.supervision() == ContainerSpec.Supervision.DETACHED
                ? builder.supervision(ContainerSpec.Supervision.ATTACHED)
                : builder;
    }

    private Rootfs root() {
        var all = Rootfs.layers(layers);
        if (!(spec.root() instanceof RootSpec.Layers root)) {
            return all;
        }
        all = all.stackedBy(root.backend());
        return root.idMapped() ? all.idMapped() : all;
    }

    /**
     * Returns the layers, for {@link Rootfs#layers}.
     *
     * @return the lowest first, the snapshot's own last
     */
    public List<Path> layers() {
        return layers;
    }

    private boolean closed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Closes itself when a container that used it has ended. */
    Snapshot forOne() {
        once = true;
        return this;
    }

    Path layer() {
        return layers.getLast();
    }

    /** Keeps the files until {@link #release}. */
    void retain() {
        lock.lock();
        try {
            if (users == 0) {
                throw new IllegalStateException("the snapshot is closed");
            }
            users++;
        } finally {
            lock.unlock();
        }
    }

    void release() {
        lock.lock();
        try {
            if (--users == 1 && once && !closed) {
                closed = true;
                users = 0;
            }
            if (users > 0) {
                return;
            }
        } finally {
            lock.unlock();
        }
        engine.snapshots().forget(this);
        scratch.remove();
        release.run();
    }

    /** Removes the files, at once or when the last container that uses them has ended. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            lock.unlock();
        }
        release();
    }

    @Override
    public String toString() {
        return "snapshot " + layer();
    }
}
