package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.testing.ExecutingJvm;
import io.pelagos.core.testing.Footprint;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.LeakCheck;
import io.pelagos.core.testing.Orphans;
import io.pelagos.core.testing.StartingJvm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A JVM that is killed in the middle of whatever it does leaves nothing for longer than a second.
 *
 * <p>This JVM adopts what the killed one leaves, so that no process can hide.
 */
@ExtendWith(LeakCheck.class)
class CrashIT {
    private static final int KILLS = 100;
    private static final int KILLS_DURING_EXECS = 50;
    private static final int AT_A_TIME = 2;

    /**
     * How long a phase may take, in nanoseconds: the first time, with classes to load, and later.
     */
    private static final long FIRST_TIME = 40_000_000;

    private static final long LATER = 12_000_000;

    @TempDir Path directory;
    private Orphans orphans;

    @BeforeEach
    void adoptOrphans() {
        orphans = Orphans.adopt();
    }

    @AfterEach
    void adoptNoMore() {
        orphans.close();
    }

    @Test
    void nothingIsLeftOfAJvmThatWasKilledAtAnyMoment() throws Exception {
        killAndLook(StartingJvm.class, StartingJvm.PHASES, KILLS);
    }

    @Test
    void nothingIsLeftOfFurtherProcessesWhoseJvmWasKilledAtAnyMoment() throws Exception {
        killAndLook(ExecutingJvm.class, ExecutingJvm.PHASES, KILLS_DURING_EXECS);
    }

    private void killAndLook(Class<?> main, int phases, int kills) throws Exception {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        var wrong = new ArrayList<String>();
        for (int i = 0; i < kills; i += AT_A_TIME) {
            var before = Footprint.take(List.of(directory));
            var killed = killSome(random, main, phases);
            var left = orphans.leftSince(before, List.of(directory));
            if (!left.isEmpty()) {
                wrong.add("killed JVMs left " + left + ": " + killed);
            }
        }
        assertThat(wrong).as("with seed " + seed).isEmpty();
    }

    /** Kills as many as there is use for processors, and returns what each was doing. */
    private List<String> killSome(Random random, Class<?> main, int phases) throws Exception {
        var killed = new ArrayList<Future<String>>();
        try (var threads = Executors.newFixedThreadPool(AT_A_TIME)) {
            for (int i = 0; i < AT_A_TIME; i++) {
                int phase = random.nextInt(2 * phases);
                long nanos = random.nextLong(phase < phases ? FIRST_TIME : LATER);
                killed.add(threads.submit(() -> killAfter(main, phase, nanos)));
            }
        }
        var all = new ArrayList<String>();
        for (var each : killed) {
            all.add(each.get());
        }
        return all;
    }

    /** Kills a JVM some time after it has begun the nth thing. */
    private String killAfter(Class<?> main, int phase, long nanos) throws Exception {
        try (var jvm = ForkedJvm.start(main, directory.toString());
                var output = jvm.process().inputReader()) {
            try {
                String line = null;
                for (int i = 0; i <= phase; i++) {
                    line = output.readLine();
                    assertThat(line).isNotNull().doesNotContain("xception");
                }
                LockSupport.parkNanos(nanos);
                return nanos + " ns after it " + line;
            } finally {
                jvm.process().destroyForcibly();
                jvm.process().waitFor();
            }
        }
    }
}
