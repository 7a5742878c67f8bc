package io.pelagos.core.spec;

import io.pelagos.core.internal.json.Json;
import io.pelagos.core.internal.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code mounts} of an OCI configuration. */
final class OciMounts {
    /** Group 5 is "tty" everywhere; a user namespace that does not map it cannot name it. */
    private static final String TTY = "gid=5";

    /** What {@link ContainerSpec#defaultMounts} stands for. */
    private static final List<Default> DEFAULTS =
            List.of(
                    new Default("/proc", "proc", "nosuid", "nodev", "noexec"),
                    new Default("/dev", "tmpfs", "nosuid", "noexec", "mode=755", "size=65536k"),
                    new Default("/sys", "sysfs", "ro", "nosuid", "nodev", "noexec"),
                    new Default(
                            "/dev/pts",
                            "devpts",
                            "nosuid",
                            "noexec",
                            "newinstance",
                            "ptmxmode=0666",
                            "mode=0620",
                            TTY),
                    new Default(
                            "/dev/shm",
                            "tmpfs",
                            "nosuid",
                            "nodev",
                            "noexec",
                            "mode=1777",
                            "size=65536k"),
                    new Default("/dev/mqueue", "mqueue", "nosuid", "nodev", "noexec"),
                    new Default("/sys/fs/cgroup", "cgroup", "ro", "nosuid", "nodev", "noexec"));

    private static final List<String> DEVICES =
            List.of("null", "zero", "full", "random", "urandom", "tty");

    /** Options that change nothing of what a {@link Mount} says, or only how access times are. */
    private static final Set<String> WITHOUT_EFFECT =
            Set.of(
                    "defaults",
                    "rw",
                    "suid",
                    "dev",
                    "exec",
                    "atime",
                    "relatime",
                    "norelatime",
                    "strictatime",
                    "nostrictatime",
                    "private",
                    "rprivate");

    private record Default(String target, String type, List<String> options) {
        Default(String target, String type, String... options) {
            this(target, type, List.of(options));
        }

        ObjectNode node(ContainerSpec spec) {
            return entry(target, type, type, hasTty(spec) ? options : withoutTty());
        }

        boolean is(String otherTarget, @Nullable String otherType, List<String> otherOptions) {
            return target.equals(otherTarget)
                    && type.equals(otherType)
                    && (options.equals(otherOptions) || withoutTty().equals(otherOptions));
        }

        private List<String> withoutTty() {
            return options.stream().filter(option -> !option.equals(TTY)).toList();
        }

        private static boolean hasTty(ContainerSpec spec) {
            return !spec.namespaces().containsKey(Namespace.USER)
                    || spec.gidMap().stream()
                            .anyMatch(it -> it.inside() <= 5 && 5 < it.inside() + it.count());
        }
    }

    private record Placed(String target, ObjectNode node) {}

    private OciMounts() {}

    /** Writes mounts in the order in which they are made: an OCI runtime does not sort them. */
    static void write(ArrayNode array, ContainerSpec spec) {
        var placed = new ArrayList<Placed>();
        if (spec.defaultMounts()) {
            DEFAULTS.forEach(mount -> placed.add(new Placed(mount.target(), mount.node(spec))));
        }
        spec.mounts().forEach(mount -> placed.add(new Placed(mount.target(), node(mount))));
        placed.sort(Comparator.comparingInt(mount -> ContainerPath.depth(mount.target())));
        placed.forEach(mount -> array.add(mount.node()));
    }

    /** Reads mounts, without those of every container when they are there. */
    static List<Mount> read(JsonObject config, boolean withoutDefaults, Set<String> made) {
        var mounts = new ArrayList<Mount>();
        var defaults = new ArrayList<>(DEFAULTS);
        for (var object : config.objects("mounts")) {
            var target = object.text("destination");
            var type = object.optionalText("type");
            var source = object.optionalText("source");
            var options = object.texts("options");
            boolean isDefault =
                    withoutDefaults && defaults.removeIf(mount -> mount.is(target, type, options));
            if (!isDefault) {
                var ranges = ranges(object);
                mounts.add(
                        object.checked(
                                () ->
                                        mount(
                                                target,
                                                type == null ? "none" : type,
                                                source == null ? "" : source,
                                                options,
                                                ranges,
                                                made)));
            }
        }
        if (withoutDefaults && !defaults.isEmpty()) {
            throw config.refuse(
                    "mounts",
                    "the usual mount of "
                            + defaults.getFirst().target()
                            + " is missing or changed, though the annotation "
                            + OciNotes.DEFAULT_MOUNTS
                            + " says that it is there");
        }
        return mounts;
    }

