package io.pelagos.examples.cli;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code pelagos}. */
@Command(
        name = "pelagos",
        sortOptions = false,
        description = "Linux containers from inside the JVM.",
        versionProvider = Version.class)
public final class PelagosCommand implements Runnable {
    private static final List<String> COMMANDS = List.of("run", "explain", "probe");

    @Spec private CommandSpec spec;

    @Mixin private StandardOptions standard = new StandardOptions();

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
        var commandLine = new CommandLine(new PelagosCommand());
        var chosen = arguments.length == 0 ? "" : arguments[0];
        for (var name : COMMANDS) {
            // Reading the annotations of a command takes a while: only for one that is wanted.
            if (name.equals(chosen) || !COMMANDS.contains(chosen)) {
                commandLine.addSubcommand(name, command(name));
            }
        }
        Converters.register(commandLine);
        return commandLine
                .setOut(out)
                .setErr(err)
                .setExpandAtFiles(false)
                .setStopAtPositional(true)
                .setOverwrittenOptionsAllowed(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Failure::ofArguments)
                .setExecutionExceptionHandler(Failure::ofCommand)
                .execute(arguments);
    }

    private static Object command(String name) {
        return switch (name) {
            case "run" -> new RunCommand();
            case "explain" -> new ExplainCommand();
            case "probe" -> new ProbeCommand();
            default -> throw new IllegalArgumentException("command " + name + ": there is none");
        };
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is wanting");
    }
}
