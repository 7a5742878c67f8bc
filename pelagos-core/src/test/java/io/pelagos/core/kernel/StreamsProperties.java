package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class StreamsProperties {
    private static final int PAIRS = 16;

    @Property(tries = 10)
    void sixteenWritersAndReadersWithAnyChunksMoveTheSameBytes(@ForAll long seed) throws Exception {
        var calls = new SystemCalls(new LinuxKernel());
        var random = new Random(seed);
        var sent = new ArrayList<byte[]>();
        var received = new ArrayList<Future<byte[]>>();
        try (var poller = Poller.open(calls.kernel());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var streams = new Streams(poller);
            for (int pair = 0; pair < PAIRS; pair++) {
                var bytes = new byte[random.nextInt(300_000)];
                random.nextBytes(bytes);
                sent.add(bytes);
                var pipe = calls.pipe("pair " + pair);
                var in = streams.input(pipe.first());
                var out = streams.output(pipe.second());
                long writerSeed = random.nextLong();
                long readerSeed = random.nextLong();
                var _ = threads.submit(() -> write(out, bytes, new Random(writerSeed)));
                received.add(threads.submit(() -> read(in, new Random(readerSeed))));
            }
            for (int pair = 0; pair < PAIRS; pair++) {
                assertThat(received.get(pair).get()).isEqualTo(sent.get(pair));
            }
        }
    }

    private static int write(OutputStream out, byte[] bytes, Random random) throws Exception {
        try (out) {
            int at = 0;
            while (at < bytes.length) {
                int chunk = Math.min(1 + random.nextInt(100_000), bytes.length - at);
                out.write(bytes, at, chunk);
                at += chunk;
            }
            return at;
        }
    }

    private static byte[] read(InputStream in, Random random) throws Exception {
        try (in) {
            var all = new ByteArrayOutputStream();
            while (true) {
                var chunk = new byte[1 + random.nextInt(100_000)];
                int count = in.read(chunk);
                if (count < 0) {
                    return all.toByteArray();
                }
                all.write(chunk, 0, count);
            }
        }
    }
}
