package io.pelagos.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What an ordinary user can do, tested as one that the test makes. */
@ExtendWith(LeakCheck.class)
class RootlessIT {
    private static final Path USERADD = Path.of("/usr/sbin/useradd");
    private static final Path MAPPER = Path.of("/usr/bin/newuidmap");

    private final String user = "pel" + Long.toString(System.nanoTime() % 1_000_000_000, 36);
    private List<String> more = List.of();
    @TempDir private Path directory;

    @BeforeEach
    void requireTools() throws IOException {
        assumeTrue(
                Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)
                        && Files.isExecutable(USERADD)
                        && Files.isExecutable(MAPPER),
                "needs root, useradd and uidmap");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void removeUser() throws Exception {
        run("/usr/sbin/userdel", user);
    }

    private static String run(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);
        process.waitFor();
        return output;
    }

    /** Does everything as a new user, and returns what came of it. */
    private Map<String, String> asUser(String... options) throws Exception {
        var useradd = new ArrayList<>(List.of(USERADD.toString(), "--no-create-home"));
        useradd.addAll(List.of(options));
        useradd.add(user);
        assertThat(run(useradd.toArray(String[]::new))).isEmpty();
        if (!more.isEmpty()) {
            var usermod = new ArrayList<>(List.of("/usr/sbin/usermod"));
            usermod.addAll(more);
            usermod.add(user);
            assertThat(run(usermod.toArray(String[]::new))).isEmpty();
        }
        var home = Files.createDirectory(directory.resolve("home"));
        run("/usr/bin/chown", user + ":", home.toString());
        var uid = run("/usr/bin/id", "-u", user).strip();
        var gid = run("/usr/bin/id", "-g", user).strip();
        var prefix =
                List.of(
                        "/usr/bin/setpriv",
                        "--reuid=" + uid,
                        "--regid=" + gid,
                        "--clear-groups",
                        "/usr/bin/env",
                        "-i",
                        "-C",
                        home.toString(),
                        "HOME=" + home,
                        "PATH=/usr/bin:/bin");
        var classes = Files.createDirectory(directory.resolve("classes"));
        try (var jvm = ForkedJvm.elsewhere(prefix, classes, RootlessMain.class, home.toString())) {
            var results = new LinkedHashMap<String, String>();
            for (var line : jvm.output().lines().toList()) {
                int colon = line.indexOf(": ");
                results.put(
                        colon < 0 ? line : line.substring(0, colon),
                        colon < 0 ? "" : line.substring(colon + 2));
            }
            results.put("uid", uid);
            return results;
        }
    }

    @Test
    void aUserWithSubordinateIdsHasAlmostEverything() throws Exception {
        var results = asUser();
        var text = results.toString();
        assertThat(results.get("identity")).as(text).isEqualTo("0 0 box");
        assertThat(results.get("map")).startsWith("0 " + results.get("uid") + " 1 1 ");
        assertThat(results.get("warnings")).contains("a cgroup for the container");
        assertThat(results.get("user")).isEqualTo("1000 1000");
        assertThat(results.get("unmapped")).contains("user", "200000000", "is not mapped");
        assertThat(results.get("confined")).isEqualTo("NoNewPrivs: 1 Seccomp: 2");
        assertThat(results.get("devices")).contains("0000000 \\0 \\0");
        assertThat(results.get("written")).isEqualTo(user + " text");
        assertThat(results.get("exec")).isEqualTo("0 box");
        assertThat(results.get("ready")).isEqualTo("HEALTHY HEALTHY");
        assertThat(results.get("kept")).isEqualTo("text Code[code=0]");
        assertThat(results.get("terminal")).isEqualTo("/dev/pts/0 30 90");
        assertThat(results.get("layers")).startsWith("/kept /new true");
        assertThat(results.get("detached")).startsWith("0 true Killed");
        assertThat(results.get("healthy")).as(text).isEqualTo("yes");
        assertThat(results.get("volume")).as(text).isEqualTo("kept 0 0");
        assertThat(results.get("typed")).as(text).contains("/dev/pts/0").endsWith("got word");
        assertThat(results.get("copied")).as(text).isEqualTo("through the root");
        assertThat(results.get("listening")).as(text).isEqualTo("1 1 1");
        assertThat(results.get("privileged")).as(text).startsWith("mounted");
        assertThat(results.get("shared")).as(text).isEqualTo("same");
        assertThat(text).doesNotContain("removing the files");
        assertThat(results.get("groups")).as(text).isEqualTo("0 4 24");
        assertThat(results.get("nested")).as(text).isEqualTo("0");
        assertThat(results.get("device")).contains("device", "mount the host's");
        assertThat(results.get("required")).contains("LimitException");
        assertThat(results.get("stopped")).isEqualTo("Code[code=143]");
    }

    @Test
    void everyRangeOfTheUserIsMapped() throws Exception {
        more =
                List.of(
                        "--add-subuids",
                        "3200000000-3200000009",
                        "--add-subgids",
                        "3200000100-3200000109");
        var results = asUser();
        assertThat(results.get("map"))
                .startsWith("0 " + results.get("uid") + " 1 1 ")
                .contains(" 3200000000 10");
    }

    @Test
    void aUserWithNothingButItselfHasOneIdAndIsTold() throws Exception {
        var results = asUser("--system");
        var text = results.toString();
        assertThat(results.get("identity")).as(text).isEqualTo("0 0 box");
        assertThat(results.get("map")).isEqualTo("0 " + results.get("uid") + " 1");
        assertThat(results.get("warnings"))
                .contains("a single uid", "/etc/subuid has no range for " + user, "a single gid");
        assertThat(results.get("user")).contains("1000", "is not mapped", "0-0");
        assertThat(results.get("written")).isEqualTo(user + " text");
        assertThat(results.get("exec")).isEqualTo("0 box");
    }
}
