package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
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
        try (var images = Images.open(pelagos, options);
                var bar = PullBar.begin()) {
            var how = PullOptions.usual().telling(bar);
            if (platform != null) {
                how = how.forPlatform(Platform.parse(platform));
            }
            for (var name : names) {
                out().println(images.pull(name, how).digest());
            }
        }
        return 0;
    }
}
