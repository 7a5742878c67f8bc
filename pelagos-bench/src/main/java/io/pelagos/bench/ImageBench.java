package io.pelagos.bench;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.Images;
import io.pelagos.image.spec.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Pulls images to root file systems that can run, and pushes them, beside others, with a registry
 * on the loopback device. The images are made of the files of this machine.
 */
final class ImageBench {
    private static final Set<String> WAYS =
            Set.of(
                    "pull",
                    "cold",
                    "skopeo",
                    "podman",
                    "floor",
                    "again",
                    "push",
                    "podman-push",
                    "heap");
    private static final Set<String> PEERS = Set.of("skopeo", "podman", "floor", "podman-push");
    private static final int AGAIN = 20;

    private final Options options;
    private final Path checkout;
    private final Map<String, Integer> requests = new LinkedHashMap<>();
    private final Map<String, Double> heap = new LinkedHashMap<>();
    private final Set<String> missing = new TreeSet<>();

    ImageBench(Options options, Path checkout) {
        this.options = options;
        this.checkout = checkout;
        var known = new TreeSet<>(WAYS);
        SampleImage.all().forEach(image -> known.add(image.name()));
        for (var name : options.only()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException("--only: nothing of that name: " + name);
            }
        }
    }

    /**
     * What was measured.
     *
     * @param report the times
     * @param images of what
     * @param requests how many a second pull of each costs
     * @param heap megabytes of heap that each came to
     * @param missing what could not be measured, and why
     */
    record Outcome(
            Report report,
            List<SampleImage> images,
            Map<String, Integer> requests,
            Map<String, Double> heap,
            List<String> missing) {}

    /** Of images and of ways, all are meant when none is named. */
    private boolean wants(String name, Set<String> kind) {
        return options.only().stream().noneMatch(kind::contains) || options.only().contains(name);
    }

    private boolean wantsWay(String way) {
        return wants(way, WAYS);
    }

    Outcome run() throws IOException, InterruptedException {
        var names = SampleImage.all().stream().map(SampleImage::name).collect(Collectors.toSet());
        var images = new ArrayList<SampleImage>();
        var rows = new ArrayList<Summary>();
        String fileSystem = "";
        for (var image : SampleImage.all()) {
            if (!wants(image.name(), names)) {
                continue;
            }
            if (Peers.onPath(image.compression().program()).isEmpty()) {
                missing.add(
                        image.name()
                                + " was not measured: "
                                + image.compression().program()
                                + " is not installed");
                continue;
            }
            images.add(image);
            try (var scratch = Scratch.empty(options.scratch())) {
                fileSystem = scratch.fileSystem();
                rows.addAll(measure(image, scratch));
            }
        }
        var facts = new LinkedHashMap<String, Object>();
        facts.put("file_system", fileSystem);
        facts.put("requests_again", Map.copyOf(requests));
        facts.put("heap_mb", Map.copyOf(heap));
        facts.put("missing", List.copyOf(missing));
        return new Outcome(
                new Report("image", rows, relations(images), facts),
                images,
                requests,
                heap,
                List.copyOf(missing));
    }

    private static List<Report.Relation> relations(List<SampleImage> images) {
        var relations = new ArrayList<Report.Relation>();
        for (var image : images) {
            var name = image.name();
            for (var ours : List.of("pull", "cold")) {
                for (var peer : List.of("floor", "podman", "skopeo")) {
                    relations.add(new Report.Relation(name + "/" + ours, name + "/" + peer));
                }
            }
            relations.add(new Report.Relation(name + "/push", name + "/podman-push"));
        }
        return relations;
    }

    private List<Summary> measure(SampleImage image, Scratch scratch)
            throws IOException, InterruptedException {
        try (var registry = LoopbackRegistry.start(scratch.subdirectory("registry"));
                var target = LoopbackRegistry.start(scratch.subdirectory("target"));
                var sender = Pelagos.open(PelagosPaths.under(scratch.subdirectory("sender")));
                var sent = Images.open(sender);
                var receiver = Pelagos.open(PelagosPaths.under(scratch.subdirectory("receiver")));
                var received = Images.open(receiver)) {
            var reference = registry.address() + "/" + image.name() + ":1";
            var other = target.address() + "/" + image.name() + ":1";
            var layers = send(image, scratch, sent, reference);
            sent.tag(reference, other);
            var place = new Place(image, scratch, registry, target, sent, received, layers);
            var subjects = subjects(place, reference, other);
            try {
                if (wantsWay("again")) {
                    requests.put(image.name(), registry.requests(() -> sent.pull(reference)));
                }
                if (wantsWay("heap")) {
                    target.empty();
                    heap.put(image.name(), HeapProbe.measure(scratch, reference, other));
                }
                return subjects.isEmpty() ? List.of() : options.rounds().measure(subjects);
            } finally {
                for (var subject : subjects) {
                    subject.close();
                }
            }
        }
    }

    /** Where one image is measured. */
    private record Place(
            SampleImage image,
            Scratch scratch,
            LoopbackRegistry registry,
            LoopbackRegistry target,
            Images sent,
            Images received,
            List<Digest> layers) {}

    private static List<Digest> send(
            SampleImage image, Scratch scratch, Images images, String reference)
            throws IOException, InterruptedException {
        var layout = scratch.subdirectory("layout");
        var layers = image.write(layout);
        images.load(layout, reference);
        images.push(reference);
        Scratch.delete(layout);
        return layers;
    }

    private List<Subject> subjects(Place place, String reference, String other)
            throws IOException, InterruptedException {
        var name = place.image().name() + "/";
        var all = new ArrayList<Subject>();
        if (wantsWay("pull")) {
            all.add(new Repeated(name + "pull", () -> pull(place, reference), false));
        }
        if (wantsWay("push")) {
            all.add(new Repeated(name + "push", () -> push(place, other), false));
        }
        if (wantsWay("again")) {
            all.add(new Again(name + "again", place.sent(), reference));
        }
        var peers =
                new ImagePeers(
                        place.scratch(), place.registry().address(), place.image(), place.layers());
        if (wantsWay("cold")) {
            all.add(peers.cold(name + "cold", checkout));
        }
        for (var way : new TreeSet<>(PEERS)) {
            if (wantsWay(way)) {
                var peer = peer(peers, way, name + way, place.target());
                peer.ifPresentOrElse(
                        all::add,
                        () ->
                                missing.add(
                                        name
                                                + way
                                                + " was not measured: it is not installed, or"
                                                + " does not know the compression"));
            }
        }
        return all;
    }

    private static Optional<Subject> peer(
            ImagePeers peers, String way, String name, LoopbackRegistry target)
            throws IOException, InterruptedException {
        return switch (way) {
            case "skopeo" -> peers.skopeo(name);
            case "podman" -> peers.podman(name);
            case "floor" -> peers.floor(name);
            default -> peers.podmanPush(name, target);
        };
    }

    private static long pull(Place place, String reference)
            throws IOException, InterruptedException {
        Settled.await(place.scratch());
        long before = System.nanoTime();
        var image = place.received().pull(reference);
        long nanos = System.nanoTime() - before;
        place.received().remove(image.reference().toString());
        place.received().prune();
        return nanos;
    }

    private static long push(Place place, String other) throws IOException, InterruptedException {
        place.target().empty();
        Settled.await(place.scratch());
        long before = System.nanoTime();
        int layers = place.sent().push(other);
        long nanos = System.nanoTime() - before;
        if (layers != place.layers().size()) {
            throw new IOException("the registry had layers of " + other);
        }
        return nanos;
    }

    /**
     * A pull of what is there already.
     *
     * @param name of the subject
     * @param images where it is
     * @param reference what is pulled
     */
    private record Again(String name, Images images, String reference) implements Subject {
        @Override
        public long[] run(int times) throws InterruptedException {
            var nanos = new long[times * AGAIN];
            for (int i = 0; i < nanos.length; i++) {
                long before = System.nanoTime();
                var image = images.pull(reference);
                nanos[i] = System.nanoTime() - before;
                assert !image.layers().isEmpty();
            }
            return nanos;
        }
    }
}
