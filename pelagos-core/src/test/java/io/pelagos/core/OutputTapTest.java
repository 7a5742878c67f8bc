package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutputTapTest {
    private static final int SIZE = 300_000;

    private static byte[] random(int size) {
        var bytes = new byte[size];
        new Random(3).nextBytes(bytes);
        return bytes;
    }

    private static OutputTap.Viewer into(ByteArrayOutputStream seen) {
        return seen::write;
    }

    @Test
    void everybodySeesEverythingWhoeverReads() throws Exception {
        var bytes = random(SIZE);
        var tap = new OutputTap(new ByteArrayInputStream(bytes));
        var seen = new ByteArrayOutputStream();
        tap.add(into(seen));
        var read = new ByteArrayOutputStream();
        var pump = Thread.ofVirtual().start(() -> pump(tap));
        assertThat(tap.transferTo(read)).isEqualTo(SIZE);
        pump.join();
        assertThat(read.toByteArray()).isEqualTo(bytes);
        assertThat(seen.toByteArray()).isEqualTo(bytes);
        assertThat(tap.dropped()).isZero();
        assertThat(tap.read()).isEqualTo(-1);
    }

    private static void pump(OutputTap tap) {
        try {
            tap.pump();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void whoComesLateSeesTheEndOfWhatWasReadAndAllThatWasNot() throws Exception {
        var bytes = random(SIZE);
        var tap = new OutputTap(new ByteArrayInputStream(bytes));
        assertThat(tap.readNBytes(100_000)).hasSize(100_000);
        tap.pump();
        var seen = new ByteArrayOutputStream();
        tap.add(into(seen));
        int from = 100_000 - OutputTap.MOST_PAST;
        assertThat(seen.toByteArray()).isEqualTo(java.util.Arrays.copyOfRange(bytes, from, SIZE));
        assertThat(tap.available()).isEqualTo(SIZE - 100_000);
        assertThat(tap.readAllBytes())
                .isEqualTo(java.util.Arrays.copyOfRange(bytes, 100_000, SIZE));
    }

    @Test
    void oldestUnreadBytesAreDroppedBeyondTheBound() throws Exception {
        var bytes = random(OutputTap.MOST_UNREAD + SIZE);
        var tap = new OutputTap(new ByteArrayInputStream(bytes));
        tap.pump();
        long dropped = tap.dropped();
        assertThat(dropped).isBetween((long) SIZE, SIZE + (1L << 16));
        assertThat(tap.readAllBytes())
                .isEqualTo(java.util.Arrays.copyOfRange(bytes, (int) dropped, bytes.length));
    }

    @Test
    void viewerThatWasRemovedSeesNoMore() throws Exception {
        var tap = new OutputTap(new ByteArrayInputStream("abc".getBytes(StandardCharsets.UTF_8)));
        var seen = new ByteArrayOutputStream();
        var viewer = into(seen);
        tap.add(viewer);
        assertThat(tap.read()).isEqualTo('a');
        tap.remove(viewer);
        assertThat(tap.read()).isEqualTo('b');
        assertThat(seen).hasToString("a");
    }

    @Test
    void failureToReadLetsTheNextOneTry() throws Exception {
        var pipe =
                new InputStream() {
                    private boolean failed;

                    @Override
                    public int read() {
                        return -1;
                    }

                    @Override
                    public int read(byte[] into, int offset, int length)
                            throws java.io.IOException {
                        if (failed) {
                            return -1;
                        }
                        failed = true;
                        throw new java.io.InterruptedIOException("interrupted");
                    }
                };
        var tap = new OutputTap(pipe);
        org.assertj.core.api.Assertions.assertThatThrownBy(tap::read)
                .isInstanceOf(java.io.InterruptedIOException.class);
        assertThat(tap.read()).isEqualTo(-1);
    }

    @Test
    void tailKeepsTheLastBytesInTheirOrder() {
        var random = new Random(5);
        for (int most : new int[] {1, 7, 256, 1000}) {
            var tail = new ByteTail(most);
            var all = new ByteArrayOutputStream();
            for (int i = 0; i < 200; i++) {
                var piece = random(random.nextInt(1, 40));
                int from = random.nextInt(piece.length);
                tail.add(piece, from, piece.length - from);
                all.write(piece, from, piece.length - from);
                var whole = all.toByteArray();
                assertThat(tail.bytes())
                        .isEqualTo(
                                java.util.Arrays.copyOfRange(
                                        whole, Math.max(0, whole.length - most), whole.length));
            }
        }
    }
}
