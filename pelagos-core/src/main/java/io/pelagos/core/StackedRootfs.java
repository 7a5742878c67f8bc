package io.pelagos.core;

import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.RootSpec;

/**
 * A root whose layers are stacked by what the caller has chosen.
 *
 * @param layers the same root, stacked by what works
 * @param backend what stacks it
 */
record StackedRootfs(Rootfs layers, OverlayBackend backend) implements Rootfs {
    @Override
    public RootSpec root() {
        if (layers.root() instanceof RootSpec.Layers root) {
            return root.withBackend(backend);
        }
        throw new InvalidSpecException(
                "stackedBy", layers.root().toString(), "only a root of layers is stacked");
    }

    @Override
    public void configure(ContainerBuilder builder) {
        layers.configure(builder);
    }
}
