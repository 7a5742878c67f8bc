package io.pelagos.core;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.security.SeccompArch;
import io.pelagos.core.security.SyscallTable;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * The JVM's side of seccomp_unotify(2): a virtual thread that receives what the container's threads
 * ask, and one for each question. It ends when no process with the filter is left.
 */
final class SyscallListener {
    private static final System.Logger LOG = System.getLogger(SyscallListener.class.getName());

    private static final long SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100L;
    private static final long SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101L;
    private static final long SECCOMP_IOCTL_NOTIF_ADDFD = 0x40182103L;
    private static final int SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
    private static final int SECCOMP_ADDFD_FLAG_SEND = 2;
    private static final int O_CLOEXEC = 0x80000;

    /** {@code sizeof(struct seccomp_notif)}, {@code _resp} and {@code _addfd}. */
    private static final int NOTIF_SIZE = 80;

    private static final int RESPONSE_SIZE = 24;
    private static final int ADDFD_SIZE = 24;
    private static final short POLLIN = 1;

    /** For a call that no filter of ours asks about. */
    private static final SyscallHandler UNKNOWN = _ -> SyscallAnswer.deny(Errno.ENOSYS);

    private static final int SIGSET_SIZE = 8;

    private final Engine engine;
    private final String container;
    private final Fd listener;
    private final Map<String, SyscallHandler> handlers;
    private final Map<Integer, String> names = new HashMap<>();

    private SyscallListener(
            Engine engine, String container, Fd listener, Map<String, SyscallHandler> handlers) {
        this.engine = engine;
        this.container = container;
        this.listener = listener;
        this.handlers = Map.copyOf(handlers);
        var arch = SeccompArch.nativeOf(engine.kernel().architecture());
        for (var name : handlers.keySet()) {
            names.put(SyscallTable.number(arch, name).orElseThrow(), name);
        }
    }

    /** Begins to answer. */
    static void start(
            Engine engine, String container, Fd listener, Map<String, SyscallHandler> handlers) {
        var answering = new SyscallListener(engine, container, listener, handlers);
        Thread.ofVirtual().name("pelagos-" + container + "-syscalls").start(answering::listen);
    }

    private void listen() {
        try (listener) {
            do {
                engine.poller().awaitReadable(listener);
            } while (receive());
        } catch (IOException | InterruptedException | IllegalStateException e) {
            // Pelagos is being closed, and its containers with it.
            LOG.log(System.Logger.Level.DEBUG, "no longer answering for " + container, e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "no longer answering for " + container, e);
        } finally {
            engine.poller().cancel(listener);
        }
    }

    /** Returns false when nobody is left who could ask. */
    private boolean receive() {
        try (var memory = Memory.open()) {
            if (!isAsked(memory)) {
                return false;
            }
            var notif = memory.block(NOTIF_SIZE);
            long result =
                    engine.calls()
                            .retry(
                                    Syscall.IOCTL,
                                    listener.number(),
                                    SECCOMP_IOCTL_NOTIF_RECV,
                                    notif.address());
            if (result == -Errno.ENOENT.number()) {
                return true; // killed before it could be heard
            }
            SystemCalls.check(
                    result, Syscall.IOCTL, listener, "SECCOMP_IOCTL_NOTIF_RECV", "{notif}");
            var call = CallInProgress.of(engine, listener, names, notif);
            Thread.ofVirtual()
                    .name("pelagos-" + container + "-" + call.name())
                    .start(() -> answer(call));
            return true;
        }
    }

    /** A hang-up alone, or nothing, means that there is no question: receiving would wait. */
    private boolean isAsked(Memory memory) {
        // struct pollfd { int fd; short events, revents; }
        var poll = memory.block(8).putInt(0, listener.number()).putShort(4, POLLIN);
        var now = memory.block(16);
        SystemCalls.check(
                engine.calls()
                        .retry(Syscall.PPOLL, poll.address(), 1, now.address(), 0, SIGSET_SIZE),
                Syscall.PPOLL,
                listener);
        return (poll.getShort(6) & POLLIN) != 0;
    }

    private void answer(CallInProgress call) {
        SyscallAnswer answer;
        try {
            answer = handlers.getOrDefault(call.name(), UNKNOWN).decide(call);
        } catch (Exception e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the handler of " + call.name() + " in " + container + " failed: denied",
                    e);
            answer = SyscallAnswer.deny(Errno.EPERM);
        } catch (Error e) {
            send(call, 0, -Errno.EPERM.number(), 0);
            throw e;
        }
        switch (answer) {
            case SyscallAnswer.Allow() -> send(call, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
            case SyscallAnswer.Deny(var errno) -> send(call, 0, -errno.number(), 0);
            case SyscallAnswer.Return(long value) -> send(call, value, 0, 0);
            case SyscallAnswer.AddDescriptor(var file, boolean closeOnExec) -> {
                try (file) {
                    addDescriptor(call, file, closeOnExec);
                }
            }
        }
    }

    private void addDescriptor(CallInProgress call, Fd file, boolean closeOnExec) {
        try (var memory = Memory.open()) {
            // struct seccomp_notif_addfd { u64 id; u32 flags, srcfd, newfd, newfd_flags; }
            var request =
                    memory.block(ADDFD_SIZE)
                            .putLong(0, call.id())
                            .putInt(8, SECCOMP_ADDFD_FLAG_SEND)
                            .putInt(12, file.number())
                            .putInt(20, closeOnExec ? O_CLOEXEC : 0);
            long result = ioctl(SECCOMP_IOCTL_NOTIF_ADDFD, request);
            if (result < 0 && result != -Errno.ENOENT.number()) {
                // Such as EMFILE in the caller, which is what it is told.
                send(call, 0, (int) result, 0);
            }
        } catch (ErrnoException | IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "too late for " + call.name(), e);
        }
    }

    private void send(CallInProgress call, long value, int error, int flags) {
        try (var memory = Memory.open()) {
            // struct seccomp_notif_resp { u64 id; s64 val; s32 error; u32 flags; }
            var response =
                    memory.block(RESPONSE_SIZE)
                            .putLong(0, call.id())
                            .putLong(8, value)
                            .putInt(16, error)
                            .putInt(20, flags);
            long result = ioctl(SECCOMP_IOCTL_NOTIF_SEND, response);
            if (result < 0 && result != -Errno.ENOENT.number()) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "answering {0} in {1}: {2}",
                        call.name(),
                        container,
                        Errno.of((int) -result));
            }
        } catch (IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "too late for " + call.name(), e);
        }
    }

    private long ioctl(long request, Memory.Block argument) {
        return engine.calls().retry(Syscall.IOCTL, listener.number(), request, argument.address());
    }
}
