package io.pelagos.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Ready;
import io.pelagos.core.Rootfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands about detached containers, each in a JVM of its own as in a shell. */
class DetachedCommandsIT {
    private final String name = "it-" + System.nanoTime();
    @TempDir private Path directory;

    @BeforeEach
    void root() throws IOException {
        Root.required();
    }

    @AfterEach
    void remove() throws InterruptedException {
        try (var pelagos = Pelagos.open()) {
            for (var info : pelagos.containers().list()) {
                if (info.name().startsWith(name)) {
                    pelagos.containers().find(info.id()).remove(true);
                }
            }
        }
    }

    private static Program pelagos(String... arguments) throws IOException, InterruptedException {
        return Program.run("", Main.class, arguments);
    }

    private static String output(String... arguments) throws IOException, InterruptedException {
        var program = pelagos(arguments);
        assertThat(program.err()).as(String.join(" ", arguments)).isEmpty();
        assertThat(program.code()).as(String.join(" ", arguments)).isZero();
        return program.out();
    }

    private String start(String... rest) throws IOException, InterruptedException {
        var all = new ArrayList<>(List.of("run", "-d", "--name", name));
        all.addAll(List.of(rest));
        return output(all.toArray(String[]::new)).strip();
    }

    @Test
    void aContainerLivesThroughAllCommands() throws Exception {
        var id =
                start(
                        "-l",
                        "app=shop",
                        "--pids-limit",
                        "50",
                        "host",
                        "sh",
                        "-c",
                        "echo one; echo two >&2; sleep 1000");
        assertThat(id).matches("[0-9a-f]{32}");
        assertThat(output("ps").lines().filter(line -> line.contains(name)))
                .singleElement()
                .asString()
                .startsWith(id.substring(0, 12))
                .contains("host", "running");
        assertThat(output("ps", "-f", "name=" + name, "--format", "name,status").strip())
                .startsWith(name + "\trunning");
        assertThat(output("ps", "-f", "label=app=shop", "-q").strip()).isEqualTo(id);
        assertThat(output("ps", "-f", "name=" + name, "--format", "json"))
                .contains("\"id\" : \"" + id + "\"")
                .contains("\"app\" : \"shop\"");
        assertThat(output("inspect", name)).contains("\"spec\" :", "sleep 1000");
        assertThat(output("top", name)).contains("PID", "sleep");
        assertThat(output("stats", "--no-stream", "--format", "name,pids", name))
                .startsWith(name + "\t");
        output("pause", name);
        output("unpause", name);
        assertThat(output("update", "--pids-limit", "77", name).strip()).isEqualTo(name);
        output("rename", name, name + "-b");
        assertThat(output("stop", "-t", "0", name + "-b").strip()).isEqualTo(name + "-b");
        assertThat(output("wait", name + "-b").strip()).isEqualTo("137");
        assertThat(output("ps", "-f", "name=" + name, "--format", "exit_code").strip())
                .isEqualTo("137");
        output("start", name + "-b");
        assertThat(output("ps", "-f", "name=" + name, "--format", "name,status"))
                .contains("running");
        var removal = pelagos("rm", name + "-b");
        assertThat(removal.code()).isEqualTo(1);
        assertThat(removal.err()).startsWith("pelagos: ").contains("running");
        output("rm", "-f", name + "-b");
        assertThat(output("ps", "-a", "-f", "name=" + name, "-q")).isEmpty();
    }

    @Test
    void logsAreOnTheirStreamsAndFollowed() throws Exception {
        start("host", "sh", "-c", "echo one; echo two >&2; sleep 0.3; echo three; exit 3");
        var followed = pelagos("logs", "-f", name);
        assertThat(followed.out()).isEqualTo("one\nthree\n");
        assertThat(followed.err()).isEqualTo("two\n");
        assertThat(pelagos("logs", "-n", "1", "-t", name).out())
                .matches("20[0-9-]+T[0-9:.]+Z three\n");
        assertThat(output("logs", "--since", "2100-01-01T00:00:00Z", name)).isEmpty();
        assertThat(output("wait", name).strip()).isEqualTo("3");
        assertThat(pelagos("attach", name).code()).isEqualTo(3);
    }

