package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints what {@code run} would do; needs no privileges. */
@Command(
        name = "explain",
        sortOptions = false,
        customSynopsis = "pelagos explain [OPTION…] ROOTFS [--] CMD [ARGUMENT…]",
        description = "Print every system call that run would make for the same arguments.")
final class ExplainCommand implements Callable<Integer>, Debuggable {
    @Spec private CommandSpec spec;

    @Mixin private ContainerOptions container = new ContainerOptions();
    @Mixin private StandardOptions standard = new StandardOptions();

    ExplainCommand() {}

    @Override
    public boolean debug() {
        return standard.debug();
    }

    @Override
    public Integer call() {
        try (var pelagos = Pelagos.open()) {
            spec.commandLine().getOut().print(container.builder(pelagos).explain());
        }
        return 0;
    }
}
