package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.Platform;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.zip.GZIPInputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Makes the documents of a small image. */
final class SampleImage {
    private SampleImage() {}

    /**
     * A configuration, completed by the platform of this machine and the layers where it has none.
     */
    static byte[] config(String json, List<byte[]> layers) {
        var config = object(json);
        var platform = Platform.current();
        if (!config.has("os")) {
            config.put("os", platform.os());
        }
        if (!config.has("architecture")) {
            config.put("architecture", platform.architecture());
        }
        if (!config.has("rootfs")) {
            var ids = config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
            layers.forEach(layer -> ids.add(diffId(layer).toString()));
        }
        return JsonMapper.shared().writeValueAsBytes(config);
    }

    private static ObjectNode object(String json) {
        try {
            if (JsonMapper.shared().readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException("config " + json + ": " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("config " + json + ": must be a JSON object");
    }

    private static Digest diffId(byte[] layer) {
        var digest = Digest.of(layer).newMessageDigest();
        try (var tar = new GZIPInputStream(new ByteArrayInputStream(layer))) {
            var slice = new byte[1 << 16];
            for (int count = tar.read(slice); count >= 0; count = tar.read(slice)) {
                digest.update(slice, 0, count);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("layer: must be compressed by gzip", e);
        }
        return Digest.of("sha256", digest.digest());
    }

    static byte[] manifest(byte[] config, List<byte[]> layers) {
        var manifest = JsonMapper.shared().createObjectNode();
        manifest.put("schemaVersion", 2).put("mediaType", MediaType.OCI_MANIFEST);
        describe(manifest.putObject("config"), MediaType.OCI_CONFIG, config);
        var array = manifest.putArray("layers");
        layers.forEach(layer -> describe(array.addObject(), MediaType.OCI_LAYER_GZIP, layer));
        return JsonMapper.shared().writeValueAsBytes(manifest);
    }

    private static void describe(ObjectNode descriptor, String mediaType, byte[] content) {
        descriptor
                .put("mediaType", mediaType)
                .put("digest", Digest.of(content).toString())
                .put("size", content.length);
    }
}
