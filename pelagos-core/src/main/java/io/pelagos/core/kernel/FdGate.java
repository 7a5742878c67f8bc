package io.pelagos.core.kernel;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets one thread at a time use a non-blocking descriptor, and closes it when nobody does.
 *
 * <p>So no call is ever made with a number that has been closed and given to something else.
 */
final class FdGate {
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;

    private final Poller poller;
    private final SystemCalls calls;
    private final Fd fd;
    private final String what;
    private final ReentrantLock user = new ReentrantLock();

    FdGate(Poller poller, Fd fd) {
        this.poller = poller;
        this.calls = new SystemCalls(poller.kernel());
        this.fd = fd;
        this.what = fd.toString();
        int flags = calls.fcntl(fd.number(), F_GETFL, 0);
        long nonBlocking = OpenFlag.O_NONBLOCK.value(calls.kernel().architecture());
        calls.fcntl(fd.number(), F_SETFL, flags | nonBlocking);
    }

    /** Waits for the turn of this thread, which then has to {@link #leave}. */
    void enter() throws IOException {
        try {
            user.lockInterruptibly();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        if (fd.isRetired()) {
            user.unlock();
            throw closed();
        }
    }

    void leave() {
        user.unlock();
    }

    /** Makes a call on the descriptor; returns a negated error number when it fails. */
    long call(Syscall syscall, long... arguments) throws IOException {
        if (fd.isRetired()) {
            throw closed();
        }
        var all = new long[arguments.length + 1];
        all[0] = fd.number();
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return calls.retry(syscall, all);
    }

    void awaitReadable() throws IOException {
        try {
            poller.awaitReadable(fd);
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ClosedChannelException e) {
            throw closed(e);
        }
    }

    void awaitWritable() throws IOException {
        try {
            poller.awaitWritable(fd);
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ClosedChannelException e) {
            throw closed(e);
        }
    }

    /** Turns out whoever uses the descriptor, and closes it. */
    void close() {
        poller.cancel(fd);
        user.lock();
        try {
            fd.close();
        } finally {
            user.unlock();
        }
    }

    /** The exception for a call on the descriptor that failed. */
    IOException failed(Syscall syscall, long result) {
        var errno = Errno.of((int) -result);
        return errno == Errno.EPIPE
                ? new IOException("Broken pipe: nobody reads " + what + " any more")
                : new IOException(
                        syscall.callName() + "(" + what + "): " + errno,
                        new ErrnoException(errno, syscall.callName() + "(" + what + ", …)"));
    }

    private IOException closed() {
        return new IOException("the stream of " + what + " is closed");
    }

    private IOException closed(ClosedChannelException cause) {
        return new IOException("the stream of " + what + " was closed during the wait", cause);
    }

    private static InterruptedIOException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        var interrupted = new InterruptedIOException("interrupted while waiting for a stream");
        interrupted.initCause(cause);
        return interrupted;
    }
}
