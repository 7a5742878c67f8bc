package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of virtual threads, each blocked in a read of a pipe of its own. */
@Timeout(120)
class StreamsScaleTest {
    private static final int READERS = 10_000;
    private static final int SPARE_DESCRIPTORS = 500;

    private final SystemCalls calls = new SystemCalls(new LinuxKernel());

    @TempDir Path directory;

    @Test
    void tenThousandBlockedReadersHoldNoCarrier() throws Exception {
        long limit = descriptorLimit();
        Assumptions.assumeTrue(
                limit >= READERS + SPARE_DESCRIPTORS,
                () -> "RLIMIT_NOFILE is " + limit + ", " + READERS + " readers need more");
        var pipes = new ArrayList<Fd>();
        try (var poller = Poller.open(calls.kernel());
                var recording = new Recording()) {
            recording.enable("jdk.VirtualThreadPinned").withoutThreshold().withStackTrace();
            recording.start();
            var streams = new Streams(poller);
            var readers = new ArrayList<Reader>();
            for (int i = 0; i < READERS; i++) {
                pipes.add(pipeOfOneDescriptor());
                readers.add(Reader.start(streams.input(pipes.getLast())));
            }
            for (var reader : readers) {
                awaitParked(reader.thread);
            }

            // All are blocked, and another virtual thread still gets a carrier.
            var other = new FutureTask<>(() -> "ran");
            Thread.ofVirtual().start(other);
            assertThat(other.get()).isEqualTo("ran");
            assertThat(readers).noneMatch(reader -> reader.task.isDone());

            for (int i = 0; i < READERS; i++) {
                byte[] number = {(byte) i, (byte) (i >> 8)};
                calls.write(pipes.get(i).number(), number, 0, 2);
            }
            for (int i = 0; i < READERS; i++) {
                assertThat(readers.get(i).task.get()).isEqualTo(i);
            }
            recording.stop();
            assertThat(pinnedInOurCode(recording)).isEmpty();
        } finally {
            pipes.forEach(Fd::close);
        }
    }

    /** A pipe opened for both directions through procfs, as a FIFO is: one descriptor, not two. */
    private Fd pipeOfOneDescriptor() {
        try (var pipe = calls.pipe("pipe")) {
            return calls.open(null, "/proc/self/fd/" + pipe.first().number(), OpenFlag.O_RDWR);
        }
    }

    private long descriptorLimit() {
        try (var memory = Memory.open()) {
            // struct rlimit64 { rlim64_t rlim_cur, rlim_max; }
            var limit = memory.block(16);
            long result = calls.retry(Syscall.PRLIMIT64, 0, 7, 0, limit.address());
            SystemCalls.check(result, Syscall.PRLIMIT64, 0, "RLIMIT_NOFILE", "NULL", "…");
            return limit.getLong(0);
        }
    }

    private List<RecordedEvent> pinnedInOurCode(Recording recording) throws Exception {
        var file = directory.resolve("pinned.jfr");
        recording.dump(file);
        assertThat(Files.size(file)).isPositive();
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getStackTrace() != null)
                .filter(
                        event ->
                                event.getStackTrace().getFrames().stream()
                                        .anyMatch(
                                                frame ->
                                                        frame.getMethod()
                                                                .getType()
                                                                .getName()
                                                                .startsWith("io.pelagos.")))
                .toList();
    }

    private static void awaitParked(Thread thread) throws InterruptedException {
        while (thread.isAlive() && thread.getState() != Thread.State.WAITING) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private record Reader(FutureTask<Integer> task, Thread thread) {
        static Reader start(InputStream in) {
            var task =
                    new FutureTask<>(
                            () -> {
                                var number = in.readNBytes(2);
                                return (number[0] & 0xFF) | (number[1] & 0xFF) << 8;
                            });
            return new Reader(task, Thread.startVirtualThread(task));
        }
    }
}
