package io.pelagos.core.spec;

import io.pelagos.core.internal.json.Json;
import io.pelagos.core.internal.json.JsonObject;
import io.pelagos.core.spec.ContainerSpec.ClockOffsets;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON form of a {@link ContainerSpec}: one field for each component, by its name, beside
 * {@code version}. Sizes are bytes, permissions octal text, durations ISO 8601, contents base64,
 * constants lower case with hyphens; what has variants says its {@code type}. A component that is
 * null is left out. Unknown fields are refused: a misspelt one must not weaken a container.
 */
final class SpecJson {
    private static final int VERSION = 1;
    private static final String DOCUMENT = "container spec";

    private SpecJson() {}

    static String write(ContainerSpec spec) {
        var node = Json.object();
        node.put("version", VERSION);
        optional(node, "name", spec.name());
        root(node.putObject("root"), spec.root());
        node.put("readOnlyRoot", spec.readOnlyRoot());
        node.put("rootPropagation", JsonObject.nameOf(spec.rootPropagation()));
        node.put("defaultMounts", spec.defaultMounts());
        MountJson.write(node.putArray("mounts"), spec.mounts());
        var devices = node.putArray("devices");
        spec.devices().forEach(device -> device(devices.addObject(), device));
        process(node.putObject("process"), spec.process());
        stdio(node, "stdin", spec.stdin());
        stdio(node, "stdout", spec.stdout());
        stdio(node, "stderr", spec.stderr());
        var namespaces = node.putObject("namespaces");
        spec.namespaces().forEach((kind, mode) -> namespace(namespaces, kind, mode));
        idMap(node.putArray("uidMap"), spec.uidMap());
        idMap(node.putArray("gidMap"), spec.gidMap());
        node.putObject("clocks")
                .put("monotonic", spec.clocks().monotonic().toString())
                .put("boottime", spec.clocks().boottime().toString());
        optional(node, "hostname", spec.hostname());
        optional(node, "domainname", spec.domainname());
        ConfinementJson.write(node.putObject("confinement"), spec.confinement());
        ResourcesJson.write(node.putObject("resources"), spec.resources());
        node.put("init", spec.init());
        node.put("supervision", JsonObject.nameOf(spec.supervision()));
        node.put("stopSignal", spec.stopSignal().name());
        if (spec.timeout() != null) {
            node.put("timeout", spec.timeout().toString());
        }
        texts(node.putObject("labels"), spec.labels());
        texts(node.putObject("annotations"), spec.annotations());
        return Json.print(node);
    }

    static ContainerSpec read(String json) {
        var object = JsonObject.parse(DOCUMENT, json);
        if (object.number("version") != VERSION) {
            throw object.refuse("version", "this version of Pelagos reads " + VERSION);
        }
        var spec = object.checked(() -> spec(object));
        object.refuseUnread(value -> false, "there is no such field");
        return spec;
    }

    private static ContainerSpec spec(JsonObject object) {
        var clocks = object.object("clocks");
        return new ContainerSpec(
                object.optionalText("name"),
                root(object.object("root")),
                object.flag("readOnlyRoot"),
                // What was written before there was a choice is private.
                object.optionalText("rootPropagation") == null
                        ? Mount.Propagation.PRIVATE
                        : object.constant("rootPropagation", Mount.Propagation.class),
                object.flag("defaultMounts"),
                object.objects("mounts").stream().map(MountJson::read).toList(),
                object.objects("devices").stream().map(SpecJson::device).toList(),
                process(object.object("process")),
                stdio(object.object("stdin")),
                stdio(object.object("stdout")),
                stdio(object.object("stderr")),
                namespaces(object.object("namespaces")),
                object.objects("uidMap").stream().map(SpecJson::idMap).toList(),
                object.objects("gidMap").stream().map(SpecJson::idMap).toList(),
                new ClockOffsets(
                        clocks.text("monotonic", SpecJson::duration),
                        clocks.text("boottime", SpecJson::duration)),
                object.optionalText("hostname"),
                object.optionalText("domainname"),
                ConfinementJson.read(object.object("confinement")),
                ResourcesJson.read(object.object("resources")),
                object.flag("init"),
                object.constant("supervision", Supervision.class),
                object.text("stopSignal", Signal::parse),
                object.optionalText("timeout") == null
                        ? null
                        : object.text("timeout", SpecJson::duration),
                object.textMap("labels"),
                object.textMap("annotations"));
    }

