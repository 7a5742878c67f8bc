package io.pelagos.bench;

import java.io.IOException;
import java.util.List;

/**
 * What the JVM can do without us: {@link ProcessBuilder}, no isolation.
 *
 * @param name of the subject
 * @param command what to run
 * @param slow whether once in a round is enough
 */
record PlainProcess(String name, List<String> command, boolean slow) implements Subject {
    @Override
    public long[] run(int times) throws IOException, InterruptedException {
        var nanos = new long[times];
        for (int i = 0; i < times; i++) {
            var builder =
                    new ProcessBuilder(command)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD);
            long before = System.nanoTime();
            int status = builder.start().waitFor();
            nanos[i] = System.nanoTime() - before;
            if (status != 0) {
                throw new IOException(String.join(" ", command) + ": exit status " + status);
            }
        }
        return nanos;
    }
}
