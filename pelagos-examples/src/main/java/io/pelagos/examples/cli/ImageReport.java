package io.pelagos.examples.cli;

import io.pelagos.image.HistoryEntry;
import io.pelagos.image.Image;
import io.pelagos.image.Images;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What is told about images: what they are, and how they came to be. */
final class ImageReport {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final Images images;

    ImageReport(Images images) {
        this.images = images;
    }

    /** Everything that is known about an image. */
    ObjectNode of(Image image) {
        var object = NODES.objectNode();
        object.put("name", image.reference().familiar());
        object.put("digest", image.digest().toString());
        object.put("platform", image.config().platform().toString());
        long size = 0;
        var layers = NODES.arrayNode();
        for (var layer : image.layers()) {
            long bytes = images.size(layer);
            size += bytes;
            layers.addObject()
                    .put("digest", layer.digest().toString())
                    .put("diffId", layer.diffId().toString())
                    .put("mediaType", layer.mediaType())
                    .put("directory", layer.directory().toString())
                    .put("size", bytes);
        }
        object.put("size", size);
        object.set("exposedPorts", texts(image.exposedPorts()));
        object.set("volumes", texts(image.config().execution().volumes()));
        object.set("layers", layers);
        object.set("config", JsonMapper.shared().readTree(image.config().toJson()));
        return object;
    }

    private static ArrayNode texts(List<String> texts) {
        var array = NODES.arrayNode();
        texts.forEach(array::add);
        return array;
    }

    /** How the history of an image is listed, the latest step first. */
    Listing<HistoryEntry> history() {
        return new Listing<>(
                List.of(
                        Column.text("created", "CREATED", it -> shown(it.step().created())),
                        Column.text("created_by", "CREATED BY", it -> shown(it.step().createdBy())),
                        Column.text("layer", "LAYER", ImageReport::layer),
                        Column.number("size", "SIZE", this::size),
                        Column.text("comment", "COMMENT", it -> shown(it.step().comment()))),
                List.of("created", "layer", "size", "created_by"));
    }

    private static String shown(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }

    /** A step that changes no file has none. */
    private static String layer(HistoryEntry entry) {
        var layer = entry.layer();
        return layer == null ? "" : layer.digest().shortHex();
    }

    private long size(HistoryEntry entry) {
        var layer = entry.layer();
        return layer == null ? 0 : images.size(layer);
    }
}
