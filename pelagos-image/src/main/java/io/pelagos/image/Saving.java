package io.pelagos.image;

import io.pelagos.image.internal.archive.ArchiveTarget;
import io.pelagos.image.internal.archive.DirectoryTarget;
import io.pelagos.image.internal.archive.DockerWriter;
import io.pelagos.image.internal.archive.LayoutWriter;
import io.pelagos.image.internal.archive.SavedImage;
import io.pelagos.image.internal.archive.TarTarget;
import io.pelagos.image.internal.archive.Unfinished;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Writes images to a file, a directory or a stream. A file has its name when it is complete. */
final class Saving {
    private static final int BUFFER = 1 << 16;

    private final Workshop workshop;
    private final List<SavedImage> images;
    private final ArchiveFormat format;

    Saving(Workshop workshop, List<SavedImage> images, ArchiveFormat format) {
        this.workshop = workshop;
        this.images = images;
        this.format = format;
    }

    void to(OutputStream out) throws IOException {
        if (format == ArchiveFormat.OCI_DIRECTORY) {
            throw new IllegalArgumentException(
                    "format " + format + ": a directory cannot be written to a stream");
        }
        var buffered = new BufferedOutputStream(out, BUFFER);
        write(new TarTarget(buffered));
        buffered.flush();
    }

    /** The target gets its end only when everything before was written. */
    private void write(ArchiveTarget target) throws IOException {
        var layers = workshop.layers();
        SavedImage.Blobs blobs = digest -> layers.verified(layers.blob(digest), digest);
        if (format == ArchiveFormat.DOCKER_ARCHIVE) {
            DockerWriter.write(target, images, blobs);
        } else {
            LayoutWriter.write(target, images, blobs);
        }
        target.close();
    }

    void to(Path path) throws IOException {
        var place = path.toAbsolutePath();
        if (format == ArchiveFormat.OCI_DIRECTORY) {
            toDirectory(place);
        } else if (Files.exists(place) && !Files.isRegularFile(place)) {
            // Such as a FIFO, which nothing can be renamed to.
            try (var out = compressed(place, Files.newOutputStream(place))) {
                to(out);
            }
        } else {
            toFile(place);
        }
    }

    private static OutputStream compressed(Path place, OutputStream out) throws IOException {
        var name = place.toString();
        return name.endsWith(".gz") || name.endsWith(".tgz")
                ? new GZIPOutputStream(out, BUFFER)
                : out;
    }

    private void toFile(Path place) throws IOException {
        try (var unfinished = Unfinished.file(workshop.calls(), place)) {
            try (var out =
                    compressed(
                            place,
                            Files.newOutputStream(unfinished.path(), StandardOpenOption.WRITE))) {
                to(out);
            }
            unfinished.finish();
        }
    }

    private void toDirectory(Path place) throws IOException {
        if (Files.exists(place)) {
            try (var entries = Files.newDirectoryStream(place)) {
                if (entries.iterator().hasNext()) {
                    throw new DirectoryNotEmptyException(place.toString());
                }
            }
        }
        try (var unfinished = Unfinished.directory(workshop.calls(), place)) {
            write(new DirectoryTarget(unfinished.path()));
            unfinished.finish();
        }
    }
}
