package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PollerTest {
    private static final Duration NOTHING = Duration.ZERO;

    private final SystemCalls calls = new SystemCalls(new LinuxKernel());
    private Poller poller;
    private SystemCalls.Pair pipe;

    @BeforeEach
    void open() {
        poller = Poller.open(calls.kernel());
        pipe = calls.pipe("test pipe");
    }

    @AfterEach
    void close() {
        poller.close();
        pipe.close();
    }

    @Test
    void waitsUntilThereIsSomethingToRead() throws Exception {
        var reader = inBackground(() -> poller.awaitReadable(pipe.first()));
        awaitParked(reader);

        send(pipe.second());

        reader.task.get();
        assertThat(poller.awaitReadable(pipe.first(), NOTHING)).isTrue();
    }

    @Test
    void waitsForTheSameDescriptorAgainAndAgain() throws Exception {
        for (int round = 0; round < 100; round++) {
            var reader = inBackground(() -> poller.awaitReadable(pipe.first()));
            send(pipe.second());
            reader.task.get();
            receive(pipe.first());
            assertThat(poller.awaitReadable(pipe.first(), NOTHING)).isFalse();
        }
    }

    @Test
    void endOfFileIsReadable() throws Exception {
        var reader = inBackground(() -> poller.awaitReadable(pipe.first()));
        awaitParked(reader);

        pipe.second().close();

        reader.task.get();
    }

    @Test
    void aTimedWaitThatFindsNothingSaysSo() throws Exception {
        assertThat(poller.awaitReadable(pipe.first(), Duration.ofMillis(1))).isFalse();
        assertThat(poller.awaitWritable(pipe.second(), Duration.ofDays(100_000))).isTrue();
    }

    @Test
    void aReaderAndAWriterOfOneSocketAreWokenEachByItsOwnEvent() throws Exception {
        try (var sockets = calls.socketpair("test sockets")) {
            setNonBlocking(sockets.first());
            int sent = fill(sockets.first());
            var reader = inBackground(() -> poller.awaitReadable(sockets.first()));
            var writer = inBackground(() -> poller.awaitWritable(sockets.first()));
            awaitParked(reader);
            awaitParked(writer);

            send(sockets.second());
            reader.task.get();
            assertThat(writer.task.isDone()).isFalse();

            for (int i = 0; i < sent; i++) {
                receive(sockets.second());
            }
            writer.task.get();
        }
    }

    @Test
    void manyWaitersForOneDescriptorAreAllWoken() throws Exception {
        var readers = new ArrayList<Background>();
        for (int i = 0; i < 10; i++) {
            readers.add(inBackground(() -> poller.awaitReadable(pipe.first())));
        }
        for (var reader : readers) {
            awaitParked(reader);
        }

        send(pipe.second());

        for (var reader : readers) {
            reader.task.get();
        }
    }

    @Test
    void whatNeverBlocksIsAlwaysReady() throws Exception {
        try (var file = calls.open(null, "/dev/null", OpenFlag.O_RDWR)) {
            poller.awaitReadable(file);
            poller.awaitWritable(file);
            assertThat(poller.whenReadable(file)).succeedsWithin(Duration.ofMinutes(1));
        }
    }

    @Test
    void anInterruptedWaitIsGivenUpAndLeavesTheOthersAlone() throws Exception {
        var interrupted = inBackground(() -> poller.awaitReadable(pipe.first()));
        var other = inBackground(() -> poller.awaitReadable(pipe.first()));
        awaitParked(interrupted);
        awaitParked(other);

        interrupted.thread.interrupt();

        assertThatThrownBy(interrupted.task::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        assertThat(other.task.isDone()).isFalse();
        send(pipe.second());
        other.task.get();
    }

    @Test
    void cancellingWakesEveryWaiterAndRefusesLaterWaits() throws Exception {
        var reader = inBackground(() -> poller.awaitReadable(pipe.first()));
        var future = poller.whenReadable(pipe.first());
        awaitParked(reader);

        poller.cancel(pipe.first());

        assertThatThrownBy(reader.task::get).hasCauseInstanceOf(AsynchronousCloseException.class);
        assertThatThrownBy(future::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(AsynchronousCloseException.class);
        assertThatThrownBy(() -> poller.awaitReadable(pipe.first()))
                .isInstanceOf(ClosedChannelException.class);
        assertThat(poller.whenReadable(pipe.first())).isCompletedExceptionally();
    }

    @Test
    void anEventOfAClosedDescriptorDoesNotReachTheNextOneWithItsNumber() throws Exception {
        int number = pipe.first().number();
        try (var writer = new Background(() -> poller.awaitReadable(pipe.first()))) {
            awaitParked(writer);
            // The duplicate keeps the pipe in the epoll set after its descriptor is closed.
            var duplicate =
                    Fd.of(
                            calls.kernel(),
                            calls.fcntl(number, 1030 /* F_DUPFD_CLOEXEC */, 0),
                            "duplicate");
            try (duplicate;
                    var other = calls.pipe("other pipe")) {
                pipe.first().close();
                long reused = calls.kernel().call(Syscall.DUP3, other.first().number(), number, 0);
                assertThat(reused).isEqualTo(number);
                try (var successor = Fd.of(calls.kernel(), number, "successor")) {
                    var future = poller.whenReadable(successor);

                    send(pipe.second());
                    writer.task.get();

                    assertThat(future).isNotDone();
                    send(other.second());
                    assertThat(future).succeedsWithin(Duration.ofMinutes(1));
                }
            }
        }
    }

    @Test
    void cancellingAFutureGivesTheWaitUp() throws Exception {
        var future = poller.whenReadable(pipe.first());

        assertThat(future.cancel(true)).isTrue();

        assertThat(poller.awaitReadable(pipe.first(), NOTHING)).isFalse();
        send(pipe.second());
        assertThat(poller.awaitReadable(pipe.first(), Duration.ofMinutes(1))).isTrue();
    }

    @Test
    void theEndOfAProcessMakesItsPidfdReadable() throws Exception {
        var process = new ProcessBuilder("cat").start();
        try (var pidfd = calls.pidfdOpen((int) process.pid())) {
            var end = poller.whenReadable(pidfd);
            assertThat(end).isNotDone();

            process.getOutputStream().close();

            assertThat(end).succeedsWithin(Duration.ofMinutes(1));
        }
    }

    @Test
    void whatDependsOnAFutureMayBlockWithoutStoppingThePoller() throws Exception {
        var done =
                poller.whenReadable(pipe.first())
                        .thenRun(
                                () -> {
                                    try (var second = calls.pipe("second")) {
                                        var wait = poller.whenReadable(second.first());
                                        send(second.second());
                                        wait.join();
                                    }
                                });
        send(pipe.second());

        assertThat(done).succeedsWithin(Duration.ofMinutes(1));
    }

    @Test
    void closingWakesEveryWaiterAndEndsTheThread() throws Exception {
        var reader = inBackground(() -> poller.awaitReadable(pipe.first()));
        awaitParked(reader);

        poller.close();
        poller.close();

        assertThatThrownBy(reader.task::get).hasCauseInstanceOf(AsynchronousCloseException.class);
        assertThatThrownBy(() -> poller.awaitReadable(pipe.first()))
                .isInstanceOf(ClosedChannelException.class);
        assertThat(pipe.first().isOpen()).isTrue();
    }

    @Test
    void aClosedDescriptorIsRefused() {
        pipe.first().close();

        assertThatThrownBy(() -> poller.awaitReadable(pipe.first()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the descriptor of test pipe is closed");
    }

    @Test
    void theEventOfEpollIsPackedOnX86Only() {
        assertThat(EpollEvent.of(Architecture.X86_64)).isEqualTo(new EpollEvent(12, 4));
        assertThat(EpollEvent.of(Architecture.AARCH64)).isEqualTo(new EpollEvent(16, 8));
    }

    private Background inBackground(Wait wait) {
        return new Background(wait);
    }

    /** Returns when the thread is parked in its wait, or has ended. */
    private static void awaitParked(Background background) throws InterruptedException {
        while (background.thread.isAlive()
                && background.thread.getState() != Thread.State.WAITING) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private void send(Fd fd) {
        assertThat(calls.write(fd.number(), new byte[1], 0, 1)).isEqualTo(1);
    }

    private void receive(Fd fd) {
        assertThat(calls.read(fd.number(), new byte[1], 0, 1)).isEqualTo(1);
    }

    private void setNonBlocking(Fd fd) {
        calls.fcntl(fd.number(), 4 /* F_SETFL */, 0x800);
    }

    private int fill(Fd fd) {
        int sent = 0;
        try {
            while (true) {
                send(fd);
                sent++;
            }
        } catch (ErrnoException e) {
            assertThat(e.errno()).isEqualTo(Errno.EAGAIN);
            return sent;
        }
    }

    private interface Wait {
        void run() throws Exception;
    }

    private static final class Background implements AutoCloseable {
        final FutureTask<Boolean> task;
        final Thread thread;

        Background(Wait wait) {
            Callable<Boolean> work =
                    () -> {
                        wait.run();
                        return true;
                    };
            task = new FutureTask<>(work);
            thread = Thread.startVirtualThread(task);
        }

        @Override
        public void close() {
            thread.interrupt();
        }
    }
}