    private static void root(ObjectNode node, RootSpec root) {
        switch (root) {
            case RootSpec.Directory directory ->
                    node.put("type", "directory").put("path", directory.path().toString());
            case RootSpec.Host() -> node.put("type", "host");
            case RootSpec.Layers layers -> RootJson.write(node, layers);
            case RootSpec.Files files -> {
                var entries = node.put("type", "files").putObject("files");
                files.files()
                        .forEach(
                                (path, entry) ->
                                        contents(
                                                entries.putObject(path),
                                                entry.contents(),
                                                entry.mode()));
            }
        }
    }

    private static RootSpec root(JsonObject object) {
        return object.checked(
                () ->
                        switch (object.text("type")) {
                            case "directory" ->
                                    new RootSpec.Directory(object.text("path", SpecJson::absolute));
                            case "host" -> new RootSpec.Host();
                            case "files" -> new RootSpec.Files(files(object.object("files")));
                            case "layers" -> RootJson.read(object);
                            default ->
                                    throw object.refuse(
                                            "type",
                                            "must be one of directory, host, files, layers");
                        });
    }

    static Path absolute(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("must be an absolute path");
        }
        return Path.of(path);
    }

    private static Map<String, RootSpec.Entry> files(JsonObject object) {
        var files = new LinkedHashMap<String, RootSpec.Entry>();
        for (var path : object.names()) {
            var entry = object.object(path);
            files.put(
                    path,
                    new RootSpec.Entry(
                            entry.text("contents", SpecJson::bytes),
                            entry.text("mode", FileMode::of)));
        }
        return files;
    }

    static void contents(ObjectNode node, Bytes contents, FileMode mode) {
        node.put("contents", Base64.getEncoder().encodeToString(contents.toArray()));
        node.put("mode", mode.toString());
    }

    static Bytes bytes(String base64) {
        return Bytes.of(Base64.getDecoder().decode(base64));
    }

    private static void device(ObjectNode node, Device device) {
        node.put("path", device.path());
        node.put("type", JsonObject.nameOf(device.type()));
        node.put("major", device.major());
        node.put("minor", device.minor());
        node.put("mode", device.mode().toString());
        node.put("uid", device.uid());
        node.put("gid", device.gid());
        node.put("access", device.access());
    }

    private static Device device(JsonObject object) {
        return object.checked(
                () ->
                        new Device(
                                object.text("path"),
                                object.constant("type", Device.Type.class),
                                object.smallNumber("major"),
                                object.smallNumber("minor"),
                                object.text("mode", FileMode::of),
                                object.number("uid"),
                                object.number("gid"),
                                object.text("access")));
    }

    private static void process(ObjectNode node, ProcessSpec process) {
        texts(node.putArray("command"), process.command());
        texts(node.putObject("environment"), process.environment());
        node.put("cwd", process.cwd());
        node.put("user", process.user().toString());
        texts(node.putArray("groups"), process.groups());
        node.put("umask", process.umask().toString());
        var rlimits = node.putObject("rlimits");
        process.rlimits()
                .forEach(
                        (resource, limit) ->
                                rlimits.putObject(JsonObject.nameOf(resource))
                                        .put("soft", limit.soft())
                                        .put("hard", limit.hard()));
        if (process.oomScoreAdj() != null) {
            node.put("oomScoreAdj", process.oomScoreAdj());
        }
        node.put("terminal", process.terminal());
        var size = process.terminalSize();
        if (size != null) {
            node.putObject("terminalSize").put("rows", size.rows()).put("columns", size.columns());
        }
        if (process.personality() != null) {
            node.put("personality", JsonObject.nameOf(process.personality()));
        }
        if (process.descriptors().count() > 0) {
            DescriptorsJson.write(node.putArray("listening"), process.descriptors());
        }
    }

    private static @Nullable TerminalSize terminalSize(JsonObject object) {
        var size = object.optionalObject("terminalSize");
        return size == null
                ? null
                : size.checked(
                        () ->
                                new TerminalSize(
                                        size.smallNumber("rows"), size.smallNumber("columns")));
    }

    private static ProcessSpec process(JsonObject object) {
        return object.checked(
                () ->
                        new ProcessSpec(
                                object.texts("command"),
                                object.textMap("environment"),
                                object.text("cwd"),
                                object.text("user", User::parse),
                                object.texts("groups"),
                                object.text("umask", FileMode::of),
                                rlimits(object.object("rlimits")),
                                object.optionalSmallNumber("oomScoreAdj"),
                                object.flag("terminal"),
                                terminalSize(object),
                                object.optionalText("personality") == null
                                        ? null
                                        : object.constant("personality", Personality.class),
                                DescriptorsJson.read(object)));
    }

    private static Map<Rlimit, Rlimit.Limit> rlimits(JsonObject object) {
        var rlimits = new EnumMap<Rlimit, Rlimit.Limit>(Rlimit.class);
        for (var name : object.names()) {
            var resource = object.checked(name, () -> Rlimit.parse(name));
            var limit = object.object(name);
            rlimits.put(
                    resource,
                    limit.checked(
                            () -> new Rlimit.Limit(limit.number("soft"), limit.number("hard"))));
        }
        return rlimits;
    }

    private static void stdio(ObjectNode node, String field, Stdio stream) {
        var object = node.putObject(field);
        switch (stream) {
            case Stdio.Pipe() -> object.put("type", "pipe");
            case Stdio.Null() -> object.put("type", "null");
            case Stdio.Inherit() -> object.put("type", "inherit");
            case Stdio.ToFile file ->
                    object.put("type", "file")
                            .put("path", file.path().toString())
                            .put("append", file.append());
            case Stdio.Descriptor descriptor -> throw ofThisJvm(field, descriptor);
            case Stdio.ToChannel channel -> throw ofThisJvm(field, channel);
        }
    }

    private static Stdio stdio(JsonObject object) {
        return switch (object.text("type")) {
            case "pipe" -> Stdio.PIPE;
            case "null" -> Stdio.NULL;
            case "inherit" -> Stdio.INHERIT;
            case "file" ->
                    new Stdio.ToFile(object.text("path", Path::of), object.flag("append", false));
            default -> throw object.refuse("type", "must be one of pipe, null, inherit, file");
        };
    }

    private static void namespace(ObjectNode namespaces, Namespace kind, NamespaceMode mode) {
        var node = namespaces.putObject(kind.ociName());
        switch (mode) {
            case NamespaceMode.Create() -> node.put("type", "create");
            case NamespaceMode.Host() -> node.put("type", "host");
            case NamespaceMode.Path(var path) -> node.put("type", "path").put("path", path);
            case NamespaceMode.OfContainer(var id) -> node.put("type", "container").put("id", id);
            case NamespaceMode.OfProcess process ->
                    throw ofThisJvm("namespaces." + kind.ociName(), process);
        }
    }

    private static Map<Namespace, NamespaceMode> namespaces(JsonObject object) {
        var namespaces = new EnumMap<Namespace, NamespaceMode>(Namespace.class);
        for (var name : object.names()) {
            var kind = object.checked(name, () -> namespace(name));
            var node = object.object(name);
            namespaces.put(kind, node.checked(() -> mode(node)));
        }
        return namespaces;
    }

    static Namespace namespace(String ociName) {
        for (var kind : Namespace.values()) {
            if (kind.ociName().equals(ociName)) {
                return kind;
            }
        }
        throw new IllegalArgumentException(
                "namespace \"" + ociName + "\": there is no such kind of namespace");
    }

    private static NamespaceMode mode(JsonObject object) {
        return switch (object.text("type")) {
            case "create" -> NamespaceMode.CREATE;
            case "host" -> NamespaceMode.HOST;
            case "path" -> new NamespaceMode.Path(object.text("path"));
            case "container" -> new NamespaceMode.OfContainer(object.text("id"));
            default -> throw object.refuse("type", "must be one of create, host, path, container");
        };
    }

    static void idMap(ArrayNode array, List<IdMap> ranges) {
        for (var range : ranges) {
            array.addObject()
                    .put("inside", range.inside())
                    .put("outside", range.outside())
                    .put("count", range.count());
        }
    }

    static IdMap idMap(JsonObject object) {
        return object.checked(
                () ->
                        new IdMap(
                                object.number("inside"),
                                object.number("outside"),
                                object.number("count")));
    }

    static Duration duration(String text) {
        try {
            return Duration.parse(text);
        } catch (java.time.format.DateTimeParseException e) {
            throw new IllegalArgumentException("must be an ISO 8601 duration like PT1.5S", e);
        }
    }

    private static IllegalArgumentException ofThisJvm(String field, Object value) {
        return new IllegalArgumentException(
                field + " " + value + ": belongs to this JVM and has no JSON form");
    }

    private static void optional(ObjectNode node, String field, @Nullable String text) {
        if (text != null) {
            node.put(field, text);
        }
    }

    static void texts(ArrayNode array, Iterable<String> texts) {
        texts.forEach(array::add);
    }

    static void texts(ObjectNode node, Map<String, String> texts) {
        texts.forEach(node::put);
    }
}
