package io.pelagos.bench;

import io.pelagos.core.Container;
import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Stdio;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What comes after a start: further processes, layers, forks, and many containers at once. */
final class LifeBench {
    private static final int LAYERS = 100;

    private final Options options;
    private final Path checkout;

    LifeBench(Options options, Path checkout) {
        this.options = options;
        this.checkout = checkout;
    }

    /**
     * What was measured.
     *
     * @param report the times
     * @param crowd many detached containers, unless only some times were asked for
     */
    record Outcome(Report report, Optional<Crowd> crowd) {}

    Outcome run() throws IOException, InterruptedException {
        try (var scratch = Scratch.make(options.scratch());
                var pelagos = Pelagos.open(PelagosPaths.under(scratch.subdirectory("pelagos")));
                var running = sleeping(pelagos, Rootfs.directory(scratch.root()));
                var layered = sleeping(pelagos, Rootfs.layers(layers(scratch, 1)))) {
            var crowd =
                    options.wants("crowd")
                            ? Optional.of(Crowd.measure(pelagos, scratch.root()))
                            : Optional.<Crowd>empty();
            var subjects = subjects(scratch, pelagos, running, layered);
            try {
                return new Outcome(
                        Report.ofContainers("life", options.rounds().measure(subjects)), crowd);
            } finally {
                for (var subject : subjects) {
                    subject.close();
                }
            }
        }
    }

    private static Container sleeping(Pelagos pelagos, Rootfs rootfs) {
        return quiet(pelagos.container(rootfs).command("sleep", "100000")).start();
    }

    private static ContainerBuilder quiet(ContainerBuilder builder) {
        return builder.stdin(Stdio.NULL).stdout(Stdio.NULL).stderr(Stdio.NULL);
    }

    /** The root file system, and empty layers over it. */
    private static List<Path> layers(Scratch scratch, int count) throws IOException {
        var layers = new ArrayList<Path>();
        layers.add(scratch.root());
        for (int i = 1; i < count; i++) {
            layers.add(Files.createDirectories(scratch.directory().resolve("layers/" + i)));
        }
        return layers;
    }

    private List<Subject> subjects(
            Scratch scratch, Pelagos pelagos, Container running, Container layered)
            throws IOException, InterruptedException {
        var all = new ArrayList<Subject>();
        add(all, "exec", () -> exec(running));
        var peers = new Peers(scratch, checkout.resolve("pelagos-bench/target"));
        if (options.wants("exec-crun")) {
            peers.crunExec().ifPresent(all::add);
        }
        if (options.wants("exec-runc")) {
            peers.runcExec().ifPresent(all::add);
        }
        for (int count : List.of(1, LAYERS)) {
            var rootfs = Rootfs.layers(layers(scratch, count));
            add(all, "layers-" + count, () -> run(pelagos.container(rootfs).command("true")));
        }
        add(all, "fork", () -> fork(layered));
        if (all.isEmpty() && !options.wants("crowd")) {
            throw new IllegalArgumentException("--only: nothing of that name: " + options.only());
        }
        return all;
    }

    private void add(List<Subject> all, String name, Repeated.Once once) {
        if (options.wants(name)) {
            all.add(new Repeated(name, once, false));
        }
    }

    private static long exec(Container container) throws IOException, InterruptedException {
        long before = System.nanoTime();
        var builder =
                container.exec("true").stdin(Stdio.NULL).stdout(Stdio.NULL).stderr(Stdio.NULL);
        try (var exec = builder.start()) {
            var exit = exec.waitFor();
            long nanos = System.nanoTime() - before;
            Ours.check(exit);
            return nanos;
        }
    }

    private static long run(ContainerBuilder builder) throws IOException, InterruptedException {
        long before = System.nanoTime();
        try (var container = quiet(builder).start()) {
            var exit = container.waitFor();
            long nanos = System.nanoTime() - before;
            Ours.check(exit);
            return nanos;
        }
    }

    /** From a container that runs to another that runs with its files. */
    private static long fork(Container container) {
        long before = System.nanoTime();
        try (var snapshot = container.snapshot();
                var forked = quiet(snapshot.fork().command("sleep", "100000")).start()) {
            long nanos = System.nanoTime() - before;
            forked.kill();
            return nanos;
        }
    }
}
