package io.pelagos.image.testing;

import com.sun.net.httpserver.HttpExchange;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a client asks for. */
final class Request {
    private final HttpExchange exchange;
    private final InputStream body;

    Request(HttpExchange exchange) {
        this(exchange, exchange.getRequestBody());
    }

    private Request(HttpExchange exchange, InputStream body) {
        this.exchange = exchange;
        this.body = body;
    }

    String method() {
        return exchange.getRequestMethod();
    }

    String path() {
        return String.valueOf(exchange.getRequestURI().getPath());
    }

    /** Path and query as they were sent. */
    String target() {
        return exchange.getRequestURI().toString();
    }

    Fields query() {
        return Fields.parse(exchange.getRequestURI().getRawQuery());
    }

    Map<String, List<String>> headers() {
        return exchange.getRequestHeaders();
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
    }

    InputStream body() {
        return body;
    }

    boolean isReading() {
        return method().equals("GET") || method().equals("HEAD");
    }

    /** The same request, whose body breaks. */
    Request cutAfter(long count) {
        return new Request(exchange, new BrokenInputStream(body, count));
    }

    RecordedRequest recorded(int status) {
        return new RecordedRequest(method(), target(), headers(), status);
    }

    /** Fails after some bytes. */
    private static final class BrokenInputStream extends FilterInputStream {
        private long left;

        BrokenInputStream(InputStream in, long left) {
            super(in);
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            checkLeft();
            left--;
            return super.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            checkLeft();
            int count = super.read(bytes, offset, (int) Math.min(length, left));
            left -= Math.max(0, count);
            return count;
        }

        private void checkLeft() throws IOException {
            if (left <= 0) {
                throw new IOException("the connection is cut by a fault");
            }
        }
    }
}
