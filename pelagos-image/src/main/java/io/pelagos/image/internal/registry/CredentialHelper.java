package io.pelagos.image.internal.registry;

import io.pelagos.core.spec.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * A program of the user that keeps credentials, see <a
 * href="https://github.com/docker/docker-credential-helpers">docker-credential-helpers</a>: {@code
 * docker-credential-NAME get|store|erase}, with the registry on its standard input.
 */
final class CredentialHelper {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final String NOT_FOUND = "credentials not found";
    private static final String NO_SERVER = "no credentials server URL";
    private static final int MOST_BYTES = 1 << 16;
    private static final int MOST_TOLD = 200;

    private final String program;
    private final Map<String, String> environment;
    private final Duration limit;

    /**
     * Takes the name of a helper.
     *
     * @param name as in a configuration file
     * @param environment the variables that the program gets; PATH says where it is looked for
     * @param limit after how long it is killed
     */
    CredentialHelper(String name, Map<String, String> environment, Duration limit) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "credential helper \"" + name + "\": is not the name of a program");
        }
        this.program = "docker-credential-" + name;
        this.environment = Map.copyOf(environment);
        this.limit = limit;
    }

    /** How it went wrong, without anything that the program was given or printed on success. */
    static final class HelperException extends Exception {
        private static final long serialVersionUID = 1L;

        HelperException(String message) {
            super(message);
        }
    }

    /**
     * Asks for credentials.
     *
     * @param key what the registry is stored under
     * @return empty when the helper has none
     */
    Optional<Credentials> get(String key) throws HelperException {
        var outcome = run("get", key);
        if (outcome.status != 0) {
            var text = outcome.text();
            if (text.contains(NOT_FOUND) || text.contains(NO_SERVER)) {
                return Optional.empty();
            }
            throw failed("get", outcome, true);
        }
        try {
            var answer = Json.object(outcome.output.toArray());
            return Optional.of(
                    Credentials.ofHelper(
                            Json.textOrEmpty(answer, "Username"),
                            Json.textOrEmpty(answer, "Secret")));
        } catch (IllegalArgumentException e) {
            throw new HelperException(this + " get: what it printed " + e.getMessage());
        }
    }

    /** Stores credentials. */
    void store(String key, Credentials credentials) throws HelperException {
        var document = Json.newObject();
        document.put("ServerURL", key);
        document.put("Username", credentials.helperUsername());
        document.put("Secret", credentials.helperSecret().reveal());
        var outcome = run("store", new String(Json.write(document), StandardCharsets.UTF_8));
        if (outcome.status != 0) {
            // It was given the secret, so what it says is not passed on.
            throw failed("store", outcome, false);
        }
    }

    /** Forgets credentials; to have had none is no failure. */
    void erase(String key) throws HelperException {
        var outcome = run("erase", key);
        if (outcome.status != 0 && !outcome.text().contains(NOT_FOUND)) {
            throw failed("erase", outcome, true);
        }
    }

    private HelperException failed(String action, Outcome outcome, boolean tell) {
        var message = this + " " + action + " ended with status " + outcome.status;
        var text = tell ? outcome.text().strip() : "";
        if (text.isEmpty()) {
            return new HelperException(message);
        }
        var line = text.lines().findFirst().orElse("");
        return new HelperException(
                message + ": " + line.substring(0, Math.min(line.length(), MOST_TOLD)));
    }

    private record Outcome(int status, Bytes output) {
        String text() {
            return output.utf8();
        }
    }

    private Outcome run(String action, String input) throws HelperException {
        var builder = new ProcessBuilder(find().toString(), action);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new HelperException(this + " cannot be started: " + e.getMessage());
        }
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                var output = CompletableFuture.supplyAsync(() -> talk(process, input), threads);
                var bytes = output.get(limit.toMillis(), TimeUnit.MILLISECONDS);
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new TimeoutException();
                }
                return new Outcome(process.exitValue(), Bytes.of(bytes));
            } catch (TimeoutException e) {
                throw new HelperException(
                        this + " " + action + " did not answer within " + limit.toMillis() + " ms");
            } catch (ExecutionException e) {
                throw new HelperException(
                        this + " " + action + ": " + Throwables.reason(e.getCause()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HelperException(this + " " + action + ": interrupted");
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
    }

    /** Gives the program its input and reads what it prints, up to a limit. */
    private static byte[] talk(Process process, String input) {
        try (var in = process.getInputStream()) {
            try (var out = process.getOutputStream()) {
                out.write(input.getBytes(StandardCharsets.UTF_8));
                out.write('\n');
            } catch (IOException e) {
                // It ended without reading: what it printed and its status say why.
                return read(in);
            }
            return read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] read(InputStream in) throws IOException {
        var bytes = in.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            throw new IOException("printed more than " + MOST_BYTES + " bytes");
        }
        return bytes;
    }

    /** Finds the program by the PATH that was given, which need not be that of this process. */
    private Path find() throws HelperException {
        var path = environment.getOrDefault("PATH", "");
        for (var directory : path.split(":", -1)) {
            try {
                var file = Path.of(directory).resolve(program);
                if (!directory.isEmpty() && Files.isExecutable(file)) {
                    return file.toAbsolutePath();
                }
            } catch (InvalidPathException e) {
                // A directory that cannot be named holds no program either.
            }
        }
        throw new HelperException(this + " is not in PATH");
    }

    @Override
    public String toString() {
        return program;
    }
}
