package io.pelagos.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.examples.Main;
import io.pelagos.examples.Program;
import io.pelagos.examples.Root;
import io.pelagos.examples.Screen;
import io.pelagos.examples.SmallImage;
import io.pelagos.image.testing.Fault;
import io.pelagos.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commands about images, each in a JVM of its own, which sees a store of the test's own in the
 * place of the usual one.
 */
class ImageCommandsIT {
    private static final Path UNSHARE = Path.of("/usr/bin/unshare");

    @TempDir private Path folder;

    private TestRegistry registry;

    @BeforeEach
    void open() throws Exception {
        Root.required();
        assumeTrue(Files.isExecutable(UNSHARE), "unshare(1) is not installed");
        Files.createDirectories(folder.resolve("store"));
        registry = TestRegistry.start();
        SmallImage.put(
                registry,
                "app:1",
                folder.resolve("image"),
                """
                {"config": {"Cmd": ["echo", "from the image"], "Volumes": {"/data": {}},
                            "ExposedPorts": {"80/tcp": {}}},
                 "history": [{"created_by": "ADD busybox"},
                             {"created_by": "CMD echo", "empty_layer": true}]}
                """,
                Map.of());
    }

    @AfterEach
    void close() {
        registry.close();
    }

    private String name(String rest) {
        return registry.address() + "/" + rest;
    }

    private Program pelagos(String... arguments) throws IOException, InterruptedException {
        return Program.run("", command(arguments));
    }

    private List<String> command(String... arguments) {
        var command =
                new ArrayList<>(
                        List.of(
                                UNSHARE.toString(),
                                "--mount",
                                "sh",
                                "-c",
                                "mkdir -p /var/lib/pelagos && mount --bind \"$0\""
                                        + " /var/lib/pelagos && exec \"$@\"",
                                folder.resolve("store").toString()));
        command.addAll(List.of(Program.commandWithImages(Main.class)));
        command.addAll(List.of(arguments));
        return command;
    }

    private String output(String... arguments) throws IOException, InterruptedException {
        var program = pelagos(arguments);
        assertThat(program.code()).as(program.toString()).isZero();
        return program.out();
    }

    private String pulled() throws IOException, InterruptedException {
        var pull = pelagos("pull", name("app:1"));
        assertThat(pull.code()).as(pull.toString()).isZero();
        // No bar where there is no terminal, but a line for the layer.
        assertThat(pull.err()).containsPattern("[0-9a-f]{12}: [0-9.]+ MiB").doesNotContain("\r");
        return pull.out().strip();
    }

    private byte[] layer(String file) throws IOException, InterruptedException {
        var tree = Files.createDirectories(folder.resolve("layer-" + file));
        Files.writeString(tree.resolve(file), "x");
        var tar = new ProcessBuilder("tar", "-czf", "-", "-C", tree.toString(), ".").start();
        var layer = tar.getInputStream().readAllBytes();
        assertThat(tar.waitFor()).isZero();
        return layer;
    }

