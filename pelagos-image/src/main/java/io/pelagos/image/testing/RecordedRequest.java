package io.pelagos.image.testing;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a {@link TestRegistry} was asked, and what it answered.
 *
 * @param method for example {@code GET}
 * @param target path and query as they were sent, for example {@code /v2/app/tags/list?n=2}
 * @param headers all headers of the request, with names in any case, {@code Authorization} included
 * @param status the HTTP status of the answer, 0 when the connection broke before there was one
 */
public record RecordedRequest(
        String method, String target, Map<String, List<String>> headers, int status) {
    /** Copies the headers. */
    public RecordedRequest {
        var copy = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        headers.forEach((name, values) -> copy.put(name, List.copyOf(values)));
        headers = Collections.unmodifiableMap(copy);
    }

    /**
     * Returns the path.
     *
     * @return the target without its query
     */
    public String path() {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /**
     * Returns a header.
     *
     * @param name its name, in any case
     * @return its first value
     */
    public Optional<String> header(String name) {
        return headers.getOrDefault(name, List.of()).stream().findFirst();
    }

    /**
     * Returns the request and its answer without headers, so that no password gets into a report.
     *
     * @return for example {@code GET /v2/ -> 401}
     */
    @Override
    public String toString() {
        return method + " " + target + " -> " + status;
    }
}
