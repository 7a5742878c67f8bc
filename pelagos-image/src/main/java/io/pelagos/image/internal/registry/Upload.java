package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/** Sends a blob, see "Pushing Blobs" in the specification. */
final class Upload {
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;
    private static final int NO_CONTENT = 204;
    private static final int WRONG_OFFSET = 416;
    private static final okhttp3.MediaType OCTETS =
            okhttp3.MediaType.get("application/octet-stream");
    private static final RequestBody EMPTY = RequestBody.create(new byte[0], null);

    private final Transport transport;
    private final Transport.Question question;
    private final long chunk;

    Upload(Transport transport, Transport.Question question, long chunk) {
        this.transport = transport;
        this.question = question;
        this.chunk = chunk;
    }

    /** Returns whether bytes were sent: a blob of another repository may only be mounted. */
    boolean send(HttpUrl uploads, Descriptor blob, BlobContent content, @Nullable String from) {
        var begin = uploads.newBuilder();
        if (from != null) {
            begin.addQueryParameter("mount", blob.digest()).addQueryParameter("from", from);
        }
        HttpUrl at;
        try (var response = post(begin.build())) {
            if (response.code() == CREATED) {
                return false;
            }
            at = location(response, begin.build());
        }
        if (chunk > 0 && blob.size() > chunk) {
            at = inChunks(at, blob, content);
            finish(at, blob, EMPTY);
        } else {
            finish(at, blob, new Body(content, 0, blob.size()));
        }
        return true;
    }

    private Response post(HttpUrl url) {
        return transport.send(question, new Request.Builder().url(url).post(EMPTY).build());
    }

    private HttpUrl location(Response response, HttpUrl asked) {
        var header = response.header("Location");
        var url = header == null ? null : asked.resolve(header);
        if (url == null) {
            throw question.failed(
                    response.code(), "the registry did not say where the blob is to be sent");
        }
        return url;
    }

    /** Each piece is sent alone; after a failure the registry says how far it has come. */
    private HttpUrl inChunks(HttpUrl begin, Descriptor blob, BlobContent content) {
        var at = begin;
        int failures = 0;
        for (long offset = 0; offset < blob.size(); ) {
            long length = Math.min(chunk, blob.size() - offset);
            var request =
                    new Request.Builder()
                            .url(at)
                            .header("Content-Range", offset + "-" + (offset + length - 1))
                            .patch(new Body(content, offset, length))
                            .build();
            try (var response = transport.send(tolerant(), request)) {
                if (response.code() == WRONG_OFFSET) {
                    if (++failures > 10) {
                        throw question.failed(
                                WRONG_OFFSET, "the registry cannot say how far it has come");
                    }
                    offset = received(at);
                    continue;
                }
                at = location(response, at);
                offset += length;
            }
        }
        return at;
    }

    private Transport.Question tolerant() {
        return new Transport.Question(
                question.endpoint(), question.scope(), question.purpose(), Set.of(WRONG_OFFSET));
    }

    /** Asks how many bytes there are: the header says the last one, counted from 0. */
    private long received(HttpUrl at) {
        try (var response = transport.send(question, new Request.Builder().url(at).build())) {
            var range = response.header("Range");
            if (range == null || (response.code() != NO_CONTENT && response.code() != ACCEPTED)) {
                return 0;
            }
            return Long.parseLong(range.substring(range.indexOf('-') + 1)) + 1;
        } catch (NumberFormatException e) {
            throw new RegistryException(
                    question.endpoint().host(),
                    0,
                    question.purpose() + ": the registry says no number of bytes",
                    e);
        }
    }

    private void finish(HttpUrl at, Descriptor blob, RequestBody body) {
        var url = at.newBuilder().addQueryParameter("digest", blob.digest()).build();
        transport.send(question, new Request.Builder().url(url).put(body).build()).close();
    }

    /** A part of a blob, read anew each time that it is sent. */
    private static final class Body extends RequestBody {
        private static final int BUFFER = 1 << 16;

        private final BlobContent content;
        private final long offset;
        private final long length;

        Body(BlobContent content, long offset, long length) {
            this.content = content;
            this.offset = offset;
            this.length = length;
        }

        @Override
        public okhttp3.MediaType contentType() {
            return OCTETS;
        }

        @Override
        public long contentLength() {
            return length;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            try (InputStream in = content.open()) {
                in.skipNBytes(offset);
                var buffer = new byte[BUFFER];
                for (long left = length; left > 0; ) {
                    int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                    if (count < 0) {
                        throw new IOException("the blob is shorter than it says");
                    }
                    sink.write(buffer, 0, count);
                    left -= count;
                }
            }
        }
    }
}
