package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.PressureTrigger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Something of a cgroup that the kernel tells of: a descriptor to be waited for. The removal of the
 * cgroup wakes whoever waits, too.
 *
 * @param fd what is waited for
 * @param signal how it tells
 */
public record CgroupWatch(Fd fd, Signal signal) implements AutoCloseable {
    private static final int EFD_CLOEXEC_NONBLOCK = 0x80800;
    private static final int EVENT_SIZE = 512;

    /** How a descriptor tells. */
    public enum Signal {
        /** By a priority event, each time that a trigger has gone off. */
        TRIGGER,
        /** By a priority event, until the file is read again. */
        CHANGE,
        /** By being readable, until the counter is read. */
        COUNTER
    }

    /** Sets a trigger, which lasts as long as the descriptor. */
    static CgroupWatch pressure(CgroupDirectory directory, PressureTrigger trigger) {
        var name = trigger.resource().name().toLowerCase(Locale.ROOT) + ".pressure";
        var file =
                Fd.of(
                        directory.calls().kernel(),
                        directory
                                .calls()
                                .openat(
                                        directory.fd(),
                                        name,
                                        Constant.flags(OpenFlag.O_RDWR, OpenFlag.O_NONBLOCK),
                                        0),
                        directory + "/" + name);
        try {
            var text =
                    "%s %d %d\0"
                            .formatted(
                                    trigger.full() ? "full" : "some",
                                    trigger.stall().toNanos() / 1_000,
                                    trigger.window().toNanos() / 1_000);
            directory.calls().writeFully(file.number(), text.getBytes(StandardCharsets.US_ASCII));
            return new CgroupWatch(file, Signal.TRIGGER);
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** Watches the counters of version 2, every one of which tells. */
    static CgroupWatch memory(CgroupDirectory unified) {
        return new CgroupWatch(unified.openFile("memory.events"), Signal.CHANGE);
    }

    /** Watches version 1, which tells when memory has run out, before it kills a process. */
    static CgroupWatch legacyMemory(CgroupDirectory v1) {
        var calls = v1.calls();
        long number =
                SystemCalls.check(
                        calls.retry(Syscall.EVENTFD2, 0, EFD_CLOEXEC_NONBLOCK),
                        Syscall.EVENTFD2,
                        0,
                        "EFD_CLOEXEC|EFD_NONBLOCK");
        var counter = Fd.of(calls.kernel(), (int) number, "out of memory in " + v1);
        try (var control = v1.openFile("memory.oom_control")) {
            v1.write("cgroup.event_control", counter.number() + " " + control.number());
            return new CgroupWatch(counter, Signal.COUNTER);
        } catch (RuntimeException | Error e) {
            counter.close();
            throw e;
        }
    }

    /** Takes note of what was told, so that only something new tells again. */
    public void take(SystemCalls calls) {
        try (var memory = Memory.open()) {
            var buffer = memory.block(EVENT_SIZE);
            long result =
                    switch (signal) {
                        case TRIGGER -> 0;
                        case CHANGE ->
                                calls.retry(
                                        Syscall.PREAD64,
                                        fd.number(),
                                        buffer.address(),
                                        buffer.size(),
                                        0);
                        case COUNTER -> calls.retry(Syscall.READ, fd.number(), buffer.address(), 8);
                    };
            // EAGAIN: another has told of it; ENODEV: the cgroup has gone.
            if (result < 0
                    && result != -Errno.EAGAIN.number()
                    && result != -Errno.ENODEV.number()) {
                throw new ErrnoException(Errno.of((int) -result), "read(" + fd + ")");
            }
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
