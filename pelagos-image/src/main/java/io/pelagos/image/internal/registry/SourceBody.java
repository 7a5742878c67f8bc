package io.pelagos.image.internal.registry;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/** A piece of something that can be opened again. */
final class SourceBody extends RequestBody {
    private static final int BUFFER = 1 << 16;
    private static final MediaType BYTES = MediaType.get("application/octet-stream");

    private final Supplier<InputStream> source;
    private final long offset;
    private final long length;

    SourceBody(Supplier<InputStream> source, long offset, long length) {
        this.source = source;
        this.offset = offset;
        this.length = length;
    }

    @Override
    public @Nullable MediaType contentType() {
        return BYTES;
    }

    @Override
    public long contentLength() {
        return length;
    }

    @Override
    public void writeTo(BufferedSink sink) throws IOException {
        try (var in = source.get()) {
            in.skipNBytes(offset);
            var buffer = new byte[BUFFER];
            for (long left = length; left > 0; ) {
                int n = read(in, buffer, (int) Math.min(left, BUFFER));
                sink.write(buffer, 0, n);
                left -= n;
            }
        }
    }

    private int read(InputStream in, byte[] buffer, int most) throws IOException {
        int n;
        try {
            n = in.read(buffer, 0, most);
        } catch (IOException e) {
            throw new SourceException("cannot be read: " + Throwables.reason(e), e);
        }
        if (n < 0) {
            throw new SourceException("ended before byte " + (offset + length));
        }
        return n;
    }
}
