import org.jspecify.annotations.NullMarked;

/**
 * Runs Linux containers from inside the JVM: launch plans, containers, cgroups, security, and the
 * system-call backend they stand on.
 *
 * <p>Native access is needed: start the application with {@code
 * --enable-native-access=io.pelagos.core}.
 */
@NullMarked
module io.pelagos.core {
    requires static transitive org.jspecify;
    requires tools.jackson.databind;
    requires jdk.jfr;

    exports io.pelagos.core;
    exports io.pelagos.core.files;
    exports io.pelagos.core.kernel;
    exports io.pelagos.core.oci;
    exports io.pelagos.core.paths;
    exports io.pelagos.core.security;
    exports io.pelagos.core.spec;
}
