package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.core.spec.TerminalSize;
import io.pelagos.image.PullListener;
import io.pelagos.image.spec.Digest;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Draws how a pull goes on: a bar for each layer and a line for all on a terminal, else a line for
 * each layer that has come. Where there are more layers than room, those that have come go first.
 */
final class PullBars implements PullListener, AutoCloseable {
    private static final int WIDTH = 30;
    private static final int MOST = 20;
    private static final long STEP_NANOS = 50_000_000;
    private static final double MEBI = 1 << 20;

    private final PrintStream out;
    private final Supplier<Optional<TerminalSize>> size;
    private final LinesInPlace lines;
    private final Map<Digest, Progress> layers = new LinkedHashMap<>();
    private long drawn;
    private boolean isBehind;

    /**
     * Begins.
     *
     * @param out where to, which stays open
     * @param size how large the terminal is just now; empty when that is none
     */
    PullBars(PrintStream out, Supplier<Optional<TerminalSize>> size) {
        this.out = out;
        this.size = size;
        lines = new LinesInPlace(out);
    }

    /** Begins on standard error, which stays open. */
    static PullBars begin(Pelagos pelagos) {
        return new PullBars(System.err, () -> ErrorTerminal.size(pelagos.kernel()));
    }

    @Override
    public synchronized void onProgress(Progress progress) {
        layers.put(progress.layer(), progress);
        var room = size.get();
        if (room.isEmpty()) {
            if (progress.phase() == Phase.DONE) {
                out.printf(
                        Locale.ROOT,
                        "%s: %.1f MiB%n",
                        progress.layer().shortHex(),
                        progress.total() / MEBI);
            }
            return;
        }
        long now = System.nanoTime();
        isBehind = progress.phase() == Phase.FETCHING && now - drawn < STEP_NANOS;
        if (!isBehind) {
            drawn = now;
            draw(room.get());
        }
    }

    private void draw(TerminalSize room) {
        var all = new ArrayList<String>();
        for (var layer : shown(Math.min(MOST, room.rows() - 2))) {
            all.add(line(layer));
        }
        all.add(sum());
        lines.draw(all, room.columns());
    }

    /** Those that there is room for, in their order. */
    private List<Progress> shown(int most) {
        var shown = new ArrayList<>(layers.values());
        for (var it = shown.iterator(); shown.size() > most && it.hasNext(); ) {
            if (hasCome(it.next())) {
                it.remove();
            }
        }
        return shown.subList(0, Math.clamp(most, 0, shown.size()));
    }

    private static boolean hasCome(Progress layer) {
        return layer.phase() == Phase.DONE || layer.phase() == Phase.PRESENT;
    }

    private static String line(Progress layer) {
        var said =
                switch (layer.phase()) {
                    case WAITING -> "waits";
                    case FETCHING -> bar(layer) + " " + ofTotal(layer.bytes(), layer.total());
                    case PRESENT -> "was here";
                    case DONE -> String.format(Locale.ROOT, "%.1f MiB", layer.total() / MEBI);
                };
        return layer.layer().shortHex() + ": " + said;
    }

    private static String bar(Progress layer) {
        int full =
                layer.total() <= 0
                        ? 0
                        : Math.clamp(WIDTH * layer.bytes() / layer.total(), 0, WIDTH);
        return "[" + "#".repeat(full) + " ".repeat(WIDTH - full) + "]";
    }

    private static String ofTotal(long bytes, long total) {
        return String.format(Locale.ROOT, "%.1f of %.1f MiB", bytes / MEBI, total / MEBI);
    }

    private String sum() {
        long bytes = 0;
        long total = 0;
        int ended = 0;
        for (var layer : layers.values()) {
            bytes += layer.bytes();
            total += layer.total();
            ended += hasCome(layer) ? 1 : 0;
        }
        return ofTotal(bytes, total) + ", " + ended + " of " + layers.size() + " layers";
    }

    /** Leaves the lines as they are at the end, however that came. */
    @Override
    public synchronized void close() {
        if (isBehind) {
            size.get().ifPresent(this::draw);
        }
    }
}
