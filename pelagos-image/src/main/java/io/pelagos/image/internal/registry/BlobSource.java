package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.ImageReference;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;

/** Where the bytes of one blob come from, from any of them on. */
record BlobSource(
        Transport transport, Endpoint endpoint, ImageReference reference, Descriptor blob) {
    private static final int PARTIAL = 206;

    Transport.Question question() {
        return new Transport.Question(
                endpoint,
                "repository:" + endpoint.path() + ":pull",
                "fetching " + blob.digest() + " of " + reference,
                Set.of());
    }

    private HttpUrl url() {
        return transport
                .base(endpoint)
                .newBuilder()
                .addPathSegments(endpoint.path())
                .addPathSegment("blobs")
                .addPathSegment(blob.verifiable().toString())
                .build();
    }

    /** Asks for the bytes, after those that there are already. */
    InputStream open(long offset) throws IOException {
        // What the transport would unpack on its own would not have the digest any more.
        var request = new Request.Builder().url(url()).header("Accept-Encoding", "identity");
        if (offset > 0) {
            request.header("Range", "bytes=" + offset + "-");
        }
        var response = transport.send(question(), request.build());
        var body = response.body().byteStream();
        try {
            if (offset > 0 && (response.code() != PARTIAL || !begins(response, offset))) {
                body.skipNBytes(offset);
            }
            return body;
        } catch (EOFException e) {
            response.close();
            throw new IOException("the blob is shorter than it was", e);
        } catch (IOException e) {
            response.close();
            throw e;
        }
    }

    private static boolean begins(okhttp3.Response response, long offset) {
        var range = response.header("Content-Range");
        return range == null || range.startsWith("bytes " + offset + "-");
    }
}
