package io.pelagos.core;

import io.pelagos.core.internal.json.Json;
import io.pelagos.core.internal.json.JsonObject;
import io.pelagos.core.paths.PelagosPaths;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The labels of volumes, in files of their own: in a volume a container could change them. A volume
 * without such a file has none, as one that another implementation has made.
 */
final class VolumeLabels {
    private static final int LONGEST = 1 << 20;

    private final PelagosPaths paths;

    VolumeLabels(PelagosPaths paths) {
        this.paths = paths;
    }

    Map<String, String> read(String volume) {
        var file = paths.volumeLabels(volume);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Map.of();
        }
        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            var text = new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
            return JsonObject.parse(file.toString(), text).textMap("labels");
        } catch (IOException e) {
            throw new UncheckedIOException("reading the labels of the volume " + volume, e);
        } catch (IllegalArgumentException e) {
            throw new VolumeException(
                    volume, "the labels of the volume " + volume + ": " + e.getMessage());
        }
    }

    /** Writes a file that nobody sees half written. */
    void write(String volume, Map<String, String> labels) {
        var file = paths.volumeLabels(volume);
        var directory = Objects.requireNonNull(file.getParent());
        var json = Json.object();
        var all = json.putObject("labels");
        new TreeMap<>(labels).forEach(all::put);
        Path temporary = null;
        try {
            Files.createDirectories(directory);
            temporary = Files.createTempFile(directory, ".", null);
            Files.writeString(temporary, json.toString());
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            remove(temporary);
            throw new UncheckedIOException("writing the labels of the volume " + volume, e);
        }
    }

    void remove(String volume) {
        remove(paths.volumeLabels(volume));
    }

    private static void remove(@org.jspecify.annotations.Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("removing " + file, e);
        }
    }
}
