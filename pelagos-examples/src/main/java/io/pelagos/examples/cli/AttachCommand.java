package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import io.pelagos.core.Pelagos;
import io.pelagos.examples.InteractiveSession;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what a container writes from now on, and passes standard input on. */
@Command(
        name = "attach",
        sortOptions = false,
        description = {
            "Show what a container writes from now on; the exit code is its own. Standard input is"
                    + " passed on to one that was started with run -d -i; its end is the end of the"
                    + " container's, too."
        })
final class AttachCommand extends ContainerCommand {
    @Option(
            names = "--no-stdin",
            description = "Pass nothing on: the container's standard input stays as it is.")
    private boolean noStdin;

    @Parameters(paramLabel = "CONTAINER", description = "Which.")
    private String container = "";

    AttachCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException, IOException {
        var found = pelagos.containers().find(container);
        if (found.hasTerminal()) {
            return show(found);
        }
        try (var stdout = new FileOutputStream(FileDescriptor.out);
                var stderr = new FileOutputStream(FileDescriptor.err)) {
            if (noStdin || !found.hasStdin()) {
                return found.attach(stdout, stderr).code();
            }
            try (var stdin = new FileInputStream(FileDescriptor.in)) {
                return found.attach(stdin, stdout, stderr).code();
            }
        }
    }

    private int show(DetachedContainer found) throws InterruptedException {
        try (var session = InteractiveSession.open();
                var terminal = found.terminal()) {
            // What it writes ends when it does, and everything that it wrote comes before.
            var end = session.run(terminal, new CompletableFuture<>(), !noStdin);
            if (end == InteractiveSession.End.ENDED) {
                return found.waitFor().code();
            }
            err().println("pelagos: left " + found.name() + ", which goes on");
            return 0;
        }
    }
}
