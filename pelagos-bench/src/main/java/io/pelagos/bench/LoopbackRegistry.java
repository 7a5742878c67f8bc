package io.pelagos.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Debian's docker-registry on the loopback device, gone with the measurement. */
final class LoopbackRegistry implements AutoCloseable {
    private static final String PROGRAM = "docker-registry";
    private static final String MARK = "/v2/pelagos-bench-mark/tags/list";
    private static final long PATIENCE = 10;

    private final String program;
    private final Path directory;
    private final int port;
    private final LinkedBlockingQueue<String> log = new LinkedBlockingQueue<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private Process process;

    private LoopbackRegistry(String program, Path directory, int port) throws IOException {
        this.program = program;
        this.directory = directory;
        this.port = port;
        process = begin();
    }

    /**
     * Starts one.
     *
     * @param directory where it keeps what it is given
     */
    static LoopbackRegistry start(Path directory) throws IOException {
        var program =
                Peers.onPath(PROGRAM)
                        .orElseThrow(
                                () ->
                                        new IOException(
                                                PROGRAM
                                                        + " is missing: apt-get install "
                                                        + PROGRAM));
        return new LoopbackRegistry(program, directory, freePort());
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Process begin() throws IOException {
        var config = directory.resolve("registry.yml");
        Files.writeString(
                config,
                """
                version: 0.1
                log: {level: info, accesslog: {disabled: false}}
                storage:
                  filesystem: {rootdirectory: %s}
                http: {addr: "127.0.0.1:%d"}
                """
                        .formatted(storage(), port));
        var builder =
                new ProcessBuilder(program, "serve", config.toString()).redirectErrorStream(true);
        builder.environment().put("OTEL_TRACES_EXPORTER", "none");
        var started = builder.start();
        var reader = new BufferedReader(started.inputReader(StandardCharsets.UTF_8));
        for (var line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.contains("listening on")) {
                // Reading a pipe would hold the carrier of a virtual thread.
                Thread.ofPlatform().name("registry-log").daemon().start(() -> keep(reader));
                return started;
            }
        }
        throw new IOException(program + " does not start: see " + config);
    }

    private void keep(BufferedReader reader) {
        try (reader) {
            for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.contains(" /v2/")) {
                    log.add(line);
                }
            }
        } catch (IOException _) {
            // It has ended.
        }
    }

    private Path storage() {
        return directory.resolve("registry");
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    /** What is asked of a registry. */
    @FunctionalInterface
    interface Asking {
        void run() throws IOException, InterruptedException;
    }

    /** Counts the requests that something makes. */
    int requests(Asking asking) throws IOException, InterruptedException {
        mark();
        asking.run();
        return mark();
    }

    /** Counts the requests since the last time, by making one that is recognised. */
    private int mark() throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://" + address() + MARK)).build();
        client.send(request, HttpResponse.BodyHandlers.discarding());
        for (int count = 0; ; ) {
            var line = log.poll(PATIENCE, TimeUnit.SECONDS);
            if (line == null) {
                throw new IOException(program + " does not say what it was asked");
            }
            // It says each request twice: once for the log, once for the access log.
            if (line.startsWith("time=")) {
                continue;
            }
            if (line.contains(MARK)) {
                return count;
            }
            count++;
        }
    }

    /** Forgets everything, and starts again at the same address. */
    void empty() throws IOException, InterruptedException {
        stop();
        if (Files.exists(storage())) {
            Scratch.delete(storage());
        }
        process = begin();
    }

    private void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(PATIENCE, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + program + " ends", e);
        }
    }
}
