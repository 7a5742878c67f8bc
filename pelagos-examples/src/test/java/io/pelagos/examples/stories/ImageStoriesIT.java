package io.pelagos.examples.stories;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.examples.Root;
import io.pelagos.examples.SmallImage;
import io.pelagos.image.ImageOptions;
import io.pelagos.image.Images;
import io.pelagos.image.PullListener;
import io.pelagos.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The story about an image. */
class ImageStoriesIT {
    @TempDir private Path folder;

    @BeforeEach
    void root() throws IOException {
        Root.required();
    }

    @Test
    void anImageIsPulledRunAndUsedWhenItIsReady() throws Exception {
        try (var registry = TestRegistry.start();
                var pelagos = Pelagos.open(PelagosPaths.under(folder.resolve("pelagos")));
                var images = Images.open(pelagos, ImageOptions.usual().withEnvironment(Map.of()))) {
            SmallImage.put(
                    registry,
                    "redis:7",
                    folder.resolve("image"),
                    """
                    {"config": {"Cmd": ["redis-server"], "Env": ["ANSWER=PONG"]}}
                    """,
                    Map.of(
                            "redis-server",
                            "echo starting\necho Ready to accept connections\nsleep 1000",
                            "redis-cli",
                            "[ \"$1\" = ping ] && echo $ANSWER"));
            var phases = new ConcurrentLinkedQueue<PullListener.Phase>();
            var answer =
                    FromRegistry.ask(
                            pelagos,
                            images,
                            registry.address() + "/redis:7",
                            progress -> phases.add(progress.phase()),
                            "redis-cli",
                            "ping");
            assertThat(answer).isEqualTo("PONG\n");
            assertThat(List.copyOf(phases))
                    .startsWith(PullListener.Phase.WAITING)
                    .endsWith(PullListener.Phase.DONE);
        }
    }
}
