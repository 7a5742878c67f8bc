package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.testing.LeakCheck;
import io.pelagos.core.testing.OrdinaryUser;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What an ordinary user can do, tested as one that the test makes. */
@ExtendWith(LeakCheck.class)
class RootlessIT {
    private @Nullable OrdinaryUser user;
    @TempDir private Path directory;

    @AfterEach
    void removeUser() {
        if (user != null) {
            user.close();
        }
    }

    /** Does everything as a new user, and returns what came of it. */
    private Map<String, String> asUser(String... options) throws Exception {
        return asUser(List.of(), options);
    }

    private Map<String, String> asUser(List<String> changes, String... options) throws Exception {
        var made = OrdinaryUser.in(directory, options);
        user = made;
        if (!changes.isEmpty()) {
            made.change(changes);
        }
        try (var jvm = made.start("", RootlessMain.class, made.home().toString())) {
            var results = OrdinaryUser.told(jvm);
            results.put("uid", Long.toString(made.uid()));
            results.put("name", made.name());
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
        assertThat(results.get("written")).isEqualTo(results.get("name") + " text");
        assertThat(results.get("exec")).isEqualTo("0 box");
        assertThat(results.get("ready")).isEqualTo("HEALTHY HEALTHY");
        assertThat(results.get("kept")).isEqualTo("text Code[code=0]");
        assertThat(results.get("terminal")).isEqualTo("/dev/pts/0 30 90");
        assertThat(results.get("layers")).startsWith("/kept /new true");
        assertThat(results.get("others")).as(text).isEqualTo("1000 []");
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
        var results =
                asUser(
                        List.of(
                                "--add-subuids",
                                "3200000000-3200000009",
                                "--add-subgids",
                                "3200000100-3200000109"));
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
                .contains(
                        "a single uid",
                        "/etc/subuid has no range for " + results.get("name"),
                        "a single gid");
        assertThat(results.get("user")).contains("1000", "is not mapped", "0-0");
        assertThat(results.get("written")).isEqualTo(results.get("name") + " text");
        assertThat(results.get("exec")).isEqualTo("0 box");
    }
}
