package io.pelagos.examples.stories;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.MiB;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The same container elsewhere: for runc, for podman, and for another JVM. */
public final class Elsewhere {
    private Elsewhere() {}

    /**
     * Describes a program of a directory.
     *
     * @param root the directory
     * @param command the program and its arguments
     * @return the description
     */
    public static ContainerSpec describe(Path root, String... command) {
        return ContainerBuilder.describing(Rootfs.directory(root))
                .command(command)
                .hostname("elsewhere")
                .memory(MiB.of(64))
                .spec();
    }

    /**
     * Writes a bundle, from which {@code runc run --bundle BUNDLE NAME} starts the container.
     *
     * @param spec the description
     * @param bundle a directory
     * @throws IOException when it cannot be written
     */
    public static void bundle(ContainerSpec spec, Path bundle) throws IOException {
        Files.writeString(bundle.resolve("config.json"), spec.toOci());
    }

    /**
     * Runs a container that another JVM has described.
     *
     * @param json what {@link ContainerSpec#toJson} gave there
     * @return what it printed
     * @throws IOException when reading that fails
     */
    public static String run(String json) throws IOException {
        try (var pelagos = Pelagos.open();
                var container = pelagos.start(ContainerSpec.fromJson(json))) {
            return container.stdout().text();
        }
    }

    /**
     * Prints how podman would run a program of a directory, and runs it here.
     *
     * @param args the directory, the program and its arguments
     * @throws IOException when reading what it prints fails
     */
    public static void main(String[] args) throws IOException {
        var command = Arrays.copyOfRange(args, 1, args.length);
        var spec = describe(Path.of(args[0]), command);
        System.out.println(spec.toCommandLine());
        System.out.print(run(spec.toJson()));
    }
}
