package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Runs programs of the user that keep credentials: {@code docker-credential-NAME get|store|erase},
 * see <a href="https://github.com/docker/docker-credential-helpers">their protocol</a>.
 */
public final class CredentialHelper {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final int OUTPUT = 1 << 16;

    private final Duration limit;
    private final Map<String, String> environment;

    /**
     * Makes the way to helpers.
     *
     * @param limit how long one may take
     * @param environment variables that are set for it
     */
    public CredentialHelper(Duration limit, Map<String, String> environment) {
        this.limit = limit;
        this.environment = Map.copyOf(environment);
    }

    Optional<Credential> get(String helper, String server, Path config) {
        var outcome = run(helper, "get", server, server, config);
        if (outcome.status() != 0) {
            if (outcome.output().contains("credentials not found")) {
                return Optional.empty();
            }
            throw failed(helper, "get", server, config, "exit status " + outcome.status());
        }
        try {
            var json = JsonMapper.shared().readTree(outcome.output());
            var username = json.path("Username").stringValue("");
            var secret = json.path("Secret").stringValue("");
            return username.isEmpty() && secret.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Credential.of(username, secret));
        } catch (JacksonException _) {
            throw failed(helper, "get", server, config, "its answer is not JSON");
        }
    }

    void store(String helper, String server, Credential credential, Path config) {
        var json =
                JsonMapper.shared()
                        .writeValueAsString(
                                Map.of(
                                        "ServerURL", server,
                                        "Username", credential.username(),
                                        "Secret", credential.secret().value()));
        var outcome = run(helper, "store", json, server, config);
        if (outcome.status() != 0) {
            throw failed(helper, "store", server, config, "exit status " + outcome.status());
        }
    }

    void erase(String helper, String server, Path config) {
        var outcome = run(helper, "erase", server, server, config);
        if (outcome.status() != 0) {
            throw failed(helper, "erase", server, config, "exit status " + outcome.status());
        }
    }

    private record Outcome(int status, String output) {}

    private Outcome run(String helper, String verb, String input, String server, Path config) {
        if (!NAME.matcher(helper).matches()) {
            throw failed(helper, verb, server, config, "this is no name of a helper");
        }
        Process process;
        try {
            var builder =
                    new ProcessBuilder("docker-credential-" + helper, verb)
                            .redirectError(ProcessBuilder.Redirect.DISCARD);
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            throw failed(helper, verb, server, config, "it cannot be run; is it in the PATH?");
        }
        var output = CompletableFuture.supplyAsync(() -> read(process), Thread::startVirtualThread);
        try {
            write(process, input);
            var text = output.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new TimeoutException();
            }
            return new Outcome(process.exitValue(), text);
        } catch (TimeoutException _) {
            throw failed(helper, verb, server, config, "it took longer than " + limit);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw failed(helper, verb, server, config, "interrupted");
        } catch (ExecutionException e) {
            throw failed(helper, verb, server, config, "its answer cannot be read");
        } finally {
            process.destroyForcibly();
        }
    }

    private static void write(Process process, String input) {
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException _) {
            // It did not want it; what it says instead is what counts.
        }
    }

    private static String read(Process process) {
        try {
            return new String(process.getInputStream().readNBytes(OUTPUT), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private static RegistryException failed(
            String helper, String verb, String server, Path config, String why) {
        return new RegistryException(
                server,
                0,
                "asking docker-credential-"
                        + helper
                        + " to "
                        + verb
                        + " the credential for "
                        + server
                        + " (named in "
                        + config
                        + "): "
                        + why);
    }
}
