package io.pelagos.examples.cli;

import io.pelagos.core.ContainerInfo;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Volume;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.image.Image;
import io.pelagos.image.Images;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells what everything together takes on disk, and puts in order what was left. */
@Command(
        name = "system",
        sortOptions = false,
        customSynopsis = {"pelagos system df [--format …]", "       pelagos system cleanup"},
        description =
                "Tell what images, containers and volumes take on disk; or put in order what killed"
                        + " processes have left, as cleanup does.")
final class SystemCommand extends ContainerCommand {
    /** What is done. */
    enum Action {
        /** Tell what is taken. */
        DF,
        /** Put in order what was left. */
        CLEANUP
    }

    /**
     * What things of one kind take.
     *
     * @param type the kind
     * @param total how many there are
     * @param active how many of them are in use
     * @param size in bytes
     */
    record Usage(String type, long total, long active, long size) {}

    private static final Listing<Usage> LISTING =
            new Listing<>(
                    List.of(
                            Column.text("type", "TYPE", Usage::type),
                            Column.number("total", "TOTAL", Usage::total),
                            Column.number("active", "ACTIVE", Usage::active),
                            Column.number("size", "BYTES", Usage::size)),
                    List.of("type", "total", "active", "size"));

    @Option(
            names = "--format",
            paramLabel = "table|json|KEY,…",
            description = "How df lists (default: table).")
    private String format = "table";

    @Parameters(index = "0", paramLabel = "ACTION", description = "df, cleanup.")
    private Action action = Action.DF;

    SystemCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        switch (action) {
            case DF ->
                    LISTING.print(
                            out(),
                            format,
                            List.of(images(pelagos), containers(pelagos), volumes(pelagos)));
            case CLEANUP -> pelagos.recover().forEach(out()::println);
        }
        return 0;
    }

    private static Usage images(Pelagos pelagos) {
        try (var images = Images.open(pelagos)) {
            var all = images.list();
            var roots = pelagos.containers().list().stream().map(ContainerInfo::rootfs).toList();
            long active = all.stream().filter(image -> isRootOf(image, roots)).count();
            var layers = pelagos.paths().images().layersDir();
            return new Usage("images", all.size(), active, size(layers));
        }
    }

    private static boolean isRootOf(Image image, List<String> roots) {
        return image.root() instanceof RootSpec.Layers(var directories, _)
                && roots.contains(directories.getLast().toString());
    }

    private static Usage containers(Pelagos pelagos) {
        var all = pelagos.containers().list();
        long running = all.stream().filter(i -> i.status() == ContainerInfo.Status.RUNNING).count();
        return new Usage(
                "containers",
                all.size(),
                running,
                size(pelagos.paths().containers().containersDir()));
    }

    private static Usage volumes(Pelagos pelagos) {
        var all = pelagos.volumes().list();
        return new Usage(
                "volumes",
                all.size(),
                all.stream().filter(volume -> !volume.users().isEmpty()).count(),
                all.stream().map(Volume::path).mapToLong(SystemCommand::size).sum());
    }

    /** Adds up files, no link followed; what goes away meanwhile takes nothing. */
    private static long size(Path directory) {
        var sum = new AtomicLong();
        try {
            if (Files.isDirectory(directory)) {
                Files.walkFileTree(directory, new Adding(sum));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("adding up " + directory, e);
        }
        return sum.get();
    }

    private static final class Adding extends SimpleFileVisitor<Path> {
        private final AtomicLong sum;

        Adding(AtomicLong sum) {
            this.sum = sum;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            sum.addAndGet(attributes.size());
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE;
        }
    }
}
