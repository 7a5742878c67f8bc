package io.pelagos.core.spec;

import io.pelagos.core.internal.json.JsonObject;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The JSON form of mounts, a part of {@link SpecJson}. */
final class MountJson {
    private MountJson() {}

    static void write(ArrayNode array, List<Mount> mounts) {
        mounts.forEach(mount -> write(array.addObject(), mount));
    }

    private static void write(ObjectNode node, Mount mount) {
        switch (mount) {
            case Mount.Bind bind -> {
                node.put("type", "bind").put("source", bind.source()).put("target", bind.target());
                node.put("recursive", bind.recursive());
                options(node, bind.options());
                node.put("propagation", JsonObject.nameOf(bind.propagation()));
                node.put("makesSource", bind.makesSource());
                if (bind.idMapping() != null) {
                    write(node.putObject("idMapping"), bind.idMapping());
                }
            }
            case Mount.Tmpfs tmpfs -> {
                node.put("type", "tmpfs").put("target", tmpfs.target());
                node.put("size", tmpfs.size().bytes()).put("mode", tmpfs.mode().toString());
                options(node, tmpfs.options());
            }
            case Mount.FileContents file -> {
                node.put("type", "file").put("target", file.target());
                SpecJson.contents(node, file.contents(), file.mode());
                node.put("readOnly", file.readOnly());
            }
            case Mount.FileSystem fileSystem -> {
                node.put("type", "file-system").put("fileSystem", fileSystem.type());
                node.put("target", fileSystem.target());
                SpecJson.texts(node.putObject("parameters"), fileSystem.parameters());
                options(node, fileSystem.options());
            }
        }
    }

    private static void write(ObjectNode node, IdMapping mapping) {
        SpecJson.idMap(node.putArray("users"), mapping.users());
        SpecJson.idMap(node.putArray("groups"), mapping.groups());
    }

    private static @Nullable IdMapping idMapping(@Nullable JsonObject object) {
        return object == null
                ? null
                : object.checked(
                        () ->
                                new IdMapping(
                                        object.objects("users").stream()
                                                .map(SpecJson::idMap)
                                                .toList(),
                                        object.objects("groups").stream()
                                                .map(SpecJson::idMap)
                                                .toList()));
    }

    private static void options(ObjectNode node, Set<Mount.Option> options) {
        var array = node.putArray("options");
        options.forEach(option -> array.add(JsonObject.nameOf(option)));
    }

    static Mount read(JsonObject object) {
        return object.checked(
                () ->
                        switch (object.text("type")) {
                            case "bind" ->
                                    new Mount.Bind(
                                            object.text("source"),
                                            object.text("target"),
                                            object.flag("recursive"),
                                            options(object),
                                            object.constant("propagation", Mount.Propagation.class),
                                            object.flag("makesSource"),
                                            idMapping(object.optionalObject("idMapping")));
                            case "tmpfs" ->
                                    new Mount.Tmpfs(
                                            object.text("target"),
                                            ByteSize.of(object.number("size")),
                                            object.text("mode", FileMode::of),
                                            options(object));
                            case "file" ->
                                    new Mount.FileContents(
                                            object.text("target"),
                                            object.text("contents", SpecJson::bytes),
                                            object.text("mode", FileMode::of),
                                            object.flag("readOnly"));
                            case "file-system" ->
                                    new Mount.FileSystem(
                                            object.text("fileSystem"),
                                            object.text("target"),
                                            object.textMap("parameters"),
                                            options(object));
                            default ->
                                    throw object.refuse(
                                            "type",
                                            "must be one of bind, tmpfs, file, file-system");
                        });
    }

    private static Set<Mount.Option> options(JsonObject object) {
        return Set.copyOf(object.constants("options", Mount.Option.class));
    }
}
