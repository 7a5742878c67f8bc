package io.pelagos.bench;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Starts and waits for {@code true}, in every way there is, in one run. */
final class StartBench {
    private static final List<Integer> THREADS = List.of(1, 2, 4, 8);

    private final Options options;
    private final Path checkout;

    StartBench(Options options, Path checkout) {
        this.options = options;
        this.checkout = checkout;
    }

    /**
     * What was measured.
     *
     * @param report the times
     * @param footprint the memory, unless only some times were asked for
     * @param missing peers that could not be measured
     */
    record Outcome(Report report, Optional<Footprint> footprint, List<String> missing) {}

    Outcome run() throws IOException, InterruptedException {
        try (var scratch = Scratch.make(options.scratch());
                var pelagos = Pelagos.open(PelagosPaths.under(scratch.subdirectory("pelagos")))) {
            var footprint =
                    options.wants("memory")
                            ? Optional.of(Footprint.measure(pelagos, scratch.root()))
                            : Optional.<Footprint>empty();
            var subjects = subjects(scratch, pelagos);
            try {
                var rows = options.rounds().measure(subjects);
                return new Outcome(
                        Report.ofContainers("start", rows), footprint, missing(subjects));
            } finally {
                for (var subject : subjects) {
                    subject.close();
                }
            }
        }
    }

    private List<Subject> subjects(Scratch scratch, Pelagos pelagos) throws IOException {
        var root = scratch.root();
        var peers = new Peers(scratch, checkout.resolve("pelagos-bench/target"));
        var all = new ArrayList<Subject>();
        Stream.of(peers.floor(), peers.bubblewrap(), peers.crun(), peers.runc())
                .flatMap(Optional::stream)
                .forEach(all::add);
        all.add(new PlainProcess("process", List.of(root.resolve("bin/true").toString()), false));
        all.add(Ours.attached(pelagos, root));
        all.add(Ours.child(pelagos, root));
        all.add(Ours.limited(pelagos, root));
        all.add(new Piped(pelagos, root));
        for (int threads : THREADS) {
            all.add(new Concurrent(Ours.attached(pelagos, root), threads));
        }
        all.addAll(Cold.subjects(checkout, root));
        var wanted = new ArrayList<Subject>();
        for (var subject : all) {
            if (options.wants(subject.name())) {
                wanted.add(subject);
            } else {
                subject.close();
            }
        }
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("--only: nothing of that name: " + options.only());
        }
        return wanted;
    }

    private List<String> missing(List<Subject> measured) {
        var names = new java.util.TreeSet<>(Set.of("floor", "bwrap", "crun", "runc"));
        measured.forEach(subject -> names.remove(subject.name()));
        names.removeIf(name -> !options.wants(name));
        return List.copyOf(names);
    }
}
