package io.pelagos.image.internal.registry;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import okhttp3.HttpUrl;
import okhttp3.Response;

/** An answer; what it brings is read from it until it is closed. */
final class Reply implements AutoCloseable {
    private static final int MOST_OF_ERROR = 1 << 16;
    private static final int LEAST_ERROR = 400;

    private final Response response;
    private final InterruptibleCall call;
    private final InputStream content;

    private Reply(Response response, InterruptibleCall call, InputStream content) {
        this.response = response;
        this.call = call;
        this.content = content;
    }

    /** Takes an answer; what explains a failure is read at once, so that nothing stays open. */
    static Reply of(Response response, InterruptibleCall call) throws IOException {
        var stream = response.body().byteStream();
        if (response.code() < LEAST_ERROR) {
            return new Reply(response, call, stream);
        }
        try (response) {
            var text = call.run(() -> stream.readNBytes(MOST_OF_ERROR));
            return new Reply(response, call, new ByteArrayInputStream(text));
        }
    }

    int code() {
        return response.code();
    }

    HttpUrl url() {
        return response.request().url();
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(response.header(name));
    }

    List<String> headers(String name) {
        return response.headers(name);
    }

    /** How many bytes it brings, -1 when it does not say. */
    long length() {
        return response.body().contentLength();
    }

    /** Whether its end is only the end of the connection, which may also have been cut. */
    boolean endsWithConnection() {
        return length() < 0
                && response.header("Transfer-Encoding") == null
                && response.protocol().toString().startsWith("http/1");
    }

    int read(byte[] bytes, int offset, int length) throws IOException {
        return call.run(() -> content.read(bytes, offset, length));
    }

    /** Reads the rest, but no more than one byte beyond a limit. */
    byte[] readUpTo(int most) throws IOException {
        return call.run(() -> content.readNBytes(most + 1));
    }

    void skip(long bytes) throws IOException {
        call.run(
                () -> {
                    content.skipNBytes(bytes);
                    return bytes;
                });
    }

    /**
     * What went wrong, in the words of the registry: "errors" of the distribution specification.
     */
    List<String> errors() {
        try {
            var words = new ArrayList<String>();
            for (var error : Json.object(readUpTo(MOST_OF_ERROR)).path("errors")) {
                var code = Json.textOrEmpty(error, "code");
                var message = Json.textOrEmpty(error, "message");
                words.add(message.isEmpty() ? code : code + " (" + message + ")");
            }
            return words;
        } catch (IOException | IllegalArgumentException e) {
            // Not every server explains itself in JSON; the status is told anyway.
            return List.of();
        }
    }

    @Override
    public void close() {
        response.close();
    }
}
