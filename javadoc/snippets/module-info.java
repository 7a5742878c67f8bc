import org.jspecify.annotations.NullMarked;

/** The examples of the documentation: a module like a user's, so that it sees what users see. */
@NullMarked
module io.pelagos.snippets {
    requires static org.jspecify;
    requires io.pelagos.core;
    requires io.pelagos.image;
}
