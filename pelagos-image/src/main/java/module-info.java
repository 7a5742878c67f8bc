import org.jspecify.annotations.NullMarked;

/**
 * Images: references, registries, layers and the store.
 *
 * <p>What other people wrote stays inside: no type of a library appears in a signature.
 */
@NullMarked
module io.pelagos.image {
    requires static transitive org.jspecify;
    requires transitive io.pelagos.core;
    requires com.github.luben.zstd_jni;
    requires io.github.resilience4j.circuitbreaker;
    requires io.github.resilience4j.core;
    requires io.github.resilience4j.retry;
    requires jdk.httpserver;
    requires jdk.jfr;
    requires okhttp3;
    requires org.apache.commons.compress;
    // Resilience4j says what it does through it, but as an automatic module cannot require it.
    requires org.slf4j;
    requires org.tukaani.xz;
    requires tools.jackson.databind;
    requires tools.jackson.dataformat.toml;

    exports io.pelagos.image;
    exports io.pelagos.image.spec;
    exports io.pelagos.image.testing;
}
