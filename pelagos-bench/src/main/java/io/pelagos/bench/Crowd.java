package io.pelagos.bench;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import java.nio.file.Path;
import java.util.List;

/**
 * A thousand detached containers that sleep.
 *
 * @param first how long the first hundred took to start, in milliseconds
 * @param last how long the last hundred took
 * @param list how long it takes to list them all, warm
 */
record Crowd(double first, double last, double list) {
    private static final int SIZE = 1000;
    private static final int PART = 100;
    private static final int LISTINGS = 10;
    private static final double NANOS = 1e6;

    static Crowd measure(Pelagos pelagos, Path root) throws InterruptedException {
        start(pelagos, root, PART);
        remove(pelagos);
        try {
            double first = start(pelagos, root, PART);
            start(pelagos, root, SIZE - 2 * PART);
            double last = start(pelagos, root, PART);
            double list = Double.MAX_VALUE;
            for (int i = 0; i < LISTINGS; i++) {
                long before = System.nanoTime();
                int found = pelagos.containers().list().size();
                list = Math.min(list, (System.nanoTime() - before) / NANOS);
                if (found != SIZE) {
                    throw new IllegalStateException(found + " containers of " + SIZE);
                }
            }
            return new Crowd(first, last, list);
        } finally {
            remove(pelagos);
        }
    }

    private static double start(Pelagos pelagos, Path root, int count) {
        long before = System.nanoTime();
        for (int i = 0; i < count; i++) {
            var id =
                    pelagos.container(Rootfs.directory(root))
                            .command("sleep", "100000")
                            .startDetached()
                            .id();
            assert !id.isEmpty();
        }
        return (System.nanoTime() - before) / NANOS;
    }

    private static void remove(Pelagos pelagos) throws InterruptedException {
        for (var info : pelagos.containers().list()) {
            pelagos.containers().find(info.id()).remove(true);
        }
    }

    /** Says what was asked for and what came of it. */
    List<String> bars() {
        return List.of(
                line(
                        last <= 1.25 * first,
                        "of 1,000 detached containers the last hundred took %.0f ms, the first %.0f ms"
                                .formatted(last, first)),
                line(list < 100, "listing 1,000 takes %.0f ms, under 100".formatted(list)));
    }

    private static String line(boolean met, String text) {
        return (met ? "met      " : "NOT met  ") + text;
    }
}
