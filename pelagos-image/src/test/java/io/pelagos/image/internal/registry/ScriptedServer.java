package io.pelagos.image.internal.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server on loopback that answers what a test says, and remembers what it was asked. */
final class ScriptedServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    final List<Request> requests = new CopyOnWriteArrayList<>();

    /** What was asked. */
    record Request(String method, String uri, String authorization, String range, String body) {
        @Override
        public String toString() {
            return method + " " + uri;
        }
    }

    /** Answers one request. */
    interface Script {
        void answer(Call call) throws IOException;
    }

    /** A request with its answer to be. */
    record Call(HttpExchange exchange, Request request, int number) {
        Call header(String name, String value) {
            exchange.getResponseHeaders().add(name, value);
            return this;
        }

        void status(int code) throws IOException {
            send(code, new byte[0]);
        }

        void send(int code, String text) throws IOException {
            send(code, text.getBytes(StandardCharsets.UTF_8));
        }

        void send(int code, byte[] bytes) throws IOException {
            if (request.method.equals("HEAD")) {
                if (bytes.length > 0) {
                    header("Content-Length", String.valueOf(bytes.length));
                }
                exchange.sendResponseHeaders(code, -1);
                return;
            }
            exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }

        /** Promises all and sends a part. */
        void cut(int code, byte[] bytes, int after) throws IOException {
            exchange.sendResponseHeaders(code, bytes.length);
            exchange.getResponseBody().write(bytes, 0, after);
            exchange.getResponseBody().flush();
        }
    }

    ScriptedServer(Script script) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> handle(script, exchange));
        server.start();
    }

    private void handle(Script script, HttpExchange exchange) throws IOException {
        try (exchange) {
            var headers = exchange.getRequestHeaders();
            var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            var request =
                    new Request(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI().toString(),
                            String.valueOf(headers.getFirst("Authorization")),
                            String.valueOf(headers.getFirst("Range")),
                            body);
            requests.add(request);
            script.answer(new Call(exchange, request, requests.size()));
        }
    }

    String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    String url() {
        return "http://" + host();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
