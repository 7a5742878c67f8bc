import org.jspecify.annotations.NullMarked;

/**
 * The {@code pelagos} command line and small programs. They use only what any application can use,
 * so they show that it is enough.
 */
@NullMarked
module io.pelagos.examples {
    requires static org.jspecify;
    requires transitive io.pelagos.core;
    // What images need is loaded only for commands that need images: see bin/java-env.sh.
    requires static transitive io.pelagos.image;
    requires info.picocli;
    requires org.jline.terminal;
    requires jdk.jfr;
    requires tools.jackson.databind;

    exports io.pelagos.examples;
    exports io.pelagos.examples.stories;

    opens io.pelagos.examples.cli to
            info.picocli;
}
