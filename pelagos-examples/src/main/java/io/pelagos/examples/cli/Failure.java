package io.pelagos.examples.cli;

import io.pelagos.core.CommandException;
import io.pelagos.core.PelagosException;
import io.pelagos.core.SyscallFailedException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import picocli.CommandLine;

/** How a failure is told, and with which exit code. */
final class Failure {
    /** What docker and podman exit with when they themselves fail. */
    static final int OWN = 125;

    private Failure() {}

    /** Tells about arguments that cannot be understood. */
    static int ofArguments(CommandLine.ParameterException e, String[] arguments) {
        var commandLine = e.getCommandLine();
        var err = commandLine.getErr();
        err.println("pelagos: " + e.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
        err.println("Try: " + commandLine.getCommandSpec().qualifiedName() + " --help");
        return OWN;
    }

    /** Tells about a command that did not succeed: one line first, details after. */
    static int ofCommand(Exception e, CommandLine commandLine, CommandLine.ParseResult arguments) {
        var err = commandLine.getErr();
        tell(e, err);
        if (commandLine.getCommand() instanceof Debuggable command && command.debug()) {
            e.printStackTrace(err);
        }
        return e instanceof CommandException c ? c.shellCode() : OWN;
    }

    /** Tells what went wrong. */
    static void tell(Exception e, PrintWriter err) {
        switch (e) {
            case SyscallFailedException failed -> {
                err.println("pelagos: " + failed.purpose() + ": " + failed.errno());
                err.println("  call:   " + failed.call());
                if (!failed.remedy().isEmpty()) {
                    err.println("  remedy: " + failed.remedy());
                }
            }
            case UncheckedIOException io -> {
                err.println("pelagos: " + io.getMessage());
                err.println("  cause:  " + io.getCause());
            }
            case PelagosException known -> err.println("pelagos: " + known.getMessage());
            case IllegalArgumentException bad -> err.println("pelagos: " + bad.getMessage());
            default -> err.println("pelagos: " + e);
        }
    }
}
