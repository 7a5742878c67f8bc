package io.pelagos.examples.cli;

import io.pelagos.core.Container;
import io.pelagos.core.Pelagos;
import io.pelagos.core.spec.Exit;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Runs a program in a container, with the streams of the command line itself. */
@Command(
        name = "run",
        sortOptions = false,
        customSynopsis = "pelagos run [OPTION…] ROOTFS [--] CMD [ARGUMENT…]",
        description = "Run a program in a new container.",
        footer = {
            "",
            "The exit code is the program's, or 128 and the number of the signal that ended it; 125 when",
            "pelagos itself failed, 126 and 127 when the program could not be executed or found."
        })
final class RunCommand implements Callable<Integer>, Debuggable {
    @Mixin private ContainerOptions container = new ContainerOptions();
    @Mixin private StandardOptions standard = new StandardOptions();

    private final PrintWriter out;
    private final PrintWriter err;

    RunCommand(PrintWriter out, PrintWriter err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public boolean debug() {
        return standard.debug();
    }

    @Override
    public Integer call() throws InterruptedException {
        try (var pelagos = Pelagos.open()) {
            var builder = container.builder(pelagos);
            if (container.run().detach()) {
                var started = builder.start();
                warn(started);
                out.println(started.id());
                return 0;
            }
            try (var started = builder.start()) {
                stopWithTheJvm(started);
                warn(started);
                return report(started.waitFor());
            }
        }
    }

    /** SIGINT and SIGTERM end the JVM, which asks the program to end before it kills it. */
    private void stopWithTheJvm(Container started) {
        var stop =
                Thread.ofPlatform()
                        .name("stop " + started.name())
                        .unstarted(
                                () -> {
                                    try {
                                        started.stop(container.run().stopTimeout());
                                    } catch (InterruptedException e) {
                                        Thread.currentThread().interrupt();
                                    }
                                    started.close();
                                });
        Runtime.getRuntime().addShutdownHook(stop);
    }

    private void warn(Container started) {
        started.warnings().forEach(warning -> err.println("pelagos: warning: " + warning));
    }

    private int report(Exit exit) {
        switch (exit) {
            case Exit.Code _, Exit.Killed _ -> {}
            case Exit.OutOfMemory(long kills) ->
                    err.println(
                            "pelagos: out of memory: the kernel ended "
                                    + (kills == 1 ? "a process" : kills + " processes"));
            case Exit.TimedOut(var after) ->
                    err.println("pelagos: timeout: ended after " + after.toMillis() + " ms");
        }
        return exit.code();
    }
}
