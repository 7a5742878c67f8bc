import org.jspecify.annotations.NullMarked;

/** Images: references, registries, layers and the store. */
@NullMarked
module io.pelagos.image {
    requires static transitive org.jspecify;
    requires transitive io.pelagos.core;
}