    /** Tells whether something is mounted at {@code /dev}, which has the usual devices or not. */
    static boolean hasOwnDev(ContainerSpec spec) {
        return spec.defaultMounts() || hasOwnDev(spec.mounts());
    }

    private static boolean hasOwnDev(List<Mount> mounts) {
        return mounts.stream().anyMatch(mount -> mount.target().equals("/dev"));
    }

    /**
     * Adds the usual devices to a container whose {@code /dev} is part of its root: there too the
     * runtime has to supply them, see "Default Devices" in config-linux.md. They are the host's,
     * since none that lies in a root works, and come in the order in which mounts are made.
     *
     * @param mounts what is mounted
     * @param devices what the configuration describes itself
     */
    static List<Mount> withDevices(List<Mount> mounts, List<Device> devices) {
        if (hasOwnDev(mounts)) {
            return mounts;
        }
        var all = new ArrayList<>(mounts);
        for (var name : DEVICES) {
            var path = "/dev/" + name;
            if (devices.stream().noneMatch(device -> device.path().equals(path))
                    && mounts.stream().noneMatch(mount -> mount.target().equals(path))) {
                all.add(
                        new Mount.Bind(
                                path, path, false, Set.of(), Mount.Propagation.PRIVATE, false));
            }
        }
        all.sort(Comparator.comparingInt(mount -> ContainerPath.depth(mount.target())));
        return all;
    }

    /** Returns the ranges that a mount has of its own. */
    private static IdMapping ranges(JsonObject object) {
        return object.checked(
                () ->
                        new IdMapping(
                                object.objects("uidMappings").stream()
                                        .map(OciDocument::idMap)
                                        .toList(),
                                object.objects("gidMappings").stream()
                                        .map(OciDocument::idMap)
                                        .toList()));
    }

    private static ObjectNode node(Mount mount) {
        return switch (mount) {
            case Mount.Bind bind -> bind(bind);
            case Mount.Tmpfs tmpfs -> tmpfs(tmpfs);
            case Mount.FileSystem fileSystem -> fileSystem(fileSystem);
            case Mount.FileContents file ->
                    throw new IllegalArgumentException(
                            "mount "
                                    + file.target()
                                    + ": contents have no place in a config.json; write them to a"
                                    + " file and bind it");
        };
    }

    /** A recursive mount says each option for everything below it, with the prefix {@code r}. */
    private static ObjectNode bind(Mount.Bind bind) {
        var prefix = bind.recursive() ? "r" : "";
        var options = new ArrayList<String>();
        options.add(prefix + "bind");
        bind.options().forEach(option -> options.add(prefix + ociName(option)));
        options.add(prefix + JsonObject.nameOf(bind.propagation()));
        var mapping = bind.idMapping();
        if (mapping != null) {
            options.add(prefix + "idmap");
        }
        var entry = entry(bind.target(), "bind", bind.source(), options);
        if (mapping != null) {
            OciDocument.idMap(entry, "uidMappings", mapping.users());
            OciDocument.idMap(entry, "gidMappings", mapping.groups());
        }
        return entry;
    }

    private static ObjectNode tmpfs(Mount.Tmpfs tmpfs) {
        var options = names(tmpfs.options());
        options.add("mode=" + Integer.toOctalString(tmpfs.mode().bits()));
        if (tmpfs.size().bytes() != 0) {
            options.add("size=" + tmpfs.size().bytes());
        }
        return entry(tmpfs.target(), "tmpfs", "tmpfs", options);
    }

    private static ObjectNode fileSystem(Mount.FileSystem mount) {
        var options = names(mount.options());
        mount.parameters()
                .forEach((key, value) -> options.add(value.isEmpty() ? key : key + "=" + value));
        var entry = entry(mount.target(), mount.type(), mount.type(), options);
        var back =
                mount(
                        mount.target(),
                        mount.type(),
                        mount.type(),
                        options,
                        IdMapping.OF_CONTAINER,
                        Set.of());
        if (mount.parameters().keySet().stream().anyMatch(key -> key.contains("="))
                || back instanceof Mount.Bind
                || (back instanceof Mount.FileSystem same && !same.equals(mount))) {
            throw new IllegalArgumentException(
                    "mount "
                            + mount.target()
                            + ": parameters "
                            + mount.parameters()
                            + ": a config.json would take one of them for an option of mount(8)");
        }
        return entry;
    }

