package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_CREAT;
import static io.pelagos.core.kernel.OpenFlag.O_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_TRUNC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Syscall.CLOCK_GETTIME;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.DUP3;
import static io.pelagos.core.kernel.Syscall.FCNTL;
import static io.pelagos.core.kernel.Syscall.GETPID;
import static io.pelagos.core.kernel.Syscall.IOCTL;
import static io.pelagos.core.kernel.Syscall.LSEEK;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.PIPE2;
import static io.pelagos.core.kernel.Syscall.PPOLL;
import static io.pelagos.core.kernel.Syscall.READ;
import static io.pelagos.core.kernel.Syscall.RENAMEAT2;
import static io.pelagos.core.kernel.Syscall.SPLICE;
import static io.pelagos.core.kernel.Syscall.TIMERFD_CREATE;
import static io.pelagos.core.kernel.Syscall.TIMERFD_SETTIME;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import org.jspecify.annotations.Nullable;

/**
 * The steps by which a detached supervisor copies standard output and standard error to the files
 * that {@link Logs} describes.
 *
 * <p>splice(2) moves the bytes without a buffer, and the file keeps its own position, so that a
 * plan needs no arithmetic: lseek(2) says where a chunk begins, and a bound that is a power of two
 * is reached when a higher bit is set. When the disk is full a chunk is dropped: a container is
 * never held up by its logs.
 */
final class LogCopying {
    private static final Constant CREATE =
            Constant.flags(O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_CLOEXEC);
    private static final int MODE = 0600;
    private static final int SEEK_CUR = 1;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int CHUNK = 1 << 16;
    private static final int POLLFD_SIZE = 8;
    private static final int POLLIN = 1;

    /** {@code revents} of a {@code struct pollfd}. */
    private static final long REVENTS = 0xffffL << 48;

    private static final int WORD = 2;
    private static final int TYPED = 3;
    private static final int PROCESS = 4;
    private static final int TIMER = 5;
    private static final int F_SETFL = 4;
    private static final int RDWR_NONBLOCK = 2 | 0x800;
    private static final int TIOCSWINSZ = 0x5414;
    private static final long STUCK_NANOS = 10_000_000;
    private static final int OFFSET = 16;
    private static final int LENGTH = 24;

    /** How long what was left in the pipes is copied when somebody keeps filling them. */
    private static final long DRAIN_SECONDS = 1;

    private final PlanBuilder plan;
    private final int directory;
    private final Logs logs;
    private final @Nullable KeptInput input;

    /** The supervisor's side of the terminal where there is one; null without. */
    private final @Nullable Slot terminal;

    /** A pipe between the terminal and its log, since splice(2) takes one: reading end first. */
    private final @Nullable Pointer between;

    private final Stream out;
    private final Stream err;
    private final Slot index;
    private final Slot indexSize;
    private final Slot nowhere;
    private final Slot ended;
    private final Pointer polls;
    private final Label top = new Label();
    private final Label drained = new Label();

    /** One of the two standard streams; the record is that of its next chunk. */
    private record Stream(String name, String fileName, int pipe, Slot file, Pointer record) {}

    LogCopying(PlanBuilder plan, Supervision.Kind.Detached how) {
        this.plan = plan;
        directory = how.directory();
        logs = how.logs();
        input = how.input();
        boolean hasTerminal = how.terminal() != null;
        terminal = hasTerminal ? plan.slot("terminal") : null;
        between = hasTerminal ? plan.ints("{reading, writing}", -1, -1) : null;
        out = stream("standard output", Logs.STDOUT, logs.stdout(), 1);
        err = stream("standard error", Logs.STDERR, logs.stderr(), 2);
        index = plan.slot(Logs.INDEX);
        indexSize = plan.slot("size of " + Logs.INDEX);
        nowhere = plan.slot("/dev/null");
        ended = plan.slot("ended");
        polls =
                plan.ints(
                        "{stdout, stderr, word, typed, pidfd, timer}",
                        logs.stdout(),
                        POLLIN,
                        logs.stderr(),
                        POLLIN,
                        input == null ? -1 : input.word(),
                        POLLIN,
                        input != null && terminal != null ? input.source() : -1,
                        POLLIN,
                        -1,
                        POLLIN,
                        -1,
                        POLLIN);
    }

    private Stream stream(String name, String file, int pipe, int number) {
        return new Stream(
                name,
                file,
                pipe,
                plan.slot(file),
                plan.longs("{time, offset, length, " + number + "}", 0, 0, 0, (long) number << 32));
    }

