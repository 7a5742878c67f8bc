package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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

    @Spec private CommandSpec spec;

    @Mixin private StandardOptions standard = new StandardOptions();

    @Option(names = "--format", paramLabel = "table|json", description = "Default: table.")
    private Format format = Format.TABLE;

    ProbeCommand() {}

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
        spec.commandLine().getOut().println(text.stripTrailing());
        return 0;
    }
}
