package io.pelagos.examples;

import io.pelagos.examples.cli.PelagosCommand;
import java.io.PrintStream;
import java.io.PrintWriter;

/** The command line {@code pelagos}. */
public final class Main {
    private Main() {}

    /**
     * Executes a command and exits with its code.
     *
     * @param args see {@code pelagos --help}
     */
    public static void main(String[] args) {
        System.exit(PelagosCommand.execute(writer(System.out), writer(System.err), args));
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, stream.charset());
    }
}