    /** Opens the files, so that a full disk or a missing directory is told before there is more. */
    void open() {
        plan.purpose("opening the logs");
        plan.call(OPENAT, AT_FDCWD, "/dev/null", Constant.flags(O_WRONLY, O_CLOEXEC), 0)
                .into(nowhere);
        create();
    }

    private void create() {
        plan.call(OPENAT, directory, out.fileName(), CREATE, MODE).into(out.file());
        plan.call(OPENAT, directory, err.fileName(), CREATE, MODE).into(err.file());
        plan.call(OPENAT, directory, Logs.INDEX, CREATE, MODE).into(index);
    }

    /** Takes the terminal of the container's first process, unless that has ended before. */
    void receiveTerminal(KeptTerminal kept) {
        if (terminal == null || between == null) {
            throw new IllegalStateException("no terminal");
        }
        plan.purpose("receiving the terminal of the container");
        var failed = plan.onError();
        var without = new Label();
        plan.onError(without);
        // Then the process alone has the other end, and its own end is seen.
        plan.call(CLOSE, kept.sender());
        plan.call(CLOSE, -1).tolerate(Errno.EBADF).into(terminal);
        var message = Message.allocate(plan, "terminal", 1);
        message.receive(plan, kept.receiver(), without);
        var received = message.descriptors().getFirst();
        plan.call(FCNTL, received, F_DUPFD_CLOEXEC, 3).into(terminal);
        plan.call(FCNTL, received, F_DUPFD_CLOEXEC, 3).into(entry(0));
        plan.call(CLOSE, received);
        // A program that does not read must not hold up its own output.
        plan.call(FCNTL, terminal, F_SETFL, RDWR_NONBLOCK);
        plan.call(PIPE2, between, O_CLOEXEC);
        plan.here(without);
        plan.onError(failed);
    }

    /** Copies until the process has ended. */
    void untilEnd(Slot pidfd) {
        plan.purpose("copying the container's output");
        var failed = plan.onError();
        var poll = new Label();
        var rotate = new Label();
        var waiting = new Label();
        var interrupted = new Label();
        var over = new Label();
        plan.onError(over);
        plan.call(FCNTL, pidfd, F_DUPFD_CLOEXEC, 3).into(entry(PROCESS));

        plan.here(top);
        position(out.file(), out.record().at(OFFSET), rotate);
        position(err.file(), err.record().at(OFFSET), rotate);
        position(index, new Pointer(indexSize.address(), indexSize.text()), rotate);
        plan.jump(poll);

        plan.here(rotate);
        replace();
        plan.jump(top);

        plan.here(poll);
        var ready = plan.slot("ready");
        var dispatch = new Label();
        plan.whenResult(ended, 0, waiting);
        plan.call(PPOLL, polls, TIMER + 1, plan.longs("{0 s}", 0, 0), null, 0)
                .into(ready)
                .orElse(drained);
        plan.whenResult(ready, 0, drained);
        plan.when(entry(TIMER).value(), (long) POLLIN << 48, (long) POLLIN << 48, drained);
        plan.jump(dispatch);
        plan.here(waiting);
        plan.call(PPOLL, polls, TIMER, null, null, 0).orElse(interrupted);

        plan.here(dispatch);
        copy(out, 0);
        copy(err, 1);
        if (terminal == null) {
            endInput();
        } else {
            type(terminal);
            resize(terminal);
        }
        plan.when(entry(PROCESS).value(), REVENTS, 0, top);
        plan.jump(over);

        plan.here(interrupted);
        plan.whenErrno(Errno.EINTR, top);
        plan.here(over);
        plan.onError(failed);
    }

    /**
     * Copies what the process has left in the pipes when it ended. Others that have them, where
     * there is no PID namespace, are not waited for.
     */
    void rest() {
        plan.purpose("copying what is left of the container's output");
        var failed = plan.onError();
        plan.onError(drained);
        // The results only have to be: not zero, and no descriptor.
        plan.call(GETPID).into(ended);
        never(PROCESS);
        never(WORD);
        never(TYPED);
        plan.call(TIMERFD_CREATE, 1, 0).into(entry(TIMER));
        plan.call(
                TIMERFD_SETTIME,
                entry(TIMER).value(),
                0,
                plan.longs("{0, " + DRAIN_SECONDS + " s}", 0, 0, DRAIN_SECONDS, 0),
                null);
        plan.jump(top);
        plan.here(drained);
        plan.onError(failed);
    }

    /** Asks where the next write goes, and whether that is beyond the bound. */
    private void position(Slot file, Pointer offset, Label beyond) {
        var next = new Label();
        plan.call(LSEEK, file, 0, SEEK_CUR).into(offset).orElse(next);
        plan.when(offset.value(), -logs.bound(), 0, next);
        plan.jump(beyond);
        plan.here(next);
    }

