package io.pelagos.examples.stories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.Pelagos;
import io.pelagos.examples.Root;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stories about the life of a container after its start. */
class LifeStoriesIT {
    @TempDir private Path folder;

    @BeforeEach
    void root() throws IOException {
        Root.required();
    }

    @Test
    void oneLooksAndReachesInside() throws Exception {
        var answers = LookInside.look(Files.writeString(folder.resolve("seed"), "x"));
        assertThat(answers.get(0)).isEqualTo("999 999 640");
        assertThat(answers.get(1)).isEqualTo("sleep");
    }

    @Test
    void eachTestHasItsOwnCopyOfTheData() throws Exception {
        var busybox = Path.of("/bin/busybox");
        assumeTrue(Files.isExecutable(busybox), "busybox-static is not installed");
        var bin = Files.createDirectories(folder.resolve("root/bin"));
        for (var name : List.of("sh", "sleep", "cat")) {
            Files.copy(busybox, bin.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
        var printed =
                WarmDatabase.run(
                        bin.getParent(),
                        "echo loaded > /data; echo ready",
                        List.of("echo mine >> /data; cat /data", "cat /data"));
        assertThat(printed).containsExactly("loaded\nmine", "loaded");
        assertThat(bin.resolveSibling("data")).doesNotExist();
    }

    @Test
    void anotherJvmFindsAContainerAgain() throws Exception {
        var name = "story-" + System.nanoTime();
        var id = FoundAgain.leave(name, "echo one; sleep 0.2; echo two");
        try (var pelagos = Pelagos.open()) {
            assertThat(pelagos.containers().find(name).id()).isEqualTo(id);
            var lines = new ArrayList<String>();
            FoundAgain.follow(name, lines::add);
            assertThat(lines).containsExactly("one", "two");
            pelagos.containers().find(name).remove(true);
        }
    }
}
