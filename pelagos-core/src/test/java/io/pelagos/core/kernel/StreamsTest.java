package io.pelagos.core.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamsTest {
    private static final int F_GETFL = 3;
    private static final int O_NONBLOCK = 0x800;

    private final SystemCalls calls = new SystemCalls(new LinuxKernel());
    private Poller poller;
    private Streams streams;
    private SystemCalls.Pair pipe;
    private InputStream in;
    private OutputStream out;

    @BeforeEach
    void open() {
        poller = Poller.open(calls.kernel());
        streams = new Streams(poller);
        pipe = calls.pipe("test pipe");
        in = streams.input(pipe.first());
        out = streams.output(pipe.second());
    }

    @AfterEach
    void close() throws IOException {
        in.close();
        out.close();
        poller.close();
    }

    @Test
    void whatIsWrittenIsReadAndThenComesEndOfFile() throws Exception {
        out.write("hello".getBytes(UTF_8));
        out.write('!');
        out.close();

        assertThat(in.read()).isEqualTo('h');
        assertThat(new String(in.readAllBytes(), UTF_8)).isEqualTo("ello!");
        assertThat(in.read()).isEqualTo(-1);
        assertThat(in.read(new byte[3])).isEqualTo(-1);
    }

    @Test
    void aByteAbove127IsNotTakenForEndOfFile() throws Exception {
        out.write(0xFF);

        assertThat(in.read()).isEqualTo(0xFF);
    }

    @Test
    void aReadReturnsWhatIsThereWithoutWaitingForMore() throws Exception {
        out.write(new byte[10]);

        assertThat(in.read(new byte[100])).isEqualTo(10);
    }

    @Test
    void availableSaysHowMuchIsInThePipe() throws Exception {
        assertThat(in.available()).isZero();
        out.write(new byte[42]);
        assertThat(in.available()).isEqualTo(42);
    }

    @Test
    void skippingConsumesAndStopsAtEndOfFile() throws Exception {
        out.write("abcdef".getBytes(UTF_8));
        out.close();

        assertThat(in.skip(0)).isZero();
        assertThat(in.skip(-1)).isZero();
        assertThat(in.skip(2)).isEqualTo(2);
        assertThat(in.read()).isEqualTo('c');
        assertThat(in.skip(100)).isEqualTo(3);
    }

    @Test
    void transferMovesEverythingAndCountsIt() throws Exception {
        var bytes = new byte[1_000_000];
        new java.util.Random(1).nextBytes(bytes);
        var writer =
                start(
                        () -> {
                            out.write(bytes);
                            out.close();
                        });
        var collected = new ByteArrayOutputStream();

        assertThat(in.transferTo(collected)).isEqualTo(bytes.length);

        writer.task.get();
        assertThat(collected.toByteArray()).isEqualTo(bytes);
    }

    @Test
    void nothingIsReadOrWrittenOutsideOfTheArray() throws Exception {
        var bytes = "012345".getBytes(UTF_8);
        out.write(bytes, 1, 2);
        var into = new byte[6];

        assertThat(in.read(into, 3, 3)).isEqualTo(2);

        assertThat(into).containsExactly(0, 0, 0, '1', '2', 0);
        assertThat(in.read(into, 0, 0)).isZero();
        assertThatThrownBy(() -> in.read(into, 4, 3)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> out.write(into, 4, 3))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void onlyOurOwnEndBecomesNonBlocking() {
        try (var other = calls.pipe("half of it")) {
            try (var ours = streams.input(other.first())) {
                assertThat(ours).isNotNull();
                assertThat(flags(other.first()) & O_NONBLOCK).isNotZero();
                assertThat(flags(other.second()) & O_NONBLOCK).isZero();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void writingToAPipeThatNobodyReadsSaysSo() throws Exception {
        in.close();

        assertThatThrownBy(() -> out.write(1))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("Broken pipe: nobody reads test pipe");
    }

    @Test
    void aWriterThatWaitsForRoomLearnsThatTheReaderIsGone() throws Exception {
        var writer = start(() -> out.write(new byte[1_000_000]));
        awaitParked(writer.thread);

        in.close();

        assertThatThrownBy(writer.task::get)
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("Broken pipe");
    }

    @Test
    void closingWakesABlockedReader() throws Exception {
        var reader = start(() -> in.read());
        awaitParked(reader.thread);

        in.close();
        in.close();

        assertThatThrownBy(reader.task::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("test pipe")
                .hasMessageContaining("closed during the wait");
        assertThat(pipe.first().isOpen()).isFalse();
        assertThatThrownBy(() -> in.read())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is closed");
        assertThatThrownBy(() -> in.available()).isInstanceOf(IOException.class);
    }

    @Test
    void closingWakesABlockedWriterAndThoseWhoWaitForTheirTurn() throws Exception {
        var first = start(() -> out.write(new byte[1_000_000]));
        awaitParked(first.thread);
        var second = start(() -> out.write(new byte[1]));
        awaitParked(second.thread);

        out.close();

        assertThatThrownBy(first.task::get).hasCauseInstanceOf(IOException.class);
        assertThatThrownBy(second.task::get).hasCauseInstanceOf(IOException.class);
    }

    @Test
    void aReaderNeverReadsADescriptorThatTookTheNumberOfItsOwn() throws Exception {
        for (int round = 0; round < 200; round++) {
            var ends = calls.pipe("round");
            var stream = streams.input(ends.first());
            var reader = start(() -> stream.read());
            stream.close();
            // Takes the lowest free number, which is that of the closed end.
            try (var successor = calls.pipe("successor")) {
                calls.write(successor.second().number(), new byte[] {7}, 0, 1);
                assertThatThrownBy(reader.task::get).hasCauseInstanceOf(IOException.class);
                assertThat(calls.read(successor.first().number(), new byte[2], 0, 2)).isOne();
            }
            ends.close();
        }
    }

    @Test
    void anInterruptedReaderLeavesTheStreamUsable() throws Exception {
        var reader =
                start(
                        () -> {
                            try {
                                in.read();
                            } finally {
                                assertThat(Thread.currentThread().isInterrupted()).isTrue();
                            }
                        });
        awaitParked(reader.thread);

        reader.thread.interrupt();

        assertThatThrownBy(reader.task::get).hasCauseInstanceOf(InterruptedIOException.class);
        out.write(5);
        assertThat(in.read()).isEqualTo(5);
    }

    @Test
    void anInterruptedWriterSaysHowMuchItWrote() throws Exception {
        var writer = start(() -> out.write(new byte[1_000_000]));
        awaitParked(writer.thread);

        writer.thread.interrupt();

        assertThatThrownBy(writer.task::get)
                .cause()
                .isInstanceOfSatisfying(
                        InterruptedIOException.class,
                        e -> {
                            try {
                                assertThat(e.bytesTransferred)
                                        .isPositive()
                                        .isEqualTo(in.available());
                            } catch (IOException impossible) {
                                throw new AssertionError(impossible);
                            }
                        });
    }

    @Test
    void aFailedReadNamesTheCallAndTheError() throws Exception {
        try (var directory = calls.open(null, "/", OpenFlag.O_RDONLY, OpenFlag.O_DIRECTORY);
                var stream = streams.input(directory)) {
            assertThatThrownBy(() -> stream.read())
                    .isInstanceOf(IOException.class)
                    .hasMessageMatching(
                            "read\\(/ \\(descriptor \\d+\\)\\): EISDIR \\(Is a directory\\)")
                    .hasCauseInstanceOf(ErrnoException.class);
        }
    }

    @Test
    void aRegularFileIsReadToItsEnd() throws Exception {
        try (var stream = streams.input(calls.open(null, "/proc/self/stat", OpenFlag.O_RDONLY))) {
            assertThat(new String(stream.readAllBytes(), UTF_8))
                    .startsWith(ProcessHandle.current().pid() + " (");
        }
    }

    private int flags(Fd fd) {
        return calls.fcntl(fd.number(), F_GETFL, 0);
    }

    private static Started start(Work work) {
        var task =
                new FutureTask<Boolean>(
                        () -> {
                            work.run();
                            return true;
                        });
        return new Started(task, Thread.startVirtualThread(task));
    }

    private static void awaitParked(Thread thread) throws InterruptedException {
        while (thread.isAlive() && thread.getState() != Thread.State.WAITING) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private record Started(FutureTask<Boolean> task, Thread thread) {}
}
