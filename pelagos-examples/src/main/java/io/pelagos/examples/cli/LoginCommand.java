package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.image.Images;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Keeps who asks a registry. A password is never an argument, which everybody could see. */
@Command(
        name = "login",
        sortOptions = false,
        customSynopsis = "pelagos login -u USER [--password-stdin] [REGISTRY]",
        description = "Keep user and password for a registry, where Docker keeps them.")
final class LoginCommand extends ContainerCommand {
    private static final int LIMIT = 1 << 16;

    @Option(
            names = {"-u", "--username"},
            required = true,
            paramLabel = "USER",
            description = "Who asks.")
    private String user = "";

    @Option(
            names = "--password-stdin",
            description = "Read the password from standard input instead of the terminal.")
    private boolean stdin;

    @Parameters(
            arity = "0..1",
            paramLabel = "REGISTRY",
            description = "Which, as HOST[:PORT] (default: docker.io).")
    private String registry = "docker.io";

    LoginCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws IOException {
        var password = stdin ? fromStandardInput() : fromTerminal();
        if (password == null || password.isEmpty()) {
            throw new IllegalArgumentException(
                    "no password: there is no terminal to ask at, or nothing was typed; give it to"
                            + " --password-stdin");
        }
        try (var images = Images.open(pelagos)) {
            out().println("kept in " + images.login(registry, user, password));
        }
        return 0;
    }

    private static String fromStandardInput() throws IOException {
        var bytes = System.in.readNBytes(LIMIT);
        return new String(bytes, StandardCharsets.UTF_8).replaceAll("\\r?\\n$", "");
    }

    @SuppressWarnings("SystemConsoleNull") // Without the module jdk.internal.le it can be null.
    private @Nullable String fromTerminal() {
        var console = System.console();
        if (console == null || !console.isTerminal()) {
            return null;
        }
        var typed = console.readPassword("Password of %s at %s: ", user, registry);
        return typed == null ? null : new String(typed);
    }
}
