package io.pelagos.core.spec;

import io.pelagos.core.internal.json.JsonObject;
import tools.jackson.databind.node.ObjectNode;

/** The JSON form of layers, a part of {@link SpecJson}. */
final class RootJson {
    private RootJson() {}

    static void write(ObjectNode node, RootSpec.Layers layers) {
        var directories = node.put("type", "layers").putArray("directories");
        layers.directories().forEach(directory -> directories.add(directory.toString()));
        if (layers.idMapped()) {
            node.put("idMapped", true);
        }
        if (layers.backend() != OverlayBackend.AUTO) {
            node.put("backend", JsonObject.nameOf(layers.backend()));
        }
        var upper = node.putObject("upper");
        switch (layers.upper()) {
            case RootSpec.Upper.Ephemeral(boolean inMemory) ->
                    upper.put("type", "ephemeral").put("inMemory", inMemory);
            case RootSpec.Upper.Kept kept ->
                    upper.put("type", "kept")
                            .put("upper", kept.upper().toString())
                            .put("work", kept.work().toString())
                            .put("volatile", kept.isVolatile());
        }
    }

    static RootSpec.Layers read(JsonObject object) {
        var directories = object.texts("directories").stream().map(SpecJson::absolute).toList();
        return new RootSpec.Layers(
                directories,
                upper(object.object("upper")),
                object.flag("idMapped", false),
                backend(object));
    }

    private static OverlayBackend backend(JsonObject object) {
        return object.optionalText("backend") == null
                ? OverlayBackend.AUTO
                : object.constant("backend", OverlayBackend.class);
    }

    private static RootSpec.Upper upper(JsonObject object) {
        return object.checked(
                () ->
                        switch (object.text("type")) {
                            case "ephemeral" ->
                                    new RootSpec.Upper.Ephemeral(object.flag("inMemory"));
                            case "kept" ->
                                    new RootSpec.Upper.Kept(
                                            object.text("upper", SpecJson::absolute),
                                            object.text("work", SpecJson::absolute),
                                            object.flag("volatile"));
                            default ->
                                    throw object.refuse("type", "must be one of ephemeral, kept");
                        });
    }
}
