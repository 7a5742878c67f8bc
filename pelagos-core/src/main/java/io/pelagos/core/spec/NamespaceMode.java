package io.pelagos.core.spec;

import java.util.Objects;

/** Where a container gets a namespace from. */
public sealed interface NamespaceMode {
    /** A new namespace of the container's own. */
    NamespaceMode CREATE = new Create();

    /** The namespace of the JVM. */
    NamespaceMode HOST = new Host();

    /** A new namespace of the container's own. */
    record Create() implements NamespaceMode {}

    /** The namespace of the JVM. */
    record Host() implements NamespaceMode {}

    /**
     * An existing namespace, by a file that refers to it.
     *
     * @param path an absolute path on the host, such as {@code /run/netns/blue} or {@code
     *     /proc/1234/ns/net}
     */
    record Path(String path) implements NamespaceMode {
        /** Checks that the path is absolute. */
        public Path {
            if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "namespace path \"" + path + "\": must be absolute and without NUL");
            }
        }
    }

    /**
     * The namespace of a process, by pidfd. Such a spec belongs to this JVM and has no JSON form.
     *
     * @param pidfd a descriptor of this JVM, see pidfd_open(2); the caller keeps it open until the
     *     container has started
     */
    record OfProcess(int pidfd) implements NamespaceMode {
        /** Checks the number. */
        public OfProcess {
            if (pidfd < 0) {
                throw new IllegalArgumentException("pidfd " + pidfd + ": must not be negative");
            }
        }
    }

    /**
     * The namespace of a running container of the same {@code Pelagos}.
     *
     * @param id the container's id
     */
    record OfContainer(String id) implements NamespaceMode {
        /** Checks that there is an id. */
        public OfContainer {
            Objects.requireNonNull(id, "id");
        }
    }
}
