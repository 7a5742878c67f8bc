package io.pelagos.examples.cli;

import picocli.CommandLine.Option;

/** What every command has. */
final class StandardOptions {
    @Option(names = "--debug", description = "Add the stack trace to a message of failure.")
    private boolean debug;

    /** Only picocli looks at it. */
    @SuppressWarnings("UnusedVariable")
    @Option(names = "--help", usageHelp = true, description = "Show this text.")
    private boolean help;

    boolean debug() {
        return debug;
    }
}
