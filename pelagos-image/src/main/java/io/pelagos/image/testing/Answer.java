package io.pelagos.image.testing;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is answered, before a fault gets at it.
 *
 * @param status the HTTP status
 * @param headers one value for each name
 * @param content the body
 * @param lengthKnown whether the length is said beforehand, or the body is sent in chunks
 */
record Answer(int status, Map<String, String> headers, Content content, boolean lengthKnown) {
    static final String CONTENT_TYPE = "Content-Type";
    static final String CONTENT_DIGEST = "Docker-Content-Digest";
    static final String LINK = "Link";
    static final String LOCATION = "Location";

    static Answer of(int status) {
        return new Answer(status, Map.of(), Content.EMPTY, true);
    }

    static Answer json(int status, JsonNode document) {
        return of(status)
                .with(CONTENT_TYPE, "application/json")
                .with(Content.of(JsonMapper.shared().writeValueAsBytes(document)));
    }

    /** The form of errors, see "Error Codes" in the distribution specification. */
    static Answer error(int status, String code, String message) {
        var body = JsonMapper.shared().createObjectNode();
        body.putArray("errors").addObject().put("code", code).put("message", message);
        return json(status, body);
    }

    Answer with(String name, String value) {
        var all = new LinkedHashMap<>(headers);
        all.put(name, value);
        return new Answer(status, all, content, lengthKnown);
    }

    Answer with(Content other) {
        return new Answer(status, headers, other, lengthKnown);
    }

    Answer withoutLength() {
        return new Answer(status, headers, content, false);
    }
}
