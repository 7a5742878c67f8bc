package io.pelagos.examples.cli;

import io.pelagos.core.Container;
import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.examples.InteractiveSession;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
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
            "The exit code is the program's, or 128 and the number of the signal that ended it; 125"
                    + " when",
            "pelagos itself failed, 126 and 127 when the program could not be executed or found."
        })
final class RunCommand implements Callable<Integer>, Debuggable {
    /** Nobody sees it: a JVM that ends by a signal says so itself. */
    private static final int STOPPED = 125;

    private static final System.Logger LOG = System.getLogger(RunCommand.class.getName());

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
        if (!container.isImage() && !container.run().detach()) {
            var spec = container.description().spec();
            if (WithoutNativeAccess.suits(spec)) {
                return withoutNativeAccess(spec);
            }
        }
        try (var pelagos = Pelagos.open()) {
            var builder = container.builder(pelagos);
            if (container.run().detach()) {
                out.println(builder.startDetached().id());
                return 0;
            }
            if (!container.run().terminal()) {
                return runToTheEnd(builder, null);
            }
            try (var session = InteractiveSession.open()) {
                builder.terminal(session.size().rows(), session.size().columns());
                return runToTheEnd(builder, session);
            }
        }
    }

    private int withoutNativeAccess(ContainerSpec spec) throws InterruptedException {
        return new WithoutNativeAccess(container.run().stopTimeout(), this::warn)
                .run(spec)
                .map(this::report)
                .orElse(STOPPED);
    }

    private int runToTheEnd(ContainerBuilder builder, @Nullable InteractiveSession session)
            throws InterruptedException {
        var starting = new CompletableFuture<Container>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(starting), "stop"));
        try (var started = builder.start()) {
            starting.complete(started);
            started.warnings().forEach(this::warn);
            if (session != null) {
                show(started, session);
            }
            return report(started.waitFor());
        } finally {
            // When the start has failed, the hook shall not wait for it.
            starting.cancel(false);
        }
    }

    private void show(Container started, InteractiveSession session) throws InterruptedException {
        var end = session.run(started.terminal(), started.onExit(), container.run().interactive());
        if (end == InteractiveSession.End.DETACHED) {
            err.println("pelagos: left " + started.name() + ", which ends with this command");
        }
    }

    /**
     * SIGINT and SIGTERM end the JVM, also while it starts the container; it asks the program to
     * end before it kills it.
     */
    private void stop(CompletableFuture<Container> starting) {
        try {
            starting.join().stop(container.run().stopTimeout());
        } catch (CancellationException e) {
            LOG.log(System.Logger.Level.DEBUG, "there is no container to stop", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void warn(String warning) {
        err.println("pelagos: warning: " + warning);
    }

    private int report(Exit exit) {
        if (exit instanceof Exit.OutOfMemory(long kills)) {
            err.println(
                    "pelagos: out of memory: the kernel ended "
                            + (kills == 1 ? "a process" : kills + " processes"));
        } else if (exit instanceof Exit.TimedOut(var after)) {
            err.println("pelagos: timeout: ended after " + after.toMillis() + " ms");
        }
        return exit.code();
    }
}