    private static ObjectNode entry(
            String target, String type, String source, List<String> options) {
        var node = Json.object();
        node.put("destination", target).put("type", type).put("source", source);
        SpecJson.texts(node.putArray("options"), options);
        return node;
    }

    private static List<String> names(Set<Mount.Option> options) {
        var names = new ArrayList<String>();
        options.forEach(option -> names.add(ociName(option)));
        return names;
    }

    private static String ociName(Mount.Option option) {
        return option == Mount.Option.READ_ONLY ? "ro" : option.name().toLowerCase(Locale.ROOT);
    }

    private static Mount mount(
            String target,
            String type,
            String source,
            List<String> options,
            IdMapping ranges,
            Set<String> made) {
        var words = Words.of(options);
        if (words.bind || type.equals("bind")) {
            words.refuseParameters();
            var propagation = words.propagation;
            return new Mount.Bind(
                    source,
                    target,
                    words.recursive,
                    words.options,
                    propagation,
                    made.contains(target),
                    words.idMapping(ranges));
        }
        if (words.idMapping(ranges) != null) {
            throw new IllegalArgumentException(
                    "options " + options + ": mapped ids of a mount that is no bind mount");
        }
        if (words.propagation != Mount.Propagation.PRIVATE) {
            throw new IllegalArgumentException(
                    "options " + options + ": propagation of a mount that is no bind mount");
        }
        var parameters = words.parameters;
        var size = parameters.getOrDefault("size", "0");
        if (type.equals("tmpfs")
                && parameters.containsKey("mode")
                && Set.of("mode", "size").containsAll(parameters.keySet())
                && !size.endsWith("%")) {
            return new Mount.Tmpfs(
                    target,
                    ByteSize.parse(size),
                    FileMode.of(parameters.get("mode")),
                    words.options);
        }
        return new Mount.FileSystem(type, target, parameters, words.options);
    }

    /** The options of one mount, sorted by what they are. */
    private static final class Words {
        private final Set<Mount.Option> options = EnumSet.noneOf(Mount.Option.class);
        private final Map<String, String> parameters = new LinkedHashMap<>();
        private Mount.Propagation propagation = Mount.Propagation.PRIVATE;
        private boolean bind;
        private boolean recursive;
        private boolean mapped;
        private boolean allMapped;

        static Words of(List<String> texts) {
            var words = new Words();
            texts.forEach(words::add);
            return words;
        }

        private void add(String word) {
            switch (word) {
                case "bind" -> bind = true;
                case "rbind" -> {
                    bind = true;
                    recursive = true;
                }
                case "idmap" -> mapped = true;
                case "ridmap" -> allMapped = true;
                case "slave", "rslave" -> propagation = Mount.Propagation.SLAVE;
                case "shared", "rshared" -> propagation = Mount.Propagation.SHARED;
                case "unbindable", "runbindable" -> propagation = Mount.Propagation.UNBINDABLE;
                default -> {
                    var option = option(word);
                    if (option != null) {
                        options.add(option);
                    } else if (!WITHOUT_EFFECT.contains(word)) {
                        parameter(word);
                    }
                }
            }
        }

        /** A mapping is that of everything that comes along, or of nothing. */
        private @Nullable IdMapping idMapping(IdMapping ranges) {
            if (!mapped && !allMapped && ranges.isOfContainer()) {
                return null;
            }
            if (recursive && !allMapped) {
                throw new IllegalArgumentException(
                        "option idmap: would leave out what is mounted below; say ridmap, or bind"
                                + " instead of rbind");
            }
            return ranges;
        }

        private void parameter(String word) {
            int equals = word.indexOf('=');
            var key = equals < 0 ? word : word.substring(0, equals);
            if (parameters.put(key, equals < 0 ? "" : word.substring(equals + 1)) != null) {
                throw new IllegalArgumentException("option " + key + ": is given twice");
            }
        }

        private void refuseParameters() {
            if (!parameters.isEmpty()) {
                throw new IllegalArgumentException(
                        "option "
                                + parameters.keySet().iterator().next()
                                + ": has no effect on a bind mount, or no place in a container"
                                + " spec");
            }
        }

        private static Mount.@Nullable Option option(String word) {
            for (var option : Mount.Option.values()) {
                if (word.equals(ociName(option)) || word.equals("r" + ociName(option))) {
                    return option;
                }
            }
            return null;
        }
    }
}
