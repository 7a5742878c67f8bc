package io.pelagos.core;

import io.pelagos.core.spec.Exit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Waits for what a container of this JVM writes and does. */
final class AttachedCandidate implements Candidate {
    private final RunningContainer container;
    private final @Nullable AttachedHealth health;
    private final Map<Integer, OutputTap> outputs;
    private final OutputWatch watch;

    /**
     * Begins to look at the outputs.
     *
     * @param conditions what is waited for: a line is looked for from now on
     */
    AttachedCandidate(
            RunningContainer container,
            @Nullable AttachedHealth health,
            Map<Integer, OutputTap> outputs,
            List<Ready> conditions) {
        this.container = container;
        this.health = health;
        this.outputs = outputs;
        var patterns = new ArrayList<Pattern>();
        for (var condition : conditions) {
            if (condition instanceof Ready.Log(var pattern)) {
                patterns.add(pattern);
            }
        }
        watch = new OutputWatch(outputs, patterns, Readiness.LAST_LINES);
    }

    static InvalidSpecException withoutHealthCheck(String name) {
        return new InvalidSpecException(
                "awaitReady", Ready.healthy().toString(), name + " has no health check");
    }

    static InvalidSpecException withoutOutput(Ready ready) {
        return new InvalidSpecException(
                "awaitReady",
                ready.toString(),
                "no output of the container is a pipe or a channel, where its lines could be seen");
    }

    @Override
    public String name() {
        return container.name();
    }

    @Override
    public boolean awaitLine(Pattern pattern, Duration atMost) throws InterruptedException {
        if (outputs.isEmpty()) {
            throw withoutOutput(new Ready.Log(pattern));
        }
        var found = watch.found(pattern);
        if (!awaitOrEnd(found, atMost) && !container.isAlive()) {
            watch.finish();
        }
        return found.isDone();
    }

    @Override
    public boolean awaitHealthy(Duration atMost) throws InterruptedException {
        if (health == null) {
            throw withoutHealthCheck(name());
        }
        return awaitOrEnd(health.onHealthy(), atMost);
    }

    /** Returns whether something has come about, and not the end or the end of the time. */
    private boolean awaitOrEnd(CompletableFuture<Void> event, Duration atMost)
            throws InterruptedException {
        try {
            CompletableFuture.anyOf(event, container.onExit())
                    .get(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting for " + name(), e.getCause());
        }
        return event.isDone();
    }

    @Override
    public Optional<Exit> awaitEnd(Duration atMost) throws InterruptedException {
        return container.waitFor(atMost);
    }

    @Override
    public Execs door() {
        return container.door();
    }

    @Override
    public HealthProbe probe() {
        return container.probe();
    }

    @Override
    public List<String> lastLines(int most) throws InterruptedException {
        watch.finish();
        var all = watch.lastLines();
        return all.subList(Math.max(0, all.size() - most), all.size());
    }

    @Override
    public void close() {
        watch.close();
        long dropped = watch.dropped();
        if (dropped > 0) {
            container.warn(
                    dropped
                            + " bytes of its output were dropped: nobody read them while its"
                            + " readiness was waited for");
        }
    }
}