    @Test
    void furtherProgramsRunInIt() throws Exception {
        start("--hostname", "inside", "-e", "A=b", "host", "sleep", "1000");
        assertThat(output("exec", "-e", "C=d", name, "sh", "-c", "hostname; echo $A$C"))
                .isEqualTo("inside\nbd\n");
        assertThat(Program.run("in\n", Main.class, "exec", "-i", name, "cat").out())
                .isEqualTo("in\n");
        assertThat(pelagos("exec", name, "sh", "-c", "exit 9").code()).isEqualTo(9);
        assertThat(pelagos("exec", name, "no-such-program").code()).isEqualTo(127);
        assertThat(output("exec", "-u", "65534", name, "id", "-u").strip()).isEqualTo("65534");
    }

    @Test
    void filesAreCopiedBothWays() throws Exception {
        start("--tmpfs", "/scratch", "host", "sleep", "1000");
        var source = Files.writeString(directory.resolve("a"), "text");
        output("cp", source.toString(), name + ":/scratch/b");
        output("cp", name + ":/scratch/b", directory.resolve("c").toString());
        assertThat(directory.resolve("c")).hasContent("text");
        assertThat(pelagos("cp", "a", "b").code()).isEqualTo(125);
        assertThat(pelagos("cp", name + ":/nowhere", "/tmp").err()).contains("ENOENT");
    }

    @Test
    void changesOfFilesAreListed() throws Exception {
        var layer = Files.createDirectories(directory.resolve("layer/bin")).getParent();
        Files.copy(Path.of("/bin/busybox"), layer.resolve("bin/busybox"));
        Files.writeString(Files.createDirectory(layer.resolve("etc")).resolve("gone"), "");
        try (var pelagos = Pelagos.open()) {
            pelagos.container(Rootfs.layers(List.of(layer)))
                    .command(
                            "/bin/busybox",
                            "sh",
                            "-c",
                            "echo x > /new; /bin/busybox rm /etc/gone; echo ready;"
                                    + " exec /bin/busybox sleep 1000")
                    .name(name)
                    .startDetached()
                    .awaitReady(Ready.log("ready"), Duration.ofSeconds(60));
        }
        assertThat(output("diff", name).lines()).containsExactlyInAnyOrder("A /new", "D /etc/gone");
        assertThat(output("diff", "--format", "json", name))
                .contains("\"kind\" : \"added\"", "\"path\" : \"/new\"", "\"deleted\"");
        assertThat(output("diff", "--format", "path", name).lines()).contains("/new");
        output("stop", "-t", "0", name);
        assertThat(pelagos("diff", name).err()).startsWith("pelagos: ").contains("not running");
        assertThat(pelagos("diff", name + "-none").code()).isEqualTo(125);
    }

    @Test
    void volumesHaveLabels() throws Exception {
        output("volume", "create", "-l", "it=" + name, name + "-a", name + "-b");
        try {
            assertThat(output("volume", "inspect", name + "-a")).contains("\"it\" : \"" + name);
            assertThat(output("volume", "ls", "-f", "label=it=" + name, "--format", "name").lines())
                    .containsExactly(name + "-a", name + "-b");
            start("-v", name + "-a:/data", "host", "true");
            output("wait", name);
            assertThat(output("volume", "prune", "-f", "label=it=" + name))
                    .isEqualTo(name + "-b\n");
            assertThat(pelagos("volume", "inspect", "-f", "name=x", name).code()).isEqualTo(125);
        } finally {
            pelagos("rm", "-f", name);
            pelagos("volume", "rm", name + "-a");
            pelagos("volume", "rm", name + "-b");
        }
    }

    @Test
    void whatHasEndedIsRemovedWhenAsked() throws Exception {
        start("--rm", "host", "true");
        // Whichever command comes first after its end removes it.
        pelagos("wait", name);
        assertThat(output("ps", "-a", "-q", "-f", "name=" + name)).isEmpty();
        start("-l", "it=" + name, "host", "true");
        output("wait", name);
        assertThat(output("prune", "-f", "label=it=" + name)).isEqualTo(name + "\n");
    }

    @Test
    void eventsAreToldAsTheyHappen() throws Exception {
        var command = new ArrayList<>(List.of(Program.command(Main.class)));
        command.addAll(List.of("events", "--format", "json"));
        var process = new ProcessBuilder(command).start();
        try (var lines = process.inputReader()) {
            // It begins to listen at some time after its start: containers come until one is seen.
            var seen = java.util.concurrent.CompletableFuture.supplyAsync(() -> first(lines));
            for (int i = 0; !seen.isDone() && i < 20; i++) {
                start("host", "true");
                output("wait", name);
            }
            assertThat(seen.get(30, TimeUnit.SECONDS)).contains("\"event\":", "\"name\":");
        } finally {
            process.destroy();
            process.waitFor();
        }
    }

