package io.pelagos.examples;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/** An image of this machine's busybox, made by its tar(1) and put into a registry for tests. */
public final class SmallImage {
    private SmallImage() {}

    /**
     * Puts one.
     *
     * @param registry where to
     * @param name repository and tag
     * @param folder an empty directory
     * @param config what the image says about itself, a JSON object
     * @param scripts further programs by their names, for its shell
     */
    public static void put(
            TestRegistry registry,
            String name,
            Path folder,
            String config,
            Map<String, String> scripts)
            throws IOException, InterruptedException {
        var busybox = Path.of("/bin/busybox");
        assumeTrue(Files.isExecutable(busybox), "busybox-static is not installed");
        var bin = Files.createDirectories(folder.resolve("bin"));
        Files.copy(busybox, bin.resolve("busybox"), StandardCopyOption.COPY_ATTRIBUTES);
        for (var program : List.of("sh", "echo", "cat", "sleep", "true", "id", "ls", "hostname")) {
            Files.createSymbolicLink(bin.resolve(program), Path.of("busybox"));
        }
        for (var script : scripts.entrySet()) {
            var file = bin.resolve(script.getKey());
            Files.writeString(file, "#!/bin/sh\n" + script.getValue() + "\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        var archive = new ProcessBuilder("tar", "-czf", "-", "-C", folder.toString(), ".").start();
        var layer = archive.getInputStream().readAllBytes();
        if (archive.waitFor() != 0) {
            throw new IOException("tar failed");
        }
        registry.putImage(name, config, List.of(layer));
    }
}
