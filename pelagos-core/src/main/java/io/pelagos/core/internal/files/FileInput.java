package io.pelagos.core.internal.files;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.kernel.Fd;
import java.io.FilterInputStream;

/** The contents of an open file, for whoever does not see that a descriptor is behind them. */
final class FileInput extends FilterInputStream {
    private final Fd file;

    FileInput(FileCalls calls, Fd file) {
        super(calls.contents(file));
        this.file = file;
    }

    Fd file() {
        return file;
    }
}
