package io.pelagos.examples.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command {@code pelagos}. */
@Command(
        name = "pelagos",
        sortOptions = false,
        description = "Linux containers from inside the JVM.",
        versionProvider = Version.class)
public final class PelagosCommand implements Debuggable {
    private static final List<String> COMMANDS =
            List.of(
                    "run",
                    "explain",
                    "probe",
                    "ps",
                    "logs",
                    "exec",
                    "attach",
                    "stop",
                    "kill",
                    "start",
                    "restart",
                    "rm",
                    "rename",
                    "pause",
                    "unpause",
                    "top",
                    "stats",
                    "inspect",
                    "diff",
                    "cp",
                    "wait",
                    "events",
                    "prune",
                    "update",
                    "cleanup",
                    "volume",
                    "image",
                    "pull",
                    "login",
                    "logout",
                    "healthcheck",
                    "system",
                    "commit",
                    "import",
                    "export",
                    "port");

    private static final List<String> STARTING = List.of("run", "explain", "exec");

    @Mixin private StandardOptions standard = new StandardOptions();

    /** Only picocli looks at it. */
    @SuppressWarnings("UnusedVariable")
    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    private boolean version;

    PelagosCommand() {}

    /**
     * Executes a command line.
     *
     * @param out where output goes that is not a container's
     * @param err where messages go
     * @param arguments the arguments
     * @return the exit code
     */
    public static int execute(PrintWriter out, PrintWriter err, String... arguments) {
        var chosen = arguments.length == 0 ? "" : arguments[0];
        var commandLine = new CommandLine(new PelagosCommand());
        for (var name : COMMANDS) {
            // Reading the annotations of a command takes a while: only for one that is wanted.
            if (name.equals(chosen) || !COMMANDS.contains(chosen)) {
                commandLine.addSubcommand(name, command(name, out, err));
            }
        }
        Converters.register(commandLine);
        commandLine.setStopAtPositional(true);
        // Only behind the name of what is started do options belong to that.
        commandLine
                .getSubcommands()
                .forEach((name, it) -> it.setStopAtPositional(STARTING.contains(name)));
        return commandLine
                .setOut(out)
                .setErr(err)
                .setExpandAtFiles(false)
                .setOverwrittenOptionsAllowed(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Failure::ofArguments)
                .setExecutionExceptionHandler(Failure::ofCommand)
                .execute(arguments);
    }

    private static Object command(String name, PrintWriter out, PrintWriter err) {
        var surroundings = new ContainerCommand.Surroundings(out, err);
        return switch (name) {
            case "run" -> new RunCommand(out, err);
            case "explain" -> new ExplainCommand(out);
            case "probe" -> new ProbeCommand(out);
            case "ps" -> new PsCommand(surroundings);
            case "logs" -> new LogsCommand(surroundings);
            case "exec" -> new ExecCommand(surroundings);
            case "attach" -> new AttachCommand(surroundings);
            case "stop" -> new StopCommand(surroundings);
            case "kill" -> new KillCommand(surroundings);
            case "start" -> new StartCommand(surroundings);
            case "restart" -> new RestartCommand(surroundings);
            case "rm" -> new RemoveCommand(surroundings);
            case "rename" -> new RenameCommand(surroundings);
            case "pause" -> new PauseCommand(surroundings);
            case "unpause" -> new UnpauseCommand(surroundings);
            case "top" -> new TopCommand(surroundings);
            case "stats" -> new StatsCommand(surroundings);
            case "inspect" -> new InspectCommand(surroundings);
            case "diff" -> new DiffCommand(surroundings);
            case "cp" -> new CopyCommand(surroundings);
            case "wait" -> new WaitCommand(surroundings);
            case "events" -> new EventsCommand(surroundings);
            case "prune" -> new PruneCommand(surroundings);
            case "update" -> new UpdateCommand(surroundings);
            case "cleanup" -> new CleanupCommand(surroundings);
            case "volume" -> new VolumeCommand(surroundings);
            case "image" -> new ImageCommand(surroundings);
            case "pull" -> new PullCommand(surroundings);
            case "login" -> new LoginCommand(surroundings);
            case "logout" -> new LogoutCommand(surroundings);
            case "healthcheck" -> new HealthcheckCommand(surroundings);
            case "system" -> new SystemCommand(surroundings);
            case "commit" -> new CommitCommand(surroundings);
            case "import" -> new ImportCommand(surroundings);
            case "export" -> new ExportCommand(surroundings);
            case "port" -> new PortCommand(surroundings);
            default -> throw new IllegalArgumentException("command " + name + ": there is none");
        };
    }

    @Override
    public boolean debug() {
        return standard.debug();
    }
}
