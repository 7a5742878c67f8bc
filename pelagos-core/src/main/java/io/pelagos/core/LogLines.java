package io.pelagos.core;

import io.pelagos.core.internal.state.LogReader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Puts chunks of two streams together to lines, in the order in which the lines end. */
final class LogLines implements LogReader.Sink {
    /** A line without an end is passed on in pieces of this size. */
    private static final int LONGEST = 1 << 20;

    private final Consumer<LogLine> sink;
    private final Partial out = new Partial(LogLine.Source.STDOUT);
    private final Partial err = new Partial(LogLine.Source.STDERR);

    /** A line whose end has not come yet. */
    private static final class Partial {
        final LogLine.Source source;
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        @Nullable Instant began;

        Partial(LogLine.Source source) {
            this.source = source;
        }
    }

    LogLines(Consumer<LogLine> sink) {
        this.sink = sink;
    }

    @Override
    public void chunk(Instant time, int stream, byte[] bytes) {
        var partial = stream == 1 ? out : err;
        int from = 0;
        for (int at = 0; at < bytes.length; at++) {
            if (bytes[at] == '\n') {
                add(partial, time, bytes, from, at);
                pass(partial);
                from = at + 1;
            }
        }
        if (from < bytes.length) {
            add(partial, time, bytes, from, bytes.length);
            if (partial.bytes.size() >= LONGEST) {
                pass(partial);
            }
        }
    }

    private static void add(Partial partial, Instant time, byte[] bytes, int from, int to) {
        if (partial.began == null) {
            partial.began = time;
        }
        partial.bytes.write(bytes, from, to - from);
    }

    private void pass(Partial partial) {
        if (partial.began != null) {
            var text = partial.bytes.toString(StandardCharsets.UTF_8);
            if (text.endsWith("\r")) {
                text = text.substring(0, text.length() - 1);
            }
            sink.accept(new LogLine(partial.began, partial.source, text));
            partial.bytes.reset();
            partial.began = null;
        }
    }

    /** Passes on what has no end, when there will be no more. */
    void end() {
        pass(out);
        pass(err);
    }
}
