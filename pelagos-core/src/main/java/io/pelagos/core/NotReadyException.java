package io.pelagos.core;

import io.pelagos.core.spec.Exit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A container has ended, or the time was up, before it was ready. */
public final class NotReadyException extends PelagosException {
    private static final long serialVersionUID = 1L;

    /** How it has ended; null while it runs. */
    private final transient @Nullable Exit exit;

    /** What it wrote last. */
    private final transient List<String> lastLines;

    NotReadyException(String message, @Nullable Exit exit, List<String> lastLines) {
        super(
                lastLines.isEmpty()
                        ? message + "; it has written nothing"
                        : message + "; its last lines:\n" + String.join("\n", lastLines));
        this.exit = exit;
        this.lastLines = List.copyOf(lastLines);
    }

    /**
     * Returns how it has ended.
     *
     * @return how, or empty when it still runs
     */
    public Optional<Exit> exit() {
        return Optional.ofNullable(exit);
    }

    /**
     * Returns what it wrote last.
     *
     * @return at most 50 lines of both streams
     */
    public List<String> lastLines() {
        return lastLines;
    }
}
