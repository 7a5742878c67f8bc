package io.pelagos.image;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.fixtures.ForkedJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A JVM that runs a container of an image until it is told to end, or is killed. */
final class OtherJvm implements AutoCloseable {
    private final ForkedJvm jvm;

    private OtherJvm(ForkedJvm jvm) {
        this.jvm = jvm;
    }

    /** Starts it, and returns when the container runs. */
    static OtherJvm running(PelagosPaths paths, String image) throws IOException {
        var jvm =
                ForkedJvm.start(OtherJvm.class, String.valueOf(paths.dataDir().getParent()), image);
        try {
            var ignored = jvm.await("runs");
            return new OtherJvm(jvm);
        } catch (IOException | AssertionError e) {
            jvm.close();
            throw e;
        }
    }

    /** Ends it as a crash does. */
    void kill() throws InterruptedException {
        jvm.kill();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    /** Takes the directory of a private world, and an image that is there. */
    public static void main(String[] arguments) throws IOException {
        var paths = PelagosPaths.under(Path.of(arguments[0]));
        try (var pelagos = Pelagos.open(paths);
                var images = Images.open(pelagos, ImageOptions.usual().withEnvironment(Map.of()));
                var container =
                        pelagos.container(images.get(arguments[1]))
                                .name("theirs")
                                .command(List.of("sleep", "600"))
                                .start()) {
            System.out.println(container.isAlive() ? "runs" : "ended");
            System.in.read();
        }
    }
}
