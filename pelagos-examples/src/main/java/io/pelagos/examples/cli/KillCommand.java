package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import io.pelagos.core.spec.Signal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Send a signal to containers. */
@Command(name = "kill", sortOptions = false, description = "Send a signal to containers.")
final class KillCommand extends EachContainerCommand {
    @Option(
            names = {"-s", "--signal"},
            paramLabel = "SIGNAL",
            description = "Which (default: SIGKILL, to every process).")
    private Signal signal = Signal.KILL;

    KillCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    Object act(DetachedContainer container, String text) {
        if (signal.equals(Signal.KILL)) {
            container.kill();
        } else if (!container.signal(signal)) {
            throw new IllegalStateException("the container " + text + " is not running");
        }
        return text;
    }
}
