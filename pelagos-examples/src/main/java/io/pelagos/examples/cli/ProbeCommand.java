package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Prints what this host supports. */
@Command(
        name = "probe",
        sortOptions = false,
        description = "Tell what this host supports, why not, and what to do about it.")
final class ProbeCommand implements Callable<Integer>, Debuggable {
    /** How the report is written. */
    enum Format {
        /** For people. */
        TABLE,
        /** For programs. */
        JSON
    }

    @Mixin private StandardOptions standard = new StandardOptions();

    @Option(names = "--format", paramLabel = "table|json", description = "Default: table.")
    private Format format = Format.TABLE;

    private final PrintWriter out;

    ProbeCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public boolean debug() {
        return standard.debug();
    }

    @Override
    public Integer call() {
        var report = Pelagos.probe();
        var text =
                switch (format) {
                    case TABLE -> report.toString();
                    case JSON -> report.toJson();
                };
        out.println(text.stripTrailing());
        return 0;
    }
}
