package io.pelagos.core.internal.state;

import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;

/**
 * The note that somebody freezes a container for as long as its files are copied. Who finds it, and
 * has the lock, knows that its writer has died: if the container is frozen, nobody else would let
 * it go on.
 */
public final class FreezeMark {
    private static final byte[] SET = {'1'};

    /** How large the file may be. */
    static final int LARGEST = 16;

    private final SystemCalls calls;
    private final int file;

    /** The lock's own file keeps the note. */
    FreezeMark(SystemCalls calls, FileLock lock) {
        this.calls = calls;
        file = lock.file().number();
    }

    /** Tells whether somebody has left it. */
    public boolean isSet() {
        rewind();
        return calls.readFully(file, LARGEST).length > 0;
    }

    /** To be called before the container is frozen. */
    public void set() {
        clear();
        calls.writeFully(file, SET);
    }

    /** To be called once it goes on, or when somebody wants it to stand still for longer. */
    public void clear() {
        SystemCalls.check(calls.retry(Syscall.FTRUNCATE, file, 0), Syscall.FTRUNCATE, file, 0);
        rewind();
    }

    private void rewind() {
        SystemCalls.check(calls.retry(Syscall.LSEEK, file, 0, 0), Syscall.LSEEK, file, 0, 0);
    }
}
