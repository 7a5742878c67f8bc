package io.pelagos.examples.cli;

import picocli.CommandLine.Option;

/** What every command has. */
final class StandardOptions {
    @Option(names = "--debug", description = "Add the stack trace to a message of failure.")
    private boolean debug;

    @Option(names = "--help", usageHelp = true, description = "Show this text.")
    private boolean help;

    boolean debug() {
        return debug;
    }
}
