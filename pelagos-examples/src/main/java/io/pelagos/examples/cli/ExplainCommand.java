package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Prints what {@code run} would do; needs no privileges. */
@Command(
        name = "explain",
        sortOptions = false,
        customSynopsis = "pelagos explain [OPTION…] ROOTFS [--] CMD [ARGUMENT…]",
        description = "Print every system call that run would make for the same arguments.")
final class ExplainCommand implements Callable<Integer>, Debuggable {
    /** What is printed instead of the plan. */
    private static final class Form {
        @Option(names = "--spec", description = "Print the specification as JSON instead.")
        private boolean spec;

        @Option(names = "--oci", description = "Print config.json of an OCI bundle instead.")
        private boolean oci;

        @Option(names = "--command-line", description = "Print the command for podman instead.")
        private boolean commandLine;

        String of(ContainerBuilder builder) {
            if (spec) {
                return builder.spec().toJson();
            }
            if (oci) {
                return builder.spec().toOci();
            }
            return commandLine ? builder.spec().toCommandLine() : builder.explain();
        }
    }

    @ArgGroup private Form form = new Form();
    @Mixin private ContainerOptions container = new ContainerOptions();
    @Mixin private StandardOptions standard = new StandardOptions();

    private final PrintWriter out;

    ExplainCommand(PrintWriter out) {
        this.out = out;
    }

    @Override
    public boolean debug() {
        return standard.debug();
    }

    @Override
    public Integer call() throws InterruptedException {
        try (var pelagos = Pelagos.open()) {
            out.println(form.of(container.builder(pelagos)).stripTrailing());
        }
        return 0;
    }
}
