package io.pelagos.image.spec;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** What the documents have in common: how large one may be, and how one is written. */
final class Documents {
    /** The bound that registries have for manifests; what is larger is not read. */
    static final int LIMIT = 4 << 20;

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Documents() {}

    /** Puts a field, unless there is nothing to say. */
    static void put(Map<String, Object> document, String field, @Nullable Object value) {
        boolean nothing =
                value == null
                        || (value instanceof Collection<?> many && many.isEmpty())
                        || (value instanceof Map<?, ?> map && map.isEmpty());
        if (!nothing) {
            document.put(field, value);
        }
    }

    static byte[] write(Map<String, Object> document) {
        return MAPPER.writeValueAsBytes(document);
    }

    static List<Object> descriptors(List<Descriptor> descriptors) {
        var all = new ArrayList<>();
        descriptors.forEach(it -> all.add(descriptor(it)));
        return all;
    }

    static Map<String, Object> descriptor(Descriptor descriptor) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("mediaType", descriptor.mediaType());
        fields.put("digest", descriptor.digest());
        fields.put("size", descriptor.size());
        put(fields, "urls", descriptor.urls().stream().map(Object::toString).toList());
        put(fields, "annotations", sorted(descriptor.annotations()));
        var data = descriptor.data();
        put(
                fields,
                "data",
                data == null ? null : Base64.getEncoder().encodeToString(data.toArray()));
        put(fields, "artifactType", descriptor.artifactType());
        var platform = descriptor.platform();
        put(fields, "platform", platform == null ? null : platform(platform));
        return fields;
    }

    private static Map<String, Object> platform(Platform platform) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("architecture", platform.architecture());
        fields.put("os", platform.os());
        put(fields, "os.version", platform.osVersion());
        put(fields, "os.features", platform.osFeatures());
        put(fields, "variant", platform.variant());
        return fields;
    }

    static Map<String, String> sorted(Map<String, String> map) {
        return new java.util.TreeMap<>(map);
    }
}
