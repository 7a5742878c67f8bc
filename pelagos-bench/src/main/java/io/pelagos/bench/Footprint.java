package io.pelagos.bench;

import io.pelagos.core.Container;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.Stdio;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.stream.Collectors;

/**
 * What a running container takes beside its workload: the resident pages of its supervisor that no
 * other process shares in equal parts ({@code Pss} of {@code smaps_rollup}, see proc(5)), and what
 * the heap of the JVM grew by after a collection. What the kernel keeps for namespaces, mounts and
 * page tables is not counted.
 *
 * @param supervisor kilobytes of one supervisor
 * @param heap kilobytes of heap for each container
 */
record Footprint(double supervisor, double heap) {
    private static final int FIRST = 3;
    private static final int CONTAINERS = 50;
    private static final double KILOBYTE = 1024;

    double kilobytes() {
        return supervisor + heap;
    }

    static Footprint measure(Pelagos pelagos, Path root) throws IOException {
        var others =
                ProcessHandle.current()
                        .children()
                        .map(ProcessHandle::pid)
                        .collect(Collectors.toCollection(HashSet::new));
        var running = new ArrayList<Container>();
        // What is loaded and made once is not a container's.
        for (int i = 0; i < FIRST; i++) {
            start(pelagos, root).close();
        }
        long before = used();
        try {
            for (int i = 0; i < CONTAINERS; i++) {
                running.add(start(pelagos, root));
            }
            double heap = (used() - before) / KILOBYTE / CONTAINERS;
            double pages = 0;
            for (var child : ProcessHandle.current().children().toList()) {
                if (!others.contains(child.pid())) {
                    pages += proportional(child.pid());
                }
            }
            return new Footprint(pages / CONTAINERS, Math.max(0, heap));
        } finally {
            running.forEach(Container::close);
        }
    }

    private static Container start(Pelagos pelagos, Path root) {
        return pelagos.container(Rootfs.directory(root))
                .command("sleep", "1000")
                .stdin(Stdio.NULL)
                .stdout(Stdio.NULL)
                .stderr(Stdio.NULL)
                .start();
    }

    /** Kilobytes of a process: the pages it has, those it shares in equal parts. */
    static double proportional(long pid) throws IOException {
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
            return lines.filter(line -> line.startsWith("Pss:"))
                    .mapToDouble(line -> Double.parseDouble(line.split("\\s+", -1)[1]))
                    .sum();
        }
    }

    /** Bytes of heap of this JVM, after a collection. */
    static long used() {
        var memory = java.lang.management.ManagementFactory.getMemoryMXBean();
        for (int i = 0; i < 3; i++) {
            memory.gc();
        }
        return memory.getHeapMemoryUsage().getUsed();
    }

    @Override
    public String toString() {
        return "%.0f kB (supervisor %.0f, heap %.1f)".formatted(kilobytes(), supervisor, heap);
    }
}
