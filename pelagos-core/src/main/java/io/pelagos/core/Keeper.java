package io.pelagos.core;

import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.spec.Restart;
import java.time.Duration;
import java.time.Instant;

/**
 * Does for a detached container what its policies say for as long as this JVM lives: starts it
 * again after it has ended, or removes it. A virtual thread waits for each such container.
 */
final class Keeper {
    private static final System.Logger LOG = System.getLogger(Keeper.class.getName());
    private static final Duration FIRST_DELAY = Duration.ofMillis(100);
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);
    private static final int DOUBLINGS = 10;

    /** A run that lasted so long is no failure in a row. */
    private static final Duration LASTING = Duration.ofSeconds(10);

    private final Engine engine;
    private final DetachedContainer container;

    private Keeper(Engine engine, DetachedContainer container) {
        this.engine = engine;
        this.container = container;
    }

    /** Begins to look after a container, if there is anything to do for it while it runs. */
    static void keep(Engine engine, DetachedContainer container) {
        var state = container.state();
        var upkeep = state.upkeep();
        if (upkeep.removed() || !upkeep.restart().equals(Restart.NO)) {
            Thread.ofVirtual()
                    .name("pelagos-keeper-" + state.name())
                    .start(new Keeper(engine, container)::run);
        }
    }

    private void run() {
        try {
            boolean again;
            do {
                var ignored = container.waitFor();
                assert ignored != null;
                again = afterEnd();
            } while (again);
        } catch (InterruptedException | IllegalStateException | ContainerStateException e) {
            // Interrupted, closed, or removed by somebody.
            LOG.log(System.Logger.Level.DEBUG, "no longer looking after " + container, e);
        } catch (PelagosException e) {
            LOG.log(System.Logger.Level.WARNING, "no longer looking after " + container, e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "no longer looking after " + container, e);
        }
    }

    /** Returns whether the container runs again. */
    private boolean afterEnd() throws InterruptedException {
        var state = container.state();
        if (isDue(state)) {
            Thread.sleep(untilDue(state));
            return startUnlessChanged(state, inARow(state) + 1);
        }
        if (state.upkeep().removed()) {
            container.remove(false);
        }
        return false;
    }

    /** Tells whether the policy of a container wants it to run again. */
    static boolean isDue(ContainerState state) {
        var end = state.end();
        return end != null
                && !state.stopped()
                && switch (state.upkeep().restart()) {
                    case Restart.No() -> false;
                    case Restart.OnFailure(var most) ->
                            !end.exit().success() && (most == 0 || inARow(state) < most);
                    case Restart.Always(), Restart.UnlessStopped() -> true;
                };
    }

    /**
     * Tells whether a container is to run again because Pelagos has come back: {@code always} means
     * also after somebody has stopped it.
     */
    static boolean isDueAfterRecovery(ContainerState state) {
        return isDue(state)
                || (state.end() != null && state.upkeep().restart() instanceof Restart.Always);
    }

    /** Returns how long it is until a container that is due may be started again. */
    static Duration untilDue(ContainerState state) {
        var end = state.end();
        if (end == null || state.stopped()) {
            return Duration.ZERO;
        }
        var left = Duration.between(Instant.now(), end.at().plus(delay(inARow(state))));
        return left.isNegative() ? Duration.ZERO : shorter(left, LONGEST_DELAY);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Returns how many times its policy has started it without a run that lasted. */
    static int inARow(ContainerState state) {
        var end = state.end();
        var lasted =
                Duration.between(state.run().startedAt(), end == null ? Instant.now() : end.at());
        return lasted.compareTo(LASTING) < 0 ? state.restarts() : 0;
    }

    /** Doubles with each restart in a row. */
    static Duration delay(int restarts) {
        var doubled = FIRST_DELAY.multipliedBy(1L << Math.min(restarts, DOUBLINGS));
        return shorter(doubled, LONGEST_DELAY);
    }

    /** Somebody may have started, stopped or removed it during the delay. */
    private boolean startUnlessChanged(ContainerState seen, int restarts) {
        return new Detaching(engine)
                .changing(
                        seen.name(),
                        again -> {
                            var now = engine.states().read(seen.name()).orElse(null);
                            if (now == null || !now.id().equals(seen.id()) || now.stopped()) {
                                return false;
                            }
                            if (now.status() == Status.EXITED) {
                                var _ = again.apply(restarts);
                                DetachedHealth.monitor(engine, container);
                            }
                            return true;
                        });
    }
}
