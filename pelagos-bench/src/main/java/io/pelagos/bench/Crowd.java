package io.pelagos.bench;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A thousand detached containers that sleep.
 *
 * @param first how long the first hundred took to start, in milliseconds
 * @param last how long the last hundred took
 * @param list how long it takes to list them all, warm
 * @param supervisor kilobytes of one supervisor: the resident pages that no other process shares in
 *     equal parts
 * @param heap kilobytes of heap of this JVM for each
 */
record Crowd(double first, double last, double list, double supervisor, double heap) {
    private static final int SIZE = 1000;
    private static final int PART = 100;
    private static final int LISTINGS = 10;
    private static final double NANOS = 1e6;
    private static final double KILOBYTE = 1024;
    private static final double KILOBYTES = 150;

    static Crowd measure(Pelagos pelagos, Path root) throws IOException, InterruptedException {
        start(pelagos, root, PART);
        remove(pelagos);
        long before = Footprint.used();
        try {
            double first = start(pelagos, root, PART);
            start(pelagos, root, SIZE - 2 * PART);
            double last = start(pelagos, root, PART);
            double list = Double.MAX_VALUE;
            for (int i = 0; i < LISTINGS; i++) {
                long begin = System.nanoTime();
                int found = pelagos.containers().list().size();
                list = Math.min(list, (System.nanoTime() - begin) / NANOS);
                if (found != SIZE) {
                    throw new IllegalStateException(found + " containers of " + SIZE);
                }
            }
            double heap = Math.max(0, (Footprint.used() - before) / KILOBYTE / SIZE);
            return new Crowd(first, last, list, supervisors(pelagos) / SIZE, heap);
        } finally {
            remove(pelagos);
        }
    }

    /** Adds up what those processes take that are there for the containers' own. */
    private static double supervisors(Pelagos pelagos) throws IOException {
        double pages = 0;
        for (var info : pelagos.containers().list()) {
            var supervisor =
                    ProcessHandle.of(info.pid())
                            .flatMap(ProcessHandle::parent)
                            .orElseThrow(() -> new IOException(info.id() + " has no supervisor"));
            pages += Footprint.proportional(supervisor.pid());
        }
        return pages;
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
    void judge(Verdicts verdicts) {
        verdicts.add(
                last <= 1.25 * first,
                "of 1,000 detached containers the last hundred took %.0f ms, the first %.0f ms"
                        .formatted(last, first));
        verdicts.add(list < 100, "listing 1,000 takes %.0f ms, under 100".formatted(list));
        verdicts.add(
                supervisor + heap <= KILOBYTES,
                "beside the workload each takes %.0f kB (supervisor %.0f, heap %.1f), at most %.0f"
                        .formatted(supervisor + heap, supervisor, heap, KILOBYTES));
    }
}
