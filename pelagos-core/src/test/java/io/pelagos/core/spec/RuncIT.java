package io.pelagos.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.security.Capability;
import io.pelagos.core.testing.BusyboxRoot;
import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Another runtime makes the same container of a configuration. */
@ExtendWith(LeakCheck.class)
class RuncIT {
    private static final List<Path> RUNC =
            Stream.of("/usr/bin/runc", "/usr/sbin/runc", "/usr/local/sbin/runc")
                    .map(Path::of)
                    .toList();

    /** Relative, so that the cgroup is made below that of the test. */
    private static final String CGROUP = "pelagos-runc-" + ProcessHandle.current().pid();

    @TempDir Path directory;

    @Test
    void theProgramHasTheNamesIdsAndCapabilitiesOfTheSpecification() throws Exception {
        var lines =
                run(
                        builder ->
                                builder.hostname("elsewhere")
                                        .user("1000:1000")
                                        .capDrop(Capability.values())
                                        .capAdd(Capability.CHOWN, Capability.KILL),
                        "hostname; id -u; id -g; umask; grep -E 'Cap(Eff|Bnd)|NoNewPrivs|Seccomp:'"
                                + " /proc/self/status | tr -d '\\t'");
        assertThat(lines)
                .containsExactly(
                        "elsewhere",
                        "1000",
                        "1000",
                        "0022",
                        "CapEff:0000000000000000",
                        "CapBnd:0000000000000021",
                        "NoNewPrivs:1",
                        "Seccomp:2");
    }

    @Test
    void theMountsAreTheSpecificationsAndTheUsualOnes() throws Exception {
        var shared = Files.createDirectory(directory.resolve("shared"));
        Files.writeString(shared.resolve("word"), "found\n");
        var lines =
                run(
                        builder ->
                                builder.mount(Mount.readOnly(shared, "/in"))
                                        .mount(Mount.tmpfs("/out").size(MiB.of(1))),
                        "cat /in/word; touch /in/x 2>/dev/null || echo refused; touch /out/x &&"
                                + " echo kept; echo $(awk '{print $5}' /proc/self/mountinfo"
                                + " | grep -E '^(/proc|/sys|/dev|/dev/pts|/dev/shm|/dev/mqueue)$'"
                                + " | sort)");
        assertThat(lines)
                .containsExactly(
                        "found",
                        "refused",
                        "kept",
                        "/dev /dev/mqueue /dev/pts /dev/shm /proc /sys");
    }

    private List<String> run(UnaryOperator<ContainerBuilder> options, String script)
            throws IOException, InterruptedException {
        var runc = RUNC.stream().filter(Files::isExecutable).findFirst();
        assumeTrue(runc.isPresent(), "needs runc");
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
        var root = BusyboxRoot.in(directory).rootfs();
        var spec =
                options.apply(ContainerBuilder.describing(root).command("/bin/sh", "-c", script))
                        .spec();
        var bundle = Files.createDirectory(directory.resolve("bundle"));
        Files.writeString(
                bundle.resolve("config.json"),
                spec.toOci()
                        .replaceFirst(
                                "\"linux\" : \\{",
                                "\"linux\" : { \"cgroupsPath\" : \"" + CGROUP + "\","));
        return output(
                runc.orElseThrow().toString(),
                "--root",
                directory.resolve("state").toString(),
                "run",
                "--bundle",
                bundle.toString(),
                CGROUP);
    }

    /** What a container writes is a few lines, which a pipe holds until it is read. */
    private List<String> output(String... command) throws IOException, InterruptedException {
        var errors = directory.resolve("errors");
        var process =
                new ProcessBuilder(command)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectError(errors.toFile())
                        .start();
        try (var reader = process.inputReader()) {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("runc ends").isTrue();
            var lines = reader.lines().toList();
            assertThat(process.exitValue()).as(() -> lines + " " + errorsOf(errors)).isZero();
            return lines;
        } finally {
            process.destroyForcibly();
        }
    }

    private static String errorsOf(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
