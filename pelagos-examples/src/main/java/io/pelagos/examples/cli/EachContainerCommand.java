package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import io.pelagos.core.Pelagos;
import io.pelagos.core.PelagosException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Parameters;

/**
 * A command that does the same to each of several containers. One that fails is told, and does not
 * keep the others from their turn; the exit code is 1 then.
 */
abstract class EachContainerCommand extends ContainerCommand {
    private static final int SOME_FAILED = 1;

    @Parameters(
            arity = "1..*",
            paramLabel = "CONTAINER",
            description = "A name, an id, or the beginning of either that no other has.")
    private List<String> containers = new ArrayList<>();

    EachContainerCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    final int call(Pelagos pelagos) throws InterruptedException {
        int code = 0;
        for (var text : containers) {
            try {
                out().println(act(pelagos.containers().find(text), text));
            } catch (PelagosException | IllegalStateException e) {
                Failure.tell(e, err());
                code = SOME_FAILED;
            }
        }
        return code;
    }

    /**
     * Does it.
     *
     * @param container the container
     * @param text what it was called in the command
     * @return what is printed
     */
    abstract Object act(DetachedContainer container, String text) throws InterruptedException;
}
