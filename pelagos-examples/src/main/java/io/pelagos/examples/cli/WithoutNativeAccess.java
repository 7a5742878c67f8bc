package io.pelagos.examples.cli;

import io.pelagos.core.ProcessLauncher;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Signal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * One run without {@code java.lang.foreign}, which a cold JVM takes longer to get ready than to
 * start a container.
 */
final class WithoutNativeAccess {
    private final ProcessLauncher launcher;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean stopping;

    /**
     * Prepares it.
     *
     * @param stopTimeout how long the program may take to end when the JVM is asked to
     * @param warnings takes what the container is started without
     */
    WithoutNativeAccess(Duration stopTimeout, Consumer<String> warnings) {
        launcher =
                ProcessLauncher.of(PelagosPaths.current())
                        .onWarning(warnings)
                        .gracePeriod(stopTimeout);
    }

    /** Tells whether a container can be had so. */
    static boolean suits(ContainerSpec spec) {
        // No other signal is sent by a JVM without native access.
        return spec.stopSignal().number() == Signal.TERM.number() && ProcessLauncher.canRun(spec);
    }

    /** Runs it to its end; empty when that came because the JVM ends. */
    Optional<Exit> run(ContainerSpec spec) throws InterruptedException {
        var caller = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(caller), "stop"));
        try {
            return Optional.of(launcher.run(spec));
        } catch (InterruptedException e) {
            if (stopping) {
                return Optional.empty();
            }
            throw e;
        } finally {
            ended.countDown();
        }
    }

    /** SIGINT and SIGTERM end the JVM, which asks the program to end before it kills it. */
    private void stop(Thread caller) {
        if (ended.getCount() == 0) {
            return;
        }
        stopping = true;
        caller.interrupt();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
