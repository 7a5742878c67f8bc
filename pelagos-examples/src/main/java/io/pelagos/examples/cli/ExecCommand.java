package io.pelagos.examples.cli;

import io.pelagos.core.Exec;
import io.pelagos.core.ExecBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.spec.Stdio;
import io.pelagos.examples.InteractiveSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs one more program in a container. */
@Command(
        name = "exec",
        sortOptions = false,
        customSynopsis = "pelagos exec [OPTION…] CONTAINER [--] CMD [ARGUMENT…]",
        description = "Run one more program in a detached container; the exit code is its own.")
final class ExecCommand extends ContainerCommand {
    @Option(
            names = {"-i", "--interactive"},
            description = "Pass standard input on; without it there is none.")
    private boolean interactive;

    @Option(
            names = {"-t", "--tty"},
            description = "Give it a terminal, and show that in this one.")
    private boolean terminal;

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "DIR",
            description = "Working directory (default: the container's).")
    private @Nullable String workdir;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GROUP]",
            description = "Run as this user (default: the container's).")
    private @Nullable String user;

    @Option(
            names = "--group-add",
            paramLabel = "GROUP",
            split = ",",
            description = "Add a supplementary group.")
    private List<String> groups = new ArrayList<>();

    @Option(
            names = "--cap-add",
            paramLabel = "CAPABILITY",
            description = "Add capabilities to those of the container.")
    private List<CapabilityOption> capabilities = new ArrayList<>();

    @Option(
            names = "--privileged",
            description = "All capabilities, and no filter of system calls.")
    private boolean privileged;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "End it when it has run for so long.")
    private @Nullable Duration timeout;

    @Mixin private EnvOptions env = new EnvOptions();

    @Parameters(index = "0", paramLabel = "CONTAINER", description = "Which.")
    private String container = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "CMD",
            description = "The program and its arguments; -- may stand before it.")
    private List<String> command = new ArrayList<>();

    ExecCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException {
        var builder = pelagos.containers().find(container).exec(command());
        describe(builder);
        if (!terminal) {
            builder.stdin(interactive ? Stdio.INHERIT : Stdio.NULL)
                    .stdout(Stdio.INHERIT)
                    .stderr(Stdio.INHERIT);
            try (var exec = builder.start()) {
                warn(exec);
                return exec.waitFor().code();
            }
        }
        try (var session = InteractiveSession.open()) {
            builder.terminal(session.size().rows(), session.size().columns());
            try (var exec = builder.start()) {
                warn(exec);
                var end = session.run(exec.terminal(), exec.onExit(), interactive);
                return end == InteractiveSession.End.DETACHED ? 0 : exec.waitFor().code();
            }
        }
    }

    private List<String> command() {
        var program =
                command.getFirst().equals("--") ? command.subList(1, command.size()) : command;
        if (program.isEmpty()) {
            throw new IllegalArgumentException("CMD: no program stands after --");
        }
        return program;
    }

    private void describe(ExecBuilder builder) {
        builder.env(env.environment(System.getenv())).groups(groups.toArray(String[]::new));
        if (workdir != null) {
            builder.cwd(workdir);
        }
        if (user != null) {
            builder.user(user);
        }
        if (privileged) {
            builder.privileged();
        }
        if (timeout != null) {
            builder.timeout(timeout);
        }
        for (var some : capabilities) {
            builder.capAdd(some.capabilities().toArray(io.pelagos.core.security.Capability[]::new));
        }
    }

    private void warn(Exec exec) {
        exec.warnings().forEach(warning -> err().println("pelagos: warning: " + warning));
    }
}