    private String first(java.io.BufferedReader lines) {
        try {
            for (String line; (line = lines.readLine()) != null; ) {
                if (line.contains(name)) {
                    return line;
                }
            }
            return "";
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void healthIsShown() throws Exception {
        start("--health-cmd", "true", "--health-interval", "1", "host", "sleep", "1000");
        assertThat(output("ps", "-f", "name=" + name, "--format", "health").strip())
                .isIn("starting", "healthy");
    }

    @Test
    void aHealthCheckIsTriedByHand() throws Exception {
        start("--health-cmd", "test -e /well/yes", "--tmpfs", "/well", "host", "sleep", "1000");
        var bad = pelagos("healthcheck", "run", name);
        assertThat(bad.code()).isEqualTo(1);
        assertThat(bad.out()).isEqualTo("unhealthy\n");
        output("exec", name, "touch", "/well/yes");
        assertThat(output("healthcheck", "run", name)).isEqualTo("healthy\n");
        assertThat(output("ps", "-f", "name=" + name, "--format", "health").strip())
                .isEqualTo("healthy");
        output("rm", "-f", name);
        assertThat(pelagos("healthcheck", "run", name).code()).isEqualTo(125);
        start("host", "sleep", "1000");
        assertThat(pelagos("healthcheck", "run", name).err()).contains("no health check");
    }

    @Test
    void inputOfADetachedContainerIsTypedLater() throws Exception {
        start("-i", "host", "cat");
        assertThat(Program.run("one\n", Main.class, "attach", "--no-stdin", "nobody").code())
                .isEqualTo(125);
        var attached = Program.run("one\ntwo\n", Main.class, "attach", name);
        assertThat(attached.out()).isEqualTo("one\ntwo\n");
        assertThat(attached.code()).isZero();
        assertThat(output("logs", name)).isEqualTo("one\ntwo\n");
    }

    @Test
    void allItsProcessesAreListedAndItIsRestarted() throws Exception {
        start("host", "sleep", "1000");
        var exec =
                new ProcessBuilder(
                                java.util.stream.Stream.concat(
                                                List.of(Program.command(Main.class)).stream(),
                                                java.util.stream.Stream.of(
                                                        "exec",
                                                        name,
                                                        "sh",
                                                        "-c",
                                                        "echo up; sleep 987"))
                                        .toList())
                        .start();
        try (var lines = exec.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("up");
            assertThat(output("top", "--format", "command", name))
                    .contains("sleep 1000", "sleep 987");
        } finally {
            exec.destroyForcibly().waitFor();
        }
        assertThat(pelagos("system", "cleanup").code()).isZero();
        assertThat(pelagos("system", "burn").code()).isEqualTo(125);
        assertThat(output("restart", "--time", "0", name).strip()).isEqualTo(name);
        assertThat(output("ps", "-f", "name=" + name, "--format", "status")).startsWith("running");
    }

    @Test
    void aVolumeOutlivesItsContainers() throws Exception {
        assertThat(output("volume", "create", name)).isEqualTo(name + "\n");
        try {
            start("-v", name + ":/data", "host", "sh", "-c", "echo text > /data/file");
            output("wait", name);
            assertThat(output("volume", "inspect", name)).contains("\"users\" : [ \"" + name);
            assertThat(pelagos("volume", "rm", name).err()).contains("used by " + name);
            output("rm", name);
            assertThat(output("run", "-v", name + ":/data", "host", "cat", "/data/file"))
                    .isEqualTo("text\n");
            assertThat(output("volume", "ls", "--format", "name").lines()).contains(name);
        } finally {
            pelagos("rm", "-f", name);
            output("volume", "rm", name);
        }
    }

    @Test
    void badInputIsRefusedByName() throws Exception {
        assertThat(pelagos("stop", "nobody-" + name).err()).contains("nobody-" + name);
        assertThat(pelagos("stop", "nobody-" + name).code()).isEqualTo(1);
        assertThat(pelagos("ps", "--format", "colour").err()).contains("colour", "exit_code");
        assertThat(pelagos("ps", "-f", "size=1").err()).contains("size=1", "label=");
        assertThat(pelagos("logs", "--tail", "some", "x").code()).isEqualTo(125);
        assertThat(pelagos("run", "--restart", "always", "host", "true").err())
                .contains("--restart", "--detach");
        assertThat(pelagos("run", "-d", "--health-retries", "1", "host", "true").err())
                .contains("--health-cmd");
        assertThat(pelagos("run", "-d", "--restart", "never", "host", "true").err())
                .contains("never", "unless-stopped");
    }
}