    /** Goes on with new files, see {@link Logs}. */
    private void replace() {
        plan.purpose("beginning new logs");
        var failed = plan.onError();
        for (var file : new Slot[] {out.file(), err.file(), index}) {
            var next = new Label();
            var name = file.text();
            plan.onError(next);
            plan.call(CLOSE, file);
            plan.call(RENAMEAT2, directory, name, directory, name + Logs.OLD, 0);
            plan.here(next);
        }
        var created = new Label();
        plan.onError(created);
        create();
        plan.here(created);
        plan.onError(failed);
    }

    private void copy(Stream stream, int entry) {
        var shown = entry == 0 ? terminal : null;
        if (stream.pipe() < 0 && shown == null) {
            return;
        }
        Object pipe = shown == null || between == null ? stream.pipe() : between.value();
        plan.purpose("copying " + stream.name());
        var failed = plan.onError();
        var next = new Label();
        var full = new Label();
        var end = new Label();
        var length = stream.record().at(LENGTH);
        plan.when(entry(entry).value(), REVENTS, 0, next);
        if (shown != null && between != null) {
            read(shown, between.at(4).value(), next, end);
        }
        plan.onError(next);
        plan.call(SPLICE, pipe, null, stream.file(), null, CHUNK, 0).into(length).orElse(full);
        plan.whenResult(length.value(), 0, end);
        plan.call(CLOCK_GETTIME, 0, stream.record());
        plan.call(WRITE, index, stream.record(), Logs.RECORD_SIZE);
        plan.jump(next);

        plan.here(full);
        var dropped = plan.slot("dropped");
        plan.call(SPLICE, pipe, null, nowhere, null, CHUNK, 0).into(dropped).orElse(end);
        plan.whenResult(dropped, 0, end);
        plan.jump(next);

        plan.here(end);
        never(entry);
        plan.here(next);
        plan.onError(failed);
    }

    /** Reads the terminal: EIO when nobody has it open any more, see pty(7). */
    private void read(Slot shown, Slot into, Label nothing, Label end) {
        var count = plan.slot("count");
        var wrong = new Label();
        var some = new Label();
        plan.call(SPLICE, shown, null, into, null, CHUNK, 0).into(count).orElse(wrong);
        // The next step would wait for what did not come.
        plan.whenResult(count, 0, end);
        plan.jump(some);
        plan.here(wrong);
        plan.whenErrno(Errno.EAGAIN, nothing);
        plan.jump(end);
        plan.here(some);
    }

    /** Passes on what is typed; a program that reads nothing is asked again a little later. */
    private void type(Slot keyboard) {
        if (input == null) {
            return;
        }
        plan.purpose("passing on what is typed");
        var failed = plan.onError();
        var next = new Label();
        var stuck = new Label();
        plan.when(entry(TYPED).value(), REVENTS, 0, next);
        plan.onError(next);
        plan.call(SPLICE, input.source(), null, keyboard, null, CHUNK, 0).orElse(stuck);
        plan.jump(next);
        plan.here(stuck);
        plan.call(PPOLL, null, 0, plan.longs("{10 ms}", 0, STUCK_NANOS), null, 0);
        plan.here(next);
        plan.onError(failed);
    }

    /** Gives the terminal the size that the word says. */
    private void resize(Slot screen) {
        if (input == null) {
            return;
        }
        plan.purpose("changing the size of the terminal");
        var failed = plan.onError();
        var next = new Label();
        var size = plan.space("winsize", KeptTerminal.WINSIZE);
        plan.when(entry(WORD).value(), REVENTS, 0, next);
        plan.onError(next);
        plan.call(READ, input.word(), size, KeptTerminal.WINSIZE);
        plan.call(IOCTL, screen, TIOCSWINSZ, size);
        plan.here(next);
        plan.onError(failed);
    }

    /** Closes standard input when the word for it has come, see {@link KeptInput}. */
    private void endInput() {
        if (input == null) {
            return;
        }
        plan.purpose("closing standard input");
        var failed = plan.onError();
        var next = new Label();
        plan.when(entry(WORD).value(), REVENTS, 0, next);
        plan.onError(next);
        plan.call(DUP3, nowhere, input.pipe(), O_CLOEXEC);
        never(WORD);
        plan.here(next);
        plan.onError(failed);
    }

    /** Makes poll(2) pass over an entry: closing nothing gives a number below zero. */
    private void never(int entry) {
        plan.call(CLOSE, -1).tolerate(Errno.EBADF).into(entry(entry));
    }

    private Pointer entry(int number) {
        return polls.at(POLLFD_SIZE * number);
    }
}
