package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Prints what {@code run} would do; needs no privileges. */
@Command(
        name = "explain",
        sortOptions = false,
        customSynopsis = "pelagos explain [OPTION…] ROOTFS [--] CMD [ARGUMENT…]",
        description = "Print every system call that run would make for the same arguments.")
final class ExplainCommand implements Callable<Integer>, Debuggable {
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
    public Integer call() {
        try (var pelagos = Pelagos.open()) {
            out.print(container.builder(pelagos).explain());
        }
        return 0;
    }
}
