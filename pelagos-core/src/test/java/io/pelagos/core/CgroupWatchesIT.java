package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.PressureTrigger;
import io.pelagos.core.spec.PressureTrigger.Resource;
import io.pelagos.core.spec.Stats;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.LeakCheck;
import io.pelagos.core.testing.Sandbox;
import io.pelagos.core.testing.Told;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel tells of a container's cgroup as it happens. */
@Tag("cgroup")
@ExtendWith(LeakCheck.class)
class CgroupWatchesIT {
    private static final ByteSize SMALL = ByteSize.of(32 << 20);
    private static final String BUSY =
            "for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; wait";

    /** Waits for a word, and then uses more memory than there is. */
    private static final String GREEDY =
            "read x; dd if=/dev/zero of=/dev/null bs=128M count=1; true";

    private static final Duration WINDOW = Duration.ofSeconds(2);

    @TempDir private Path directory;
    private Sandbox sandbox;

    @BeforeEach
    void open() {
        sandbox = Sandbox.in(directory);
    }

    @AfterEach
    void close() {
        sandbox.close();
    }

    private static <T> Told<T> subscribe(Flow.Publisher<T> publisher) throws Exception {
        var told = new Told<T>(Long.MAX_VALUE);
        publisher.subscribe(told);
        told.subscription().get(60, TimeUnit.SECONDS);
        return told;
    }

    private static PressureTrigger tenth(Resource resource) {
        return PressureTrigger.some(resource, WINDOW.dividedBy(10), WINDOW);
    }

    private static void requirePressure() {
        assumeTrue(
                Files.exists(Path.of("/proc/pressure/cpu")),
                "this kernel has no pressure stall information");
    }

