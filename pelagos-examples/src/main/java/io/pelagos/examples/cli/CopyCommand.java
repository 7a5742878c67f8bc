package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Copies files into a container or out of it. */
@Command(
        name = "cp",
        customSynopsis = {
            "pelagos cp SOURCE CONTAINER:PATH",
            "       pelagos cp CONTAINER:PATH TARGET"
        },
        description = "Copy a file or a tree into a container or out of it.")
final class CopyCommand extends ContainerCommand {
    @Parameters(index = "0", paramLabel = "SOURCE", description = "From where.")
    private String source = "";

    @Parameters(index = "1", paramLabel = "TARGET", description = "To where.")
    private String target = "";

    CopyCommand(Surroundings surroundings) {
        super(surroundings);
    }

    /** A path in a container. */
    private record Inside(String container, String path) {
        /** Returns null for a path of the host: one without a colon, or with a slash before it. */
        static @Nullable Inside parse(String text) {
            int colon = text.indexOf(':');
            return colon < 1 || text.substring(0, colon).contains("/")
                    ? null
                    : new Inside(text.substring(0, colon), text.substring(colon + 1));
        }
    }

    @Override
    int call(Pelagos pelagos) {
        var from = Inside.parse(source);
        var to = Inside.parse(target);
        if (from != null && to == null) {
            pelagos.containers().find(from.container()).copyOut(from.path(), Path.of(target));
        } else if (to != null && from == null) {
            pelagos.containers().find(to.container()).copyIn(Path.of(source), to.path());
        } else {
            throw new IllegalArgumentException(
                    source + " " + target + ": one of them must be CONTAINER:PATH");
        }
        return 0;
    }
}