    /** Runs a command on a terminal of a size, and returns what that shows at the end. */
    private List<String> onTerminal(int rows, int columns, List<String> command)
            throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script(1) is not installed");
        var words =
                command.stream()
                        .map(it -> "'" + it.replace("'", "'\\''") + "'")
                        .collect(Collectors.joining(" "));
        var line = "stty rows %d cols %d; TERM=xterm %s".formatted(rows, columns, words);
        var program = Program.run("", List.of("script", "-qec", line, "/dev/null"));
        return Screen.of(program.out(), columns);
    }

    @Test
    void aTerminalShowsABarForEachLayerAndIsLeftInOrder() throws Exception {
        registry.putImage("two:1", layer("a"), layer("b"));
        var screen = onTerminal(24, 80, command("pull", name("two:1"), name("two:1")));
        assertThat(screen).hasSize(8);
        assertThat(screen.subList(0, 2)).allMatch(it -> it.matches("[0-9a-f]{12}: 0\\.0 MiB"));
        assertThat(screen.get(2)).isEqualTo("0.0 of 0.0 MiB, 2 of 2 layers");
        assertThat(screen.get(3)).startsWith("sha256:");
        assertThat(screen.subList(4, 6)).allMatch(it -> it.matches("[0-9a-f]{12}: was here"));
        assertThat(screen.get(7)).isEqualTo(screen.get(3));
    }

    @Test
    void whatGoesWrongIsSaidBelowTheBars() throws Exception {
        registry.putImage("two:1", layer("a"), layer("b"));
        registry.fault(Fault.status(404).path("/blobs/").after(1).times(Fault.ALWAYS));
        var screen = onTerminal(24, 80, command("pull", name("two:1")));
        assertThat(screen.subList(0, 2)).allMatch(it -> it.matches("[0-9a-f]{12}: .*"));
        assertThat(screen.get(2)).endsWith(" of 2 layers");
        assertThat(screen.get(3)).startsWith("pelagos: blob sha256:");
    }

    @Test
    void anImageIsLookedAtFromAllSides() throws Exception {
        var digest = pulled();
        assertThat(digest).startsWith("sha256:");
        assertThat(output("image", "inspect", name("app:1")))
                .contains(digest, "\"80/tcp\"", "\"/data\"", "\"diffId\"", "\"Cmd\"");
        var history = output("image", "history", name("app:1")).lines().toList();
        assertThat(history).hasSize(3);
        assertThat(history.get(1)).contains("CMD echo").contains(" 0 ");
        assertThat(history.get(2)).contains("ADD busybox").containsPattern("[0-9a-f]{12}");
        assertThat(output("image", "tags", name("app"))).isEqualTo("1\n");
        assertThat(output("system", "df", "--format", "type,count").lines())
                .containsExactly(
                        "images\t1", "layers\t1", "blobs\t1", "volumes\t0", "build cache\t0");
        assertThat(output("system", "df")).contains("RECLAIMABLE").contains("MiB");
    }

    @Test
    void damageIsToldAndRepaired() throws Exception {
        pulled();
        assertThat(output("image", "verify", name("app:1"))).endsWith(": sound\n");
        try (var blobs = Files.newDirectoryStream(folder.resolve("store/blobs"), "*.tar.gz")) {
            for (var blob : blobs) {
                Files.writeString(blob, "other");
            }
        }
        var verified = pelagos("image", "verify", name("app:1"));
        assertThat(verified.code()).isEqualTo(1);
        assertThat(verified.out()).endsWith(": damaged\n");
        assertThat(verified.err()).contains("layer sha256:");
        assertThat(output("image", "verify", "--repair", name("app:1"))).endsWith(": sound\n");
        try (var trees = Files.newDirectoryStream(folder.resolve("store/layers"))) {
            for (var tree : trees) {
                Files.writeString(tree.resolve("added"), "other");
            }
        }
        assertThat(output("image", "verify", "--quick", name("app:1"))).endsWith(": sound\n");
        var changed = pelagos("image", "verify", name("app:1"));
        assertThat(changed.code()).isEqualTo(1);
        assertThat(changed.err()).contains("\"added\" is not in the layer");
        assertThat(output("image", "verify", "--repair", name("app:1"))).endsWith(": sound\n");
    }

    @Test
    void anImageIsCopiedToAnotherRegistry() throws Exception {
        try (var other = TestRegistry.start()) {
            var digest = output("image", "copy", name("app:1"), other.address() + "/copy:2");
            assertThat(other.tags("copy")).containsExactly("2");
            assertThat(output("pull", other.address() + "/copy:2")).isEqualTo(digest);
        }
    }

    @Test
    void whatNobodyNeedsIsToldBeforeItIsRemoved() throws Exception {
        pulled();
        output("image", "rm", name("app:1"));
        var dry = output("image", "prune", "--dry-run");
        assertThat(dry).contains("sha256:").endsWith("bytes would be freed\n");
        assertThat(folder.resolve("store/layers")).isNotEmptyDirectory();
        assertThat(output("image", "prune")).endsWith("bytes freed\n");
        assertThat(folder.resolve("store/layers")).isEmptyDirectory();
        var cache = Files.createDirectories(folder.resolve("store/build-cache"));
        var step = Files.writeString(cache.resolve("0".repeat(64)), "sha256:" + "1".repeat(64));
        assertThat(output("system", "df", "--format", "type,count,reclaimable"))
                .endsWith("build cache\t1\t71 B\n");
        output("image", "prune");
        assertThat(step).exists();
        assertThat(output("image", "prune", "--build-cache")).endsWith("71 bytes freed\n");
        assertThat(step).doesNotExist();
    }

    @Test
    void imagesAreRunByThePolicyForPulls() throws Exception {
        var never = pelagos("run", "--pull", "never", name("app:1"));
        assertThat(never.code()).isEqualTo(125);
        assertThat(never.err()).contains("pull it first");
        assertThat(output("run", name("app:1"))).isEqualTo("from the image\n");
        registry.clearRequests();
        assertThat(output("run", "--pull", "missing", name("app:1"), "echo", "x")).isEqualTo("x\n");
        assertThat(registry.requests()).isEmpty();
        output("run", "--pull", "always", name("app:1"));
        assertThat(registry.requests()).hasSize(1);
        var other = pelagos("run", "--platform", "linux/riscv64", name("app:1"));
        assertThat(other.code()).isEqualTo(125);
        assertThat(other.err()).contains("no image for linux/riscv64");
        registry.close();
        assertThat(output("run", "--pull", "newer", name("app:1"))).isEqualTo("from the image\n");
        assertThat(pelagos("run", "--pull", "always", name("app:1")).code()).isEqualTo(125);
    }

    @Test
    void aPlatformIsForImagesOnly() throws Exception {
        var program = pelagos("run", "--platform", "linux/arm64", "host", "true");
        assertThat(program.code()).isEqualTo(125);
        assertThat(program.err()).contains("--platform").contains("linux/arm64");
    }
}
