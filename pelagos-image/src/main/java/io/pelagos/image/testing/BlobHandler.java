package io.pelagos.image.testing;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Blobs: HEAD, GET with ranges, and DELETE. */
final class BlobHandler implements Handler {
    /** One range of bytes, see RFC 9110 section 14.1.2; other ranges are ignored, as may be. */
    private static final Pattern RANGE =
            Pattern.compile("bytes=(?:(\\d{1,18})-(\\d{0,18})|-(\\d{1,18}))");

    private final BlobStorage storage;
    private final Repositories repositories;

    BlobHandler(BlobStorage storage, Repositories repositories) {
        this.storage = storage;
        this.repositories = repositories;
    }

    @Override
    public Answer answer(Request request, Route route) {
        return switch (request.method()) {
            case "GET", "HEAD" -> get(request, route);
            case "DELETE" -> delete(route);
            default -> throw RefusedRequest.method(request);
        };
    }

    private Answer get(Request request, Route route) {
        var digest = Names.digest(route.argument());
        var content =
                Optional.of(digest)
                        .filter(wanted -> repositories.hasBlob(route.repository(), wanted))
                        .flatMap(storage::find)
                        .orElseThrow(() -> unknown(route));
        var whole =
                Answer.of(200)
                        .with(Answer.CONTENT_TYPE, "application/octet-stream")
                        .with(Answer.CONTENT_DIGEST, digest.toString())
                        .with("Accept-Ranges", "bytes")
                        .with(content);
        return request.header("Range")
                .map(RANGE::matcher)
                .filter(Matcher::matches)
                .map(range -> part(whole, range))
                .orElse(whole);
    }

    private static Answer part(Answer whole, Matcher range) {
        long size = whole.content().size();
        long from;
        long to;
        if (range.group(3) == null) {
            from = Long.parseLong(range.group(1));
            to = range.group(2).isEmpty() ? size : Math.min(size, end(range.group(2)));
        } else {
            from = Math.max(0, size - Long.parseLong(range.group(3)));
            to = size;
        }
        if (from >= to) {
            throw new RefusedRequest(
                    Answer.error(416, "RANGE_INVALID", "the blob has " + size + " bytes")
                            .with("Content-Range", "bytes */" + size));
        }
        return new Answer(206, whole.headers(), whole.content().part(from, to), true)
                .with("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + size);
    }

    private static long end(String last) {
        return Long.parseLong(last) + 1;
    }

    private Answer delete(Route route) {
        if (!repositories.removeBlob(route.repository(), Names.digest(route.argument()))) {
            throw unknown(route);
        }
        return Answer.of(202);
    }

    private static RefusedRequest unknown(Route route) {
        return new RefusedRequest(
                404, "BLOB_UNKNOWN", route.repository() + " has no blob " + route.argument());
    }
}
