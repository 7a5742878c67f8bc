package io.pelagos.examples;

import io.pelagos.examples.cli.PelagosCommand;
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
        var out = new PrintWriter(System.out, true);
        var err = new PrintWriter(System.err, true);
        System.exit(PelagosCommand.execute(out, err, args));
    }
}
