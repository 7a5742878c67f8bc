package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.image.Image;
import io.pelagos.image.ImageOptions;
import io.pelagos.image.Images;
import io.pelagos.image.PullOptions;
import io.pelagos.image.spec.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Pulls images. */
@Command(
        name = "pull",
        sortOptions = false,
        customSynopsis = "pelagos pull [OPTION…] IMAGE…",
        description = "Fetch images from their registries, and print their digests.")
final class PullCommand extends ContainerCommand {
    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH[/VARIANT]",
            description = "For another machine than this one.")
    private @Nullable String platform;

    @Option(
            names = "--insecure",
            paramLabel = "HOST[:PORT]",
            description = "Ask this registry without TLS.")
    private List<String> insecure = new ArrayList<>();

    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Which.")
    private List<String> names = new ArrayList<>();

    PullCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException {
        var options = ImageOptions.usual().withInsecure(Set.copyOf(insecure));
        var how = PullOptions.usual();
        if (platform != null) {
            how = how.forPlatform(Platform.parse(platform));
        }
        try (var images = Images.open(pelagos, options)) {
            for (var name : names) {
                out().println(pull(pelagos, images, name, how).digest());
                out().flush();
            }
        }
        return 0;
    }

    /** The bars end before anything else is printed, which would come between their lines. */
    private static Image pull(Pelagos pelagos, Images images, String name, PullOptions how)
            throws InterruptedException {
        try (var bars = PullBars.begin(pelagos)) {
            return images.pull(name, how.telling(bars));
        }
    }
}
