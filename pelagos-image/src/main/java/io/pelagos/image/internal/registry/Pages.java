package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A list that comes in pages, each with a Link (RFC 8288) to the next; but not without end. */
final class Pages {
    static final int PAGE = 1000;
    private static final int MOST_PAGES = 10_000;
    private static final int MOST_ITEMS = 1_000_000;
    private static final int MOST_BYTES = 4 << 20;
    private static final int OK = 200;
    private static final Pattern NEXT =
            Pattern.compile("<([^>]*)>[^,]*;\\s*rel=\"?next\"?", Pattern.CASE_INSENSITIVE);

    private final Endpoint endpoint;
    private final String what;

    Pages(Endpoint endpoint, String what) {
        this.endpoint = endpoint;
        this.what = what;
    }

    /**
     * Reads all pages.
     *
     * @param send asks for a page
     * @param refused what to throw for an answer that is no page
     */
    List<JsonNode> read(
            HttpUrl first,
            String member,
            Function<HttpUrl, Reply> send,
            Function<Reply, RuntimeException> refused) {
        var items = new ArrayList<JsonNode>();
        var seen = new HashSet<HttpUrl>();
        var url = first;
        while (true) {
            if (!seen.add(url) || seen.size() > MOST_PAGES || items.size() > MOST_ITEMS) {
                throw new RegistryException(
                        endpoint.host(),
                        OK,
                        what
                                + " from "
                                + endpoint.host()
                                + ": the list does not end: "
                                + items.size()
                                + " entries on "
                                + (seen.size() - 1)
                                + " pages");
            }
            try (var reply = send.apply(url)) {
                if (reply.code() != OK) {
                    throw refused.apply(reply);
                }
                // A repository without tags has null where the list would be.
                page(reply).path(member).forEach(items::add);
                var link = NEXT.matcher(String.join(", ", reply.headers("Link")));
                if (!link.find()) {
                    return items;
                }
                url = next(url, link.group(1));
            }
        }
    }

    private ObjectNode page(Reply reply) {
        try {
            var bytes = reply.readUpTo(MOST_BYTES);
            if (bytes.length > MOST_BYTES) {
                throw new BadContentException(
                        what + " from " + endpoint.host() + ": a page is larger than 4 MiB");
            }
            return Json.object(bytes);
        } catch (IllegalArgumentException e) {
            throw new BadContentException(
                    what + " from " + endpoint.host() + ": a page " + e.getMessage(), e);
        } catch (IOException e) {
            throw new RegistryException(
                    endpoint.host(),
                    0,
                    what + " from " + endpoint.host() + ": " + Throwables.reason(e),
                    e);
        }
    }

    private HttpUrl next(HttpUrl url, String link) {
        var next = url.resolve(link);
        if (next == null || !Ask.sameOrigin(url, next)) {
            throw new RegistryException(
                    endpoint.host(),
                    OK,
                    what + " from " + endpoint.host() + ": the next page is said to be elsewhere");
        }
        return next;
    }
}
