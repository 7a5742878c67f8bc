package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.kernel.WaitFlag;
import io.pelagos.core.testing.Footprint;
import io.pelagos.core.testing.LeakCheck;
import io.pelagos.core.testing.StartingJvm;
import io.pelagos.core.testing.TestClasses;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A JVM that is killed in the middle of whatever it does leaves nothing for longer than a second.
 *
 * <p>This JVM adopts what the killed one leaves, see {@code PR_SET_CHILD_SUBREAPER} in prctl(2), so
 * that no process can hide.
 */
@ExtendWith(LeakCheck.class)
class CrashIT {
    private static final int KILLS = 100;
    private static final int SET_CHILD_SUBREAPER = 36;

    @TempDir Path directory;
    private final LinuxKernel kernel = new LinuxKernel();
    private final SystemCalls calls = new SystemCalls(kernel);

    @BeforeEach
    void adoptOrphans() {
        assertThat(kernel.call(Syscall.PRCTL, SET_CHILD_SUBREAPER, 1, 0, 0, 0)).isZero();
    }

    @AfterEach
    void adoptNoMore() {
        assertThat(kernel.call(Syscall.PRCTL, SET_CHILD_SUBREAPER, 0, 0, 0, 0)).isZero();
    }

    @Test
    void nothingIsLeftOfAJvmThatWasKilledAtAnyMoment() throws Exception {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        var wrong = new ArrayList<String>();
        for (int i = 0; i < KILLS; i++) {
            long micros = random.nextInt(60_000);
            var before = Footprint.take(List.of(directory));
            killAfter(micros);
            var left = leftSince(before);
            if (!left.isEmpty()) {
                wrong.add("kill " + i + " after " + micros + " us left " + left);
            }
        }
        assertThat(wrong).as("with seed " + seed).isEmpty();
    }

    private void killAfter(long micros) throws Exception {
        var jvm =
                new ProcessBuilder(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC",
                                "-Xshare:auto",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                TestClasses.path(),
                                StartingJvm.class.getName(),
                                directory.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (var output = jvm.inputReader()) {
            assertThat(output.readLine()).isEqualTo("ready");
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(micros));
        } finally {
            jvm.destroyForcibly();
            jvm.waitFor();
            jvm.getOutputStream().close();
            jvm.getErrorStream().close();
        }
    }

    /** What is left after a second, in which what has ended is waited for as init would. */
    private List<String> leftSince(Footprint before) {
        long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
        List<String> left;
        do {
            reapOrphans(before);
            left = Footprint.take(List.of(directory)).since(before);
        } while (!left.isEmpty() && System.nanoTime() - end < 0);
        return left.isEmpty() ? left : LeakCheck.leftSince(before, List.of(directory));
    }

    private void reapOrphans(Footprint before) {
        for (var process : Footprint.glance().processes()) {
            if (!before.processes().contains(process) && process.endsWith("(state Z)")) {
                int pid = Integer.parseInt(process.substring(0, process.indexOf(' ')));
                assertThat(calls.waitid(WaitFlag.P_PID, pid)).isNotEmpty();
            }
        }
    }
}
