package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;
import okhttp3.RequestBody;
import org.jspecify.annotations.Nullable;

/**
 * One blob on its way to a registry, see "Pushing blobs" of the distribution specification. After a
 * break the registry is asked how much it has, and the rest is sent.
 */
final class BlobUpload {
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;
    private static final int NO_CONTENT = 204;
    private static final int OK = 200;
    private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-(\\d{1,18})");

    private final Connection connection;
    private final Endpoint endpoint;
    private final Digest digest;
    private final long size;
    private final Supplier<InputStream> source;
    private final Deadline deadline;
    private final Scopes scopes;
    private final String what;
    private @Nullable HttpUrl location;
    private long leastChunk;
    private long done;

    BlobUpload(
            Connection connection,
            Endpoint endpoint,
            Digest digest,
            long size,
            Supplier<InputStream> source) {
        this.connection = connection;
        this.endpoint = endpoint;
        this.digest = digest;
        this.size = size;
        this.source = source;
        this.deadline = connection.deadline();
        this.scopes = Scopes.repository(endpoint.path(), "pull,push");
        this.what = "pushing blob " + digest + " to " + endpoint;
    }

    Push.Outcome run(Push how) {
        for (var from : how.mountFrom()) {
            if (!from.equals(endpoint.path()) && mounted(from)) {
                return Push.Outcome.MOUNTED;
            }
        }
        int failures = 0;
        while (true) {
            try {
                if (location == null) {
                    begin(connection.url(endpoint, "blobs/uploads/"), scopes);
                }
                send(how.chunk());
                return Push.Outcome.UPLOADED;
            } catch (SourceException e) {
                throw new BadContentException(what + ": what is sent " + e.getMessage(), e);
            } catch (IOException e) {
                failures = recover(e, failures + 1);
            }
        }
    }

    private boolean mounted(String from) {
        var url =
                connection
                        .url(endpoint, "blobs/uploads/")
                        .newBuilder()
                        .addQueryParameter("mount", digest.toString())
                        .addQueryParameter("from", from)
                        .build();
        return begin(url, scopes.and(Scopes.repository(from, "pull")));
    }

    /** Begins an upload; true when nothing has to be sent. */
    private boolean begin(HttpUrl url, Scopes wanted) {
        if (location != null) {
            return false;
        }
        var ask = Ask.of("POST", url).sending(RequestBody.create(new byte[0]));
        int most = connection.options().backoff().attempts();
        try (var reply = connection.send(endpoint, ask, wanted, most, deadline, what)) {
            if (reply.code() == CREATED) {
                return true;
            }
            if (reply.code() != ACCEPTED) {
                throw connection.refusal(endpoint, reply, what, null);
            }
            leastChunk = number(reply, "OCI-Chunk-Min-Length");
            done = 0;
            location = moved(reply);
            return false;
        } catch (IOException e) {
            throw connection.failure(endpoint, what, e);
        }
    }

    private static long number(Reply reply, String header) {
        var text = reply.header(header).orElse("");
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    private static HttpUrl moved(Reply reply) throws IOException {
        var text = reply.header("Location").orElse("");
        var url = text.isEmpty() ? null : reply.url().resolve(text);
        if (url == null) {
            throw new IOException("the registry does not say where to send it");
        }
        return url;
    }

    private HttpUrl place() throws IOException {
        if (location == null) {
            throw new IOException("the upload has no place");
        }
        return location;
    }

    private void send(long chunk) throws IOException {
        if (chunk == 0 && done == 0) {
            finish(new SourceBody(source, 0, size));
            return;
        }
        while (done < size) {
            long most = chunk == 0 ? size : Math.max(chunk, leastChunk);
            patch(Math.min(most, size - done));
        }
        finish(RequestBody.create(new byte[0]));
    }

    private void patch(long length) throws IOException {
        var ask =
                Ask.of("PATCH", place())
                        .with("Content-Range", done + "-" + (done + length - 1))
                        .sending(new SourceBody(source, done, length));
        try (var reply = connection.sendOnce(endpoint, ask, scopes, deadline)) {
            if (reply.code() != ACCEPTED && reply.code() != NO_CONTENT) {
                throw unexpected(reply);
            }
            location = moved(reply);
            done = reply.header("Range").isPresent() ? received(reply) : done + length;
        }
    }

    private void finish(RequestBody body) throws IOException {
        var url = place().newBuilder().setQueryParameter("digest", digest.toString()).build();
        var ask = Ask.of("PUT", url).sending(body);
        try (var reply = connection.sendOnce(endpoint, ask, scopes, deadline)) {
            if (reply.code() != CREATED && reply.code() != NO_CONTENT) {
                throw unexpected(reply);
            }
        }
    }

    /** An upload that the registry has forgotten, or sees elsewhere, begins anew. */
    private IOException unexpected(Reply reply) {
        return switch (reply.code()) {
            case 404, 416 -> {
                location = null;
                yield new IOException("the upload was broken off, status " + reply.code());
            }
            default -> throw connection.refusal(endpoint, reply, what, null);
        };
    }

    private int recover(IOException cause, int failures) {
        if (failures >= connection.options().backoff().attempts()
                || Thread.currentThread().isInterrupted()
                || deadline.isOver()) {
            throw connection.failure(endpoint, what, cause);
        }
        try {
            connection.pause(failures);
            if (location != null) {
                askWhere(location);
            }
        } catch (IOException e) {
            // What cannot even be asked for is begun anew.
            location = null;
        }
        return failures;
    }

    private void askWhere(HttpUrl place) throws IOException {
        try (var reply = connection.sendOnce(endpoint, Ask.get(place), scopes, deadline)) {
            if (reply.code() != NO_CONTENT && reply.code() != OK && reply.code() != ACCEPTED) {
                location = null;
                return;
            }
            done = received(reply);
            if (reply.header("Location").isPresent()) {
                location = moved(reply);
            }
            if (done > size) {
                location = null;
            }
        }
    }

    /** How many bytes a registry has. Some write 0-0 for none, so one byte counts as none. */
    private static long received(Reply reply) {
        var range = RANGE.matcher(reply.header("Range").orElse(""));
        if (!range.matches()) {
            return 0;
        }
        long last = Long.parseLong(range.group(1));
        return last == 0 ? 0 : last + 1;
    }
}
