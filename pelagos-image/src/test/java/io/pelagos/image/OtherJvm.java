package io.pelagos.image;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A JVM that runs a container of an image until it is told to end, or is killed. */
final class OtherJvm implements AutoCloseable {
    private final Process process;

    private OtherJvm(Process process) {
        this.process = process;
    }

    /** Starts it, and returns when the container runs. */
    static OtherJvm running(PelagosPaths paths, String image) throws IOException {
        var process =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElse("java"),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                OtherJvm.class.getName(),
                                String.valueOf(paths.dataDir().getParent()),
                                image)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        var out = new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
        if (!"runs".equals(out.readLine())) {
            process.destroyForcibly();
            throw new IOException("the other JVM has not started a container");
        }
        return new OtherJvm(process);
    }

    /** Ends it as a crash does. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
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
