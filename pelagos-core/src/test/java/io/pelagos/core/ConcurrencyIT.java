package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Many containers at once, started by threads of both kinds. */
@ExtendWith(LeakCheck.class)
class ConcurrencyIT {
    private static final int STARTS = 200;

    @TempDir Path directory;

    @Test
    void twoHundredContainersStartFromSixteenThreads() throws Exception {
        try (var threads = Executors.newFixedThreadPool(16)) {
            startAll(threads);
        }
    }

    @Test
    void twoHundredContainersStartFromAsManyVirtualThreads() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            startAll(threads);
        }
    }

    @Test
    void streamsOfContainersThatRunAtOnceDoNotMix() throws Exception {
        try (var pelagos = Pelagos.open(PelagosPaths.under(directory));
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<String>>();
            for (int i = 0; i < 40; i++) {
                var line = "line of " + i;
                all.add(threads.submit(() -> echo(pelagos, line)));
            }
            for (int i = 0; i < all.size(); i++) {
                assertThat(all.get(i).get()).isEqualTo("line of " + i + "\n");
            }
        }
    }

    private static String echo(Pelagos pelagos, String line) throws Exception {
        try (var container = pelagos.container(Rootfs.host()).command("cat").start()) {
            try (var stdin = container.stdin().writer()) {
                stdin.write(line + "\n");
            }
            return container.stdout().text();
        }
    }

    private void startAll(ExecutorService threads) throws Exception {
        try (var pelagos = Pelagos.open(PelagosPaths.under(directory))) {
            var all = new ArrayList<Future<Result>>();
            for (int i = 0; i < STARTS; i++) {
                int number = i;
                Callable<Result> run =
                        () ->
                                pelagos.container(Rootfs.host())
                                        .command("sh", "-c", "echo " + number + "; exit 3")
                                        .pids(8)
                                        .run();
                all.add(threads.submit(run));
            }
            for (int i = 0; i < STARTS; i++) {
                var result = all.get(i).get();
                assertThat(result.exit()).isEqualTo(new Exit.Code(3));
                assertThat(result.stdout()).isEqualTo(i + "\n");
                assertThat(result.stderr()).isEmpty();
            }
            assertThat(pelagos.running()).isEmpty();
        }
    }
}
