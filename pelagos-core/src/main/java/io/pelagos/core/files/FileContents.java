package io.pelagos.core.files;

import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.SystemCalls;
import java.io.InputStream;
import java.util.Objects;

/** What an open file holds from where it stands; closing this leaves the descriptor open. */
final class FileContents extends InputStream {
    private final SystemCalls calls;
    private final Fd file;

    FileContents(SystemCalls calls, Fd file) {
        this.calls = calls;
        this.file = file;
    }

    @Override
    public int read() {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int at, int length) {
        Objects.checkFromIndexSize(at, length, into.length);
        if (length == 0) {
            return 0;
        }
        int count = calls.read(file.number(), into, at, length);
        return count == 0 ? -1 : count;
    }
}
