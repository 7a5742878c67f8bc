package io.pelagos.core;

import io.pelagos.core.spec.NamespaceMode;

/** Gives a container its network namespace. */
@FunctionalInterface
public interface Network {
    /**
     * Returns where the network namespace comes from.
     *
     * @return the mode
     */
    NamespaceMode namespace();

    /**
     * No network: a namespace of the container's own with nothing but a loopback device, which is
     * up.
     *
     * @return the network
     */
    static Network none() {
        return () -> NamespaceMode.CREATE;
    }

    /**
     * The network of the JVM, without any isolation.
     *
     * @return the network
     */
    static Network host() {
        return () -> NamespaceMode.HOST;
    }

    /**
     * The network of another container.
     *
     * @param container a running container
     * @return the network
     */
    static Network of(Container container) {
        var mode = new NamespaceMode.OfContainer(container.id());
        return () -> mode;
    }
}
