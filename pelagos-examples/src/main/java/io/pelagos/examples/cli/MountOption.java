package io.pelagos.examples.cli;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.Mount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A mount in the long form, {@code type=TYPE,target=DST,…}.
 *
 * <p>Types are {@code bind}, {@code tmpfs}, {@code file} (what a file of the host holds now, copied
 * into memory), and any file system of the kernel, such as {@code mqueue}.
 */
final class MountOption {
    private final String text;
    private final Map<String, String> fields = new LinkedHashMap<>();

    private MountOption(String text) {
        this.text = text;
        for (var field : text.split(",", -1)) {
            int equals = field.indexOf('=');
            var key = equals < 0 ? field : field.substring(0, equals);
            var value = equals < 0 ? "true" : field.substring(equals + 1);
            if (key.isEmpty() || fields.put(longName(key), value) != null) {
                throw refused(key.isEmpty() ? "a field is empty" : key + " is given twice");
            }
        }
    }

    /**
     * Reads a mount.
     *
     * @param text for example {@code type=bind,source=/srv,target=/data,readonly}
     */
    static Mount parse(String text) {
        var option = new MountOption(text);
        var type = option.take("type");
        var target = option.take("target");
        if (target == null) {
            throw option.refused("has no target=");
        }
        var mount = option.mount(type == null ? "bind" : type, target);
        if (!option.fields.isEmpty()) {
            throw option.refused("no field " + option.fields.keySet() + " for this type");
        }
        return mount;
    }

    private Mount mount(String type, String target) {
        return switch (type) {
            case "bind" -> bind(target);
            case "tmpfs" -> tmpfs(target);
            case "file" -> file(target);
            case "volume", "image", "npipe", "cluster" ->
                    throw refused("there are no mounts of type " + type);
            default -> fileSystem(type, target);
        };
    }

    private Mount bind(String target) {
        var bind = Mount.bind(Path.of(source()), target);
        if (flag("readonly")) {
            bind = bind.with(Mount.Option.READ_ONLY);
        }
        if (flag("bind-nonrecursive")) {
            bind = bind.nonRecursive();
        }
        if (flag("create-source")) {
            bind = bind.createSource();
        }
        var propagation = take("bind-propagation");
        if (propagation != null) {
            bind = BindWord.apply(text, bind, propagation);
        }
        var mapping = take("idmap");
        if (mapping != null) {
            bind =
                    mapping.equals("true")
                            ? bind.idMapped()
                            : bind.idMapped(IdMappingOption.parse(text, mapping));
        }
        return bind.with(options());
    }

    private Mount tmpfs(String target) {
        var mount = Mount.tmpfs(target).with(options());
        var size = take("tmpfs-size");
        if (size != null) {
            mount = mount.size(ByteSize.parse(size));
        }
        var mode = take("tmpfs-mode");
        if (mode != null) {
            mount = mount.mode(FileMode.of(mode));
        }
        return flag("readonly") ? mount.with(Mount.Option.READ_ONLY) : mount;
    }

    private Mount file(String target) {
        var source = Path.of(source());
        var mode = take("mode");
        byte[] contents;
        try {
            contents = Files.readAllBytes(source);
        } catch (IOException e) {
            throw new UncheckedIOException("\"" + text + "\": " + source + " cannot be read", e);
        }
        return new Mount.FileContents(
                target,
                Bytes.of(contents),
                mode == null ? new FileMode(0444) : FileMode.of(mode),
                !fields.containsKey("readonly") || flag("readonly"));
    }

    /** Every field that is not a word for all mounts is a parameter of the file system. */
    private Mount fileSystem(String type, String target) {
        take("source");
        var all = EnumSet.noneOf(Mount.Option.class);
        all.addAll(Mount.fileSystem(type, target).options());
        if (flag("readonly")) {
            all.add(Mount.Option.READ_ONLY);
        }
        Collections.addAll(all, options());
        var parameters = new LinkedHashMap<String, String>();
        fields.forEach((key, value) -> parameters.put(key, value.equals("true") ? "" : value));
        fields.clear();
        return new Mount.FileSystem(type, target, parameters, all);
    }

    private Mount.Option[] options() {
        var options = new ArrayList<Mount.Option>();
        for (var option : Mount.Option.values()) {
            var word = option.name().toLowerCase(Locale.ROOT);
            if (option != Mount.Option.READ_ONLY && flag(word)) {
                options.add(option);
            }
        }
        return options.toArray(Mount.Option[]::new);
    }

    private String source() {
        var source = take("source");
        if (source == null || source.isEmpty()) {
            throw refused("has no source=");
        }
        return source;
    }

    private boolean flag(String key) {
        var value = take(key);
        return switch (value) {
            case null -> false;
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw refused(key + " must be true or false");
        };
    }

    private @Nullable String take(String key) {
        return fields.remove(key);
    }

    private IllegalArgumentException refused(String reason) {
        return new IllegalArgumentException("\"" + text + "\": " + reason);
    }

    private static String longName(String key) {
        return switch (key) {
            case "src" -> "source";
            case "dst", "destination" -> "target";
            case "ro" -> "readonly";
            default -> key;
        };
    }
}
