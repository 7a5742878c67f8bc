package io.pelagos.core;

import io.pelagos.core.spec.RootSpec;

/**
 * A root whose files belong to the users of the container's own user namespace.
 *
 * @param owned the same root with the owners that it has on disk
 */
record IdMappedRootfs(Rootfs owned) implements Rootfs {
    @Override
    public RootSpec root() {
        if (owned.root() instanceof RootSpec.Layers layers) {
            return layers.withIdMapping();
        }
        throw new InvalidSpecException(
                "idMapped", owned.root().toString(), "only a root of layers can have other owners");
    }

    @Override
    public void configure(ContainerBuilder builder) {
        owned.configure(builder);
    }
}
