package io.pelagos.bench;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.Images;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.util.List;

/** Pulls and pushes an image in a JVM of its own, which has little memory. */
final class HeapProbe {
    static final int MEGABYTES = 128;
    private static final double MEGABYTE = 1 << 20;

    private HeapProbe() {}

    /**
     * Returns what the heap came to at most, in megabytes: the sum of what its parts came to, each
     * at its own time.
     *
     * @param scratch where the store is
     * @param reference what is pulled
     * @param other the name it is pushed by
     * @throws IOException when it does not come to its end, for example for want of memory
     */
    static double measure(Scratch scratch, String reference, String other)
            throws IOException, InterruptedException {
        var store = scratch.subdirectory("heap");
        var command =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + MEGABYTES + "m",
                        "--enable-native-access=io.pelagos.core,com.github.luben.zstd_jni",
                        "-p",
                        System.getProperty("jdk.module.path"),
                        "--add-modules",
                        "io.pelagos.image",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HeapProbe.class.getName(),
                        store.toString(),
                        reference,
                        other);
        try {
            return Double.parseDouble(Command.output(command).strip());
        } finally {
            Scratch.delete(store);
        }
    }

    /**
     * Pulls, pushes, and prints the megabytes.
     *
     * @param arguments the store, what is pulled, the name it is pushed by
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] arguments) throws InterruptedException {
        try (var pelagos = Pelagos.open(PelagosPaths.under(Path.of(arguments[0])));
                var images = Images.open(pelagos)) {
            images.pull(arguments[1]);
            images.tag(arguments[1], arguments[2]);
            images.push(arguments[2]);
        }
        System.out.println(
                ManagementFactory.getMemoryPoolMXBeans().stream()
                                .filter(pool -> pool.getType() == MemoryType.HEAP)
                                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                                .sum()
                        / MEGABYTE);
    }
}
