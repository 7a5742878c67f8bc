package io.pelagos.image.internal.archive;

import io.pelagos.image.internal.layer.Decompression;
import io.pelagos.image.internal.layer.OtherCompression;
import io.pelagos.image.internal.layer.UnpackLimits;
import io.pelagos.image.spec.BadContentException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The files of an archive, or of a directory, by their names. Those of an archive lie in files with
 * numbers: no name in an archive becomes a path.
 */
public final class ArchiveFiles {
    private static final int FILES = 100_000;
    private static final int DOCUMENT = 4 << 20;

    private final Map<String, Path> files;

    private ArchiveFiles(Map<String, Path> files) {
        this.files = files;
    }

    /**
     * Opens an archive, compressed or not, or a directory.
     *
     * @param path which
     * @param scratch a directory for the files of an archive; whoever has made it removes it
     * @return the files
     * @throws IOException when it cannot be read
     * @throws BadContentException when it is damaged
     */
    public static ArchiveFiles open(Path path, Path scratch) throws IOException {
        if (Files.isDirectory(path)) {
            return new ArchiveFiles(directory(path));
        }
        var opened = new ArchiveFiles(new HashMap<>());
        try (var in = new BufferedInputStream(Files.newInputStream(path));
                var first = OtherCompression.removed(in, UnpackLimits.USUAL);
                var plain = Decompression.open(first, UnpackLimits.USUAL)) {
            opened.extract(plain, scratch);
            return opened;
        }
    }

    private static Map<String, Path> directory(Path path) throws IOException {
        var files = new HashMap<String, Path>();
        try (var all = Files.walk(path, 4)) {
            for (var file : (Iterable<Path>) all::iterator) {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    files.put(path.relativize(file).toString(), file);
                }
            }
        }
        return files;
    }

    private void extract(InputStream plain, Path scratch) throws IOException {
        var tar = new TarArchiveInputStream(plain, "UTF-8");
        var links = new HashMap<String, String>();
        int number = 0;
        for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            if (files.size() + links.size() > FILES) {
                throw new BadContentException("the archive has more than " + FILES + " files");
            }
            var name = normalized(entry.getName());
            if (entry.isSymbolicLink() || entry.isLink()) {
                links.put(name, target(name, entry.getLinkName(), entry.isLink()));
            } else if (entry.isFile()) {
                var file = scratch.resolve(Integer.toString(number++));
                try (var out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW)) {
                    tar.transferTo(out);
                }
                files.put(name, file);
            }
        }
        // Docker writes a layer that two images have as a link.
        links.forEach(
                (name, target) -> {
                    var file = files.get(target);
                    if (file != null) {
                        files.put(name, file);
                    }
                });
    }

    private static String normalized(String name) {
        return name.startsWith("./") ? name.substring(2) : name;
    }

    private static String target(String name, String link, boolean hard) {
        if (hard) {
            return normalized(link);
        }
        int slash = name.lastIndexOf('/');
        var base = Path.of("/", slash < 0 ? "" : name.substring(0, slash));
        return base.resolve(link).normalize().toString().substring(1);
    }

    /**
     * Finds a file.
     *
     * @param name its name in the archive
     * @return where its bytes are
     */
    public Optional<Path> file(String name) {
        return Optional.ofNullable(files.get(name));
    }

    /**
     * Reads a document.
     *
     * @param name its name in the archive
     * @return its bytes
     * @throws IOException when it cannot be read
     * @throws BadContentException when there is none, or it is too large
     */
    public byte[] document(String name) throws IOException {
        var file =
                file(name).orElseThrow(() -> new BadContentException("the archive has no " + name));
        if (Files.size(file) > DOCUMENT) {
            throw new BadContentException(
                    name + " of the archive is larger than " + DOCUMENT + " bytes");
        }
        return Files.readAllBytes(file);
    }
}
