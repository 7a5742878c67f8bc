package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class FdTest {
    private final ClosedNumbers kernel = new ClosedNumbers();

    @Test
    void closesOnce() {
        var fd = Fd.of(kernel, 7, "a file");
        assertThat(fd.isOpen()).isTrue();
        assertThat(fd.number()).isEqualTo(7);
        assertThat(fd).hasToString("a file (descriptor 7)");

        fd.close();
        fd.close();

        assertThat(kernel.numbers).containsExactly(7L);
        assertThat(fd.isOpen()).isFalse();
        assertThat(fd).hasToString("a file (closed)");
    }

    @Test
    void closesOnceWhenManyThreadsCloseIt() throws Exception {
        var fd = Fd.of(kernel, 7, "a file");
        var barrier = new CyclicBarrier(8);
        try (var threads = Executors.newFixedThreadPool(8)) {
            var closings = new ArrayList<Future<?>>();
            for (int i = 0; i < 8; i++) {
                closings.add(
                        threads.submit(
                                () -> {
                                    barrier.await();
                                    fd.close();
                                    return null;
                                }));
            }
            for (var closing : closings) {
                closing.get();
            }
        }
        assertThat(kernel.numbers).containsExactly(7L);
    }

    @Test
    void aClosedDescriptorHasNoNumber() {
        var fd = Fd.of(kernel, 7, "a file");
        fd.close();

        assertThatThrownBy(fd::number)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the descriptor of a file is closed");
        assertThatThrownBy(fd::release).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aReleasedDescriptorIsClosedByWhoTookIt() {
        var fd = Fd.of(kernel, 7, "a file");

        assertThat(fd.release()).isEqualTo(7);

        fd.close();
        assertThat(fd.isOpen()).isFalse();
        assertThat(kernel.numbers).isEmpty();
    }

    @Test
    void aNegativeNumberIsRefused() {
        assertThatThrownBy(() -> Fd.of(kernel, -1, "a file"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("descriptor number -1 for a file");
    }

    @Test
    void aLeakIsClosedAndReportedWithThePlaceWhereAssertionsAreOn() throws Exception {
        var child = ChildJvm.run(Leak.class, "-ea", "--enable-native-access=io.pelagos.core");

        assertThat(child.exit()).isZero();
        assertThat(child.output())
                .contains("the descriptor ")
                .contains(" of leaked pipe was never closed")
                .contains("opened here")
                .contains("FdTest$Leak.leak(FdTest.java:");
    }

    @Test
    void aLeakIsClosedAndReportedWithoutThePlaceWhereTheyAreOff() throws Exception {
        var child = ChildJvm.run(Leak.class, "--enable-native-access=io.pelagos.core");

        assertThat(child.exit()).isZero();
        assertThat(child.output())
                .contains(" of leaked pipe was never closed")
                .doesNotContain("opened here");
    }

    /** Exits with 0 once a descriptor that nobody closed has been closed nevertheless. */
    static final class Leak {
        private static final int COLLECTIONS = 10_000;

        public static void main(String[] args) {
            var calls = new SystemCalls(new LinuxKernel());
            int number = leak(calls);
            for (int i = 0; i < COLLECTIONS; i++) {
                System.gc();
                long flags = calls.kernel().call(Syscall.FCNTL, number, 1 /* F_GETFD */, 0);
                if (flags == -Errno.EBADF.number()) {
                    return;
                }
                Thread.onSpinWait();
            }
            throw new AssertionError("descriptor " + number + " is still open");
        }

        private static int leak(SystemCalls calls) {
            var pipe = calls.pipe("leaked pipe");
            pipe.second().close();
            return pipe.first().number();
        }
    }

    /** Remembers the numbers that are closed. */
    private static final class ClosedNumbers implements Kernel {
        final List<Long> numbers = new ArrayList<>();

        @Override
        public Architecture architecture() {
            return Architecture.X86_64;
        }

        @Override
        public synchronized long call(Syscall syscall, long... arguments) {
            assertThat(syscall).isEqualTo(Syscall.CLOSE);
            numbers.add(arguments[0]);
            return 0;
        }

        @Override
        public int launch(LaunchPlan plan, LaunchRequest request) {
            throw new UnsupportedOperationException();
        }
    }
}
