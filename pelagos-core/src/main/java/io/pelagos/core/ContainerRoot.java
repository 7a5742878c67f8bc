package io.pelagos.core;

import io.pelagos.core.internal.launch.Launcher;
import io.pelagos.core.spec.ContainerSpec;

import org.jspecify.annotations.Nullable;

/** The files of one container, while it runs and after. */
final class ContainerRoot implements AutoCloseable {
    private final Engine engine;
    private final ContainerSpec spec;
    private final Launcher.Started started;
    private final @Nullable RootLayers layers;

    ContainerRoot(
            Engine engine,
            ContainerSpec spec,
            Launcher.Started started,
            @Nullable RootLayers layers) {
        this.engine = engine;
        this.spec = spec;
        this.started = started;
        this.layers = layers;
    }

    /** Removes what no longer serves when the container has ended. */
    @Override
    public void close() {
        if (layers != null) {
            layers.close();
        }
    }
}
