package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import picocli.CommandLine.Command;

/** Puts in order what processes have left that ended before their time. */
@Command(
        name = "cleanup",
        description =
                "Put in order what was left by processes that were killed, and start containers again"
                        + " whose policy says so.")
final class CleanupCommand extends ContainerCommand {
    CleanupCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        pelagos.recover().forEach(out()::println);
        return 0;
    }
}
