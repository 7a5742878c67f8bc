package io.pelagos.image.testing;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Sends answers, at the pace and as far as a fault lets them go. */
final class Delivery {
    private static final int SLICE = 1 << 16;
    private static final int SLICES_PER_SECOND = 10;

    private final CountDownLatch closed;

    /**
     * Makes a sender.
     *
     * @param closed is counted down when the registry is closed
     */
    Delivery(CountDownLatch closed) {
        this.closed = closed;
    }

    void send(HttpExchange exchange, Answer answer, Effect.Pace pace)
            throws IOException, InterruptedException {
        var headers = exchange.getResponseHeaders();
        answer.headers().forEach(headers::set);
        headers.set("Docker-Distribution-Api-Version", "registry/2.0");
        long size = answer.content().size();
        if (exchange.getRequestMethod().equals("HEAD")) {
            headers.set("Content-Length", Long.toString(size));
            exchange.sendResponseHeaders(answer.status(), -1);
        } else if (size == 0) {
            exchange.sendResponseHeaders(answer.status(), -1);
        } else {
            exchange.sendResponseHeaders(answer.status(), answer.lengthKnown() ? size : 0);
            sendBody(exchange, answer.content(), pace);
        }
    }

    private void sendBody(HttpExchange exchange, Content content, Effect.Pace pace)
            throws IOException, InterruptedException {
        // Not closed here: closing it is what says that the body is complete.
        var out = exchange.getResponseBody();
        try (var in = content.part(0, Math.min(content.size(), pace.limit())).open()) {
            var slice = new byte[sliceSize(pace)];
            for (int count = in.read(slice); count >= 0; count = in.read(slice)) {
                out.write(slice, 0, count);
                pause(out, pace);
            }
        }
        if (pace.limit() >= content.size()) {
            out.close();
            return;
        }
        out.flush();
        if (pace.stall()) {
            closed.await();
        }
        throw new IOException("the connection is cut by a fault");
    }

    private static int sliceSize(Effect.Pace pace) {
        return pace.bytesPerSecond() == 0
                ? SLICE
                : Math.clamp(pace.bytesPerSecond() / SLICES_PER_SECOND, 1, SLICE);
    }

    private void pause(OutputStream out, Effect.Pace pace)
            throws IOException, InterruptedException {
        if (pace.bytesPerSecond() == 0) {
            return;
        }
        out.flush();
        long nanos = TimeUnit.SECONDS.toNanos(1) / pace.bytesPerSecond() * sliceSize(pace);
        if (closed.await(nanos, TimeUnit.NANOSECONDS)) {
            throw new IOException("the registry is closed");
        }
    }
}
