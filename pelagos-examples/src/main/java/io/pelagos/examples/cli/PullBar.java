package io.pelagos.examples.cli;

import io.pelagos.image.PullListener;
import io.pelagos.image.spec.Digest;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** Draws how a pull goes on: one line for all layers on a terminal, else a line for each. */
final class PullBar implements PullListener, AutoCloseable {
    private static final int WIDTH = 40;
    private static final long STEP_NANOS = 50_000_000;
    private static final double MEBI = 1 << 20;

    private final PrintStream out;
    private final boolean terminal;
    private final Map<Digest, Progress> layers = new LinkedHashMap<>();
    private long drawn;
    private boolean shown;

    private PullBar(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Begins on standard error, which stays open. */
    @SuppressWarnings("SystemConsoleNull") // Without the module jdk.internal.le it can be null.
    static PullBar begin() {
        var console = System.console();
        return new PullBar(System.err, console != null && console.isTerminal());
    }

    @Override
    public synchronized void onProgress(Progress progress) {
        layers.put(progress.layer(), progress);
        if (!terminal) {
            if (progress.phase() == Phase.DONE) {
                out.printf("%s: %.1f MiB%n", progress.layer().shortHex(), progress.total() / MEBI);
            }
            return;
        }
        long now = System.nanoTime();
        if (progress.phase() != Phase.FETCHING || now - drawn > STEP_NANOS) {
            drawn = now;
            draw();
        }
    }

    private void draw() {
        long bytes = 0;
        long total = 0;
        int ended = 0;
        for (var layer : layers.values()) {
            bytes += layer.bytes();
            total += layer.total();
            ended += layer.phase() == Phase.DONE || layer.phase() == Phase.PRESENT ? 1 : 0;
        }
        if (total == 0) {
            return;
        }
        int full = (int) (WIDTH * bytes / total);
        out.printf(
                "\r[%s%s] %.1f of %.1f MiB, %d of %d layers",
                "#".repeat(full),
                " ".repeat(WIDTH - full),
                bytes / MEBI,
                total / MEBI,
                ended,
                layers.size());
        out.flush();
        shown = true;
    }

    @Override
    public synchronized void close() {
        if (shown) {
            out.println();
        }
    }
}
