package io.pelagos.bench;

import io.pelagos.image.spec.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The programs that pulls and pushes are measured beside, as far as they are installed. What one
 * run leaves is removed before the next one, and not counted.
 *
 * @param scratch where they keep what they pull
 * @param address of the registry
 * @param image what is pulled
 * @param layers the digests of its layers
 */
record ImagePeers(Scratch scratch, String address, SampleImage image, List<Digest> layers) {
    private static final String POLICY = "--insecure-policy";

    private String reference() {
        return address + "/" + image.name() + ":1";
    }

    /** One way to fetch or send it. */
    private record Peer(Scratch scratch, String name, List<String> command, Cleaning cleaning)
            implements Subject {
        @Override
        public String name() {
            return name;
        }

        @Override
        public long[] run(int times) throws IOException, InterruptedException {
            var nanos = new long[times];
            for (int i = 0; i < times; i++) {
                cleaning.run();
                Settled.await(scratch);
                nanos[i] = Command.timed(command);
            }
            cleaning.run();
            return nanos;
        }

        @Override
        public boolean slow() {
            return true;
        }
    }

    /** Removes what a run has left. */
    @FunctionalInterface
    private interface Cleaning {
        void run() throws IOException, InterruptedException;
    }

    /** {@code skopeo copy}, then {@code umoci unpack}. */
    Optional<Subject> skopeo(String name) throws IOException {
        var skopeo = Peers.onPath("skopeo");
        var umoci = Peers.onPath("umoci");
        // It knows no other compression.
        boolean possible = image.compression() == SampleImage.Compression.GZIP;
        if (skopeo.isEmpty() || umoci.isEmpty() || !possible) {
            return Optional.empty();
        }
        var apart = Apart.below(scratch, "skopeo");
        var layout = scratch.directory().resolve("skopeo/layout");
        var bundle = scratch.directory().resolve("skopeo/bundle");
        var script =
                "\"$1\" %s copy -q --src-tls-verify=false docker://\"$3\" oci:\"$4\":latest"
                                .formatted(POLICY)
                        + " && \"$2\" unpack --image \"$4\":latest \"$5\"";
        var command =
                apart.command(
                        List.of(
                                "sh",
                                "-c",
                                script,
                                "sh",
                                skopeo.get(),
                                umoci.get(),
                                reference(),
                                layout.toString(),
                                bundle.toString()));
        return Optional.of(
                new Peer(
                        scratch,
                        name,
                        command,
                        () -> {
                            apart.empty();
                            deleteAll(layout, bundle);
                        }));
    }

    private static void deleteAll(Path... directories) throws IOException {
        for (var directory : directories) {
            if (Files.exists(directory)) {
                Scratch.delete(directory);
            }
        }
    }

    /** {@code podman pull}. */
    Optional<Subject> podman(String name) throws IOException {
        var podman = Peers.onPath("podman");
        if (podman.isEmpty()) {
            return Optional.empty();
        }
        var apart = Apart.below(scratch, "podman");
        var command = new ArrayList<>(podman(podman.get(), "podman"));
        command.addAll(List.of("pull", "--quiet", "--tls-verify=false", reference()));
        return Optional.of(
                new Peer(
                        scratch,
                        name,
                        apart.command(command),
                        () -> {
                            apart.empty();
                            deleteAll(podmanRoot("podman"));
                        }));
    }

    private Path podmanRoot(String name) {
        return scratch.directory().resolve(name).resolve("root");
    }

    private List<String> podman(String program, String name) throws IOException {
        var settings = scratch.subdirectory(name).resolve("containers.conf");
        // Otherwise its locks stay in shared memory.
        Files.writeString(settings, "[engine]\nlock_type = \"file\"\n");
        return List.of(
                "env",
                "CONTAINERS_CONF=" + settings,
                program,
                "--root",
                podmanRoot(name).toString(),
                // As it is seen apart; a longer one is refused.
                "--runroot",
                "/run/containers",
                "--storage-driver=overlay",
                "--runtime=runc",
                "--events-backend=none");
    }

    /** {@code podman push} of what it has pulled once. */
    Optional<Subject> podmanPush(String name, LoopbackRegistry target)
            throws IOException, InterruptedException {
        var podman = Peers.onPath("podman");
        if (podman.isEmpty()) {
            return Optional.empty();
        }
        var apart = Apart.below(scratch, "podman-push");
        var other = target.address() + "/" + image.name() + ":1";
        var general = podman(podman.get(), "podman-push");
        var pull = new ArrayList<>(general);
        pull.addAll(List.of("pull", "--quiet", "--tls-verify=false", reference()));
        Command.timed(apart.command(pull));
        var push = new ArrayList<>(general);
        push.addAll(List.of("push", "--quiet", "--tls-verify=false", reference(), other));
        return Optional.of(new Peer(scratch, name, apart.command(push), target::empty));
    }

    /** What there is to do at least, layer by layer: fetch, decompress, unpack. */
    Optional<Subject> floor(String name) {
        if (Peers.onPath("curl").isEmpty()) {
            return Optional.empty();
        }
        var program = image.compression().program();
        var script = new StringBuilder("set -e -o pipefail; mkdir \"$1\";");
        for (var layer : layers) {
            script.append(
                    " curl -sf http://%s/v2/%s/blobs/%s | %s -d | tar x -C \"$1\";"
                            .formatted(address, image.name(), layer, program));
        }
        var root = scratch.directory().resolve("floor");
        return Optional.of(
                new Peer(
                        scratch,
                        name,
                        List.of("bash", "-c", script.toString(), "bash", root.toString()),
                        () -> deleteAll(root)));
    }

    /** Our command line, in a new JVM. */
    Subject cold(String name, Path checkout) throws IOException {
        var apart = Apart.below(scratch, "cold");
        var command = List.of(checkout.resolve("bin/pelagos").toString(), "pull", reference());
        return new Peer(scratch, name, apart.command(command), apart::empty);
    }
}
