package io.pelagos.core;

import io.pelagos.core.ContainerEvent.Kind;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.PastRun;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.spec.Exit;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds out by comparison what has happened to containers between two looks at their states. */
final class EventSource {
    private final Consumer<ContainerEvent> sink;
    private Map<String, ContainerState> known = new HashMap<>();

    EventSource(List<ContainerState> now, Consumer<ContainerEvent> sink) {
        this.sink = sink;
        now.forEach(state -> known.put(state.id(), state));
    }

    /** Compares with everything that there is now, and tells what has happened. */
    void look(List<ContainerState> now) {
        var before = known;
        known = new LinkedHashMap<>();
        for (var state : now) {
            known.put(state.id(), state);
            changes(before.remove(state.id()), state);
        }
        before.values().forEach(state -> tell(Kind.REMOVED, state));
    }

    private void changes(@Nullable ContainerState before, ContainerState now) {
        if (before == null) {
            tell(Kind.CREATED, now);
        } else if (!before.name().equals(now.name())) {
            tell(Kind.RENAMED, now);
        }
        for (var run : now.past()) {
            passed(before, now, run);
        }
        var same =
                before != null && before.run().startedAt().equals(now.run().startedAt())
                        ? before
                        : null;
        if (before != null && same == null && isUnseenEnd(before, now)) {
            // More runs than are kept went by between two looks; how it ended is not known.
            tell(Kind.DIED, before);
        }
        if (now.run().process() != null && (same == null || same.run().process() == null)) {
            tell(Kind.STARTED, now.end() == null ? now : now.beforeEnd());
        }
        if (now.end() != null && (same == null || same.end() == null)) {
            died(now, now.end().exit());
        }
        if (same != null && same.health() != now.health()) {
            tell(Kind.HEALTH, now);
        }
    }

    /** Tells of a run that is over, as far as that was not seen before. */
    private void passed(@Nullable ContainerState before, ContainerState now, PastRun run) {
        var seen = before == null ? Instant.MIN : before.run().startedAt();
        if (run.startedAt().isBefore(seen)) {
            return;
        }
        var same = before != null && run.startedAt().equals(seen) ? before : null;
        if (same != null && same.end() != null) {
            return;
        }
        var then = now.at(run);
        if (same == null || same.run().process() == null) {
            tell(Kind.STARTED, then.beforeEnd());
        }
        died(then, run.end().exit());
    }

    private static boolean isUnseenEnd(ContainerState before, ContainerState now) {
        return before.status() == Status.RUNNING
                && now.past().stream()
                        .noneMatch(run -> run.startedAt().equals(before.run().startedAt()));
    }

    private void died(ContainerState now, Exit exit) {
        tell(Kind.DIED, now);
        if (exit instanceof Exit.OutOfMemory) {
            tell(Kind.OOM, now);
        }
        if (now.stopped()) {
            tell(Kind.STOPPED, now);
        }
    }

    private void tell(Kind kind, ContainerState state) {
        sink.accept(new ContainerEvent(kind, ContainerInfo.of(state)));
    }
}