    @Test
    void whoHasToWaitForAProcessorIsTold() throws Exception {
        requirePressure();
        try (var container = sandbox.sh(BUSY).start()) {
            var told = subscribe(container.pressure(tenth(Resource.CPU)));
            var some = told.next().cpuSome();
            assertThat(some).isNotNull();
            assertThat(some.total()).isGreaterThanOrEqualTo(WINDOW.dividedBy(10));
            container.kill();
            assertThat(told.end().get(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aDetachedContainersPressureIsToldToo() throws Exception {
        requirePressure();
        var container = sandbox.sh(BUSY).name("busy").startDetached();
        try {
            var told = subscribe(container.pressure(tenth(Resource.CPU)));
            assertThat(told.next().cpuSome()).isNotNull();
            container.kill();
            assertThat(told.end().get(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            container.remove(true);
        }
    }

    @Test
    void lackOfMemoryIsToldWhenItHappens() throws Exception {
        // Where one process alone is killed the container goes on.
        try (var container = sandbox.sh(GREEDY + "; sleep 1000").memory(SMALL).start()) {
            var told = subscribe(container.memoryEvents());
            container.stdin().write('\n');
            container.stdin().flush();
            assertThat(told.next()).isNotNull();
            container.kill();
            assertThat(told.end().get(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void theLastCountersAreNotLostWithTheCgroup() throws Exception {
        try (var container = sandbox.sh(GREEDY).memory(SMALL).start()) {
            var told = subscribe(container.memoryEvents());
            container.stdin().write('\n');
            container.stdin().flush();
            container.waitFor();
            assertThat(told.end().get(60, TimeUnit.SECONDS)).isTrue();
            var items = new ArrayList<Stats.Events>();
            told.items().drainTo(items);
            assertThat(items).isNotEmpty();
            assertThat(positive(items.getLast().oomKill())).isTrue();
        }
    }

    @Test
    void whatADetachedContainersLastCountersWereIsToldAfterItsCgroupHasGone() throws Exception {
        var fifo = directory.resolve("go");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
        var container =
                sandbox.sh(GREEDY.replace("read x", "read x < /go"))
                        .mount(io.pelagos.core.spec.Mount.bind(fifo, "/go"))
                        .memory(SMALL)
                        .name("greedy")
                        .startDetached();
        try {
            var told = new Told<Stats.Events>(0);
            container.memoryEvents().subscribe(told);
            var subscription = told.subscription().get(60, TimeUnit.SECONDS);
            var supervisor = supervisorOf(container);
            Files.writeString(fifo, "go\n");
            container.waitFor();
            // Its last deed was to remove the cgroup.
            supervisor.onExit().get(60, TimeUnit.SECONDS);
            subscription.request(Long.MAX_VALUE);
            assertThat(told.end().get(60, TimeUnit.SECONDS)).isTrue();
            var items = new ArrayList<Stats.Events>();
            told.items().drainTo(items);
            assertThat(items).isNotEmpty();
            assertThat(positive(items.getLast().oomKill())).isTrue();
            assertThat(items.getLast().max()).isNotNull();
        } finally {
            container.remove(true);
        }
    }

    private static ProcessHandle supervisorOf(DetachedContainer container) {
        var mark = Objects.requireNonNull(container.state().run().supervisor());
        return ProcessHandle.of(mark.pid()).orElseThrow();
    }

    private static boolean positive(@org.jspecify.annotations.Nullable Long number) {
        return number != null && number > 0;
    }

    @Test
    void whoeverCancelsHearsNothingMore() throws Exception {
        try (var container = sandbox.command("sleep", "1000").memory(SMALL).start()) {
            var told = subscribe(container.memoryEvents());
            told.subscription().get().cancel();
            container.kill();
            container.waitFor();
            container.close();
            assertThat(told.end()).isNotDone();
            assertThat(told.items()).isEmpty();
        }
    }

    @Test
    void whoeverIsBusyDoesNotKeepTheContainerFromEnding() throws Exception {
        var busy = new CountDownLatch(1);
        var entered = new CountDownLatch(1);
        var told =
                new Told<Stats.Events>(Long.MAX_VALUE) {
                    @Override
                    public void onNext(Stats.Events item) {
                        super.onNext(item);
                        entered.countDown();
                        try {
                            busy.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                };
        try (var container = sandbox.sh(GREEDY + "; sleep 1000").memory(SMALL).start()) {
            container.memoryEvents().subscribe(told);
            told.subscription().get(60, TimeUnit.SECONDS);
            container.stdin().write('\n');
            container.stdin().flush();
            assertThat(entered.await(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(told.end()).isNotDone();
        busy.countDown();
        assertThat(told.end().get(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whoeverAsksForNothingGetsOnlyTheEnd() throws Exception {
        try (var container = sandbox.sh(GREEDY).memory(SMALL).stdin(Stdio.NULL).start()) {
            var told = new Told<Stats.Events>(0);
            container.memoryEvents().subscribe(told);
            container.waitFor();
            // Whoever comes too late is told why instead.
            assertThat(told.end().handle((done, why) -> why == null || isTooLate(why)).get())
                    .isTrue();
            assertThat(told.items()).isEmpty();
        }
    }

    private static boolean isTooLate(Throwable why) {
        return String.valueOf(why.getMessage()).contains("has ended");
    }

    @Test
    void whatCannotBeToldSaysWhy() throws Exception {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PressureTrigger.full(Resource.IO, WINDOW, Duration.ofMillis(400)))
                .withMessageContaining("PT0.4S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PressureTrigger.some(Resource.IO, Duration.ofSeconds(3), WINDOW))
                .withMessageContaining("PT3S");
        var container = sandbox.command("sleep", "1000").memory(SMALL).start();
        var wrong = new Told<Stats.Events>(0);
        container.memoryEvents().subscribe(wrong);
        wrong.subscription().get(60, TimeUnit.SECONDS).request(0);
        assertThat(wrong.failure()).isInstanceOf(IllegalArgumentException.class);
        container.close();
        var late = new Told<Stats.Events>(1);
        container.memoryEvents().subscribe(late);
        assertThat(late.failure()).hasMessageContaining("has ended");
        assertThat(List.copyOf(late.items())).isEmpty();
    }
}
