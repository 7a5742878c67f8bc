package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.image.DiskUsage;
import io.pelagos.image.ImageOptions;
import io.pelagos.image.Images;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells how much room everything takes, and puts in order what was left. */
@Command(
        name = "system",
        sortOptions = false,
        customSynopsis = {"pelagos system df [--format …]", "       pelagos system cleanup"},
        description =
                "Tell how much room images, layers and volumes take, and what could be freed; or put"
                        + " in order what killed processes have left, as cleanup does.")
final class SystemCommand extends ContainerCommand {
    /** What is done. */
    enum Action {
        /** List how much room each kind of things takes. */
        DF,
        /** Put in order what was left. */
        CLEANUP
    }

    /** A line of the list. */
    private record Line(String kind, DiskUsage.Part part) {}

    private static final Listing<Line> LISTING =
            new Listing<>(
                    List.of(
                            Column.text("type", "TYPE", Line::kind),
                            Column.number("count", "COUNT", it -> (long) it.part().count()),
                            bytes("size", "SIZE", it -> it.part().total()),
                            bytes("shared", "SHARED", it -> it.part().shared()),
                            bytes("reclaimable", "RECLAIMABLE", it -> it.part().reclaimable())),
                    List.of("type", "count", "size", "shared", "reclaimable"));

    @Option(
            names = "--format",
            paramLabel = "table|json|KEY,…",
            description = "How it is listed (default: table); json has bytes.")
    private String format = "table";

    @Parameters(index = "0", paramLabel = "ACTION", description = "df, cleanup.")
    private Action action = Action.DF;

    SystemCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private static Column<Line> bytes(
            String key, String title, java.util.function.Function<Line, Long> number) {
        return Column.number(key, title, number).shown(it -> Sizes.shown(number.apply(it)));
    }

    @Override
    int call(Pelagos pelagos) {
        if (action == Action.CLEANUP) {
            pelagos.recover().forEach(out()::println);
            return 0;
        }
        try (var images = Images.open(pelagos, ImageOptions.usual())) {
            var usage = images.diskUsage();
            LISTING.print(
                    out(),
                    format,
                    List.of(
                            new Line("images", usage.images()),
                            new Line("layers", usage.layers()),
                            new Line("blobs", usage.blobs()),
                            new Line("volumes", usage.volumes()),
                            new Line("build cache", usage.buildCache())));
        }
        return 0;
    }
}
