package io.pelagos.core.internal.launch;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.kernel.WaitFlag;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries out plans and speaks the JVM's side of the protocol with what they start.
 *
 * <p>Two channels lead to the new processes. The report pipe brings records of a failed step and
 * its error; end of file without one means that the program was executed. The control socket brings
 * the process and its pidfd, later its exit status; towards the new process it carries the word to
 * go on; and its hang-up means that the JVM has ended.
 */
public final class Launcher implements AutoCloseable {
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;

    /** {@code msg_flags} when a right did not fit, or into this JVM's table of descriptors. */
    private static final int MSG_CTRUNC = 8;

    /** {@code cmsg_level} SOL_SOCKET and {@code cmsg_type} SCM_RIGHTS. */
    private static final long RIGHTS = 1L << 32 | 1;

    private static final int SHUT_WR = 1;
    private static final int SHUT_RDWR = 2;
    private static final int SIGKILL = 9;
    private static final int STDIO = 3;
    private static final int RECORD_SIZE = 8;
    private static final byte[] WORD = {1};

    private final Kernel kernel;
    private final SystemCalls calls;
    private final Poller poller;
    private final Spare<WaitingHelper> helpers;

    /**
     * Makes a launcher.
     *
     * @param kernel who starts processes
     * @param poller waits where a virtual thread must not
     * @param ahead whether a helper may be made before it is needed
     */
    public Launcher(Kernel kernel, Poller poller, boolean ahead) {
        this.kernel = kernel;
        this.calls = new SystemCalls(kernel);
        this.poller = poller;
        helpers = new Spare<>("pelagos-helper", ahead, () -> WaitingHelper.maker(kernel));
    }

    /** Acts while no helper is there but those of processes that were started. */
    public void withoutSpare(Runnable action) {
        helpers.without(action);
    }

    /** Ends the helper that was made ahead, if there is one. */
    @Override
    public void close() {
        helpers.close();
    }

    /**
     * What a launch needs beside its plan.
     *
     * @param stdio where standard input, output and error come from: three descriptors of the JVM
     * @param others descriptors that the plan uses, in the order of their numbers there
     * @param placing makes the cgroups; or null for none
     * @param awaited what the JVM does with the process id before the process goes on; or null
     * @param meanwhile what the JVM does while the process sets itself up
     * @param kind who waits for the process
     */
    public record Request(
            List<Integer> stdio,
            List<Integer> others,
            @Nullable Placing placing,
            @Nullable IntConsumer awaited,
            Runnable meanwhile,
            Supervision.Kind kind) {}

    /** Makes the cgroups of a process while the helper that will start it is being started. */
    public interface Placing {
        /**
         * Makes the cgroup that the process is born in.
         *
         * @return its directory, or empty where there is none; stays open until the launch is over
         */
        Optional<Fd> make();

        /**
         * Makes the others, and sets the limits of all.
         *
         * @return the files by which the process enters them; closed by the launcher
         */
        List<Fd> complete();
    }

    /**
     * What was started.
     *
     * @param helper the process that the JVM spawned and must wait for
     * @param pid the container's first process
     * @param pidfd refers to it
     * @param control the JVM's end of the control socket
     */
    public record Started(int helper, int pid, Fd pidfd, Fd control) {}

    private record FirstProcess(int pid, Fd pidfd) {}

    /**
     * Starts a process.
     *
     * @param compose makes the plan for the descriptors it will have
     * @param request what else it needs
     * @return what was started; the program has been executed
     * @throws LaunchFailure when a step failed; nothing is left
     */
    public Started launch(Function<Channels, LaunchPlan> compose, Request request) {
        var plan = compose.apply(Channels.with(request.others().size()));
        var helper = start(plan, request);
        boolean started = false;
        try (var report = helper.report()) {
            var result = supervise(plan, request, helper, report);
            started = true;
            return result;
        } finally {
            if (!started) {
                helper.control().close();
            }
        }
    }

    /** Gives the plan to a helper that was made ahead, or else to a new one. */
    private Helper start(LaunchPlan plan, Request request) {
        var waiting = request.stdio().isEmpty() ? null : helpers.take().orElse(null);
        if (waiting == null) {
            return spawn(plan, request);
        }
        var descriptors = new ArrayList<>(request.stdio());
        descriptors.addAll(request.others());
        boolean goesOn = false;
        try {
            goesOn = waiting.carryOut(plan, descriptors);
        } finally {
            if (!goesOn) {
                waiting.close();
            }
        }
        return goesOn ? waiting.helper() : spawn(plan, request);
    }

    /** Spawns the helper with the descriptors in the order that {@link Channels} says. */
    private Helper spawn(LaunchPlan plan, Request request) {
        var spawned =
                Helper.start(
                        calls,
                        (report, control) -> {
                            var sources = new ArrayList<>(request.stdio());
                            int first = sources.isEmpty() ? STDIO : 0;
                            sources.add(report.number());
                            sources.add(control.number());
                            sources.addAll(request.others());
                            try (var given = Given.of(calls, sources, first)) {
                                return OptionalInt.of(kernel.launch(plan, given.request()));
                            }
                        });
        return spawned.orElseThrow();
    }

    private Started supervise(LaunchPlan plan, Request request, Helper helper, Fd report) {
        var control = helper.control();
        var cgroups = List.<Fd>of();
        FirstProcess process = null;
        try {
            cgroups = place(request.placing(), control);
            if (request.awaited() != null) {
                process = receiveProcess(control, isParent(request.kind()));
            }
            letGoOn(request, control, cgroups, process);
            cgroups.forEach(Fd::close);
            helpers.replenish();
            request.meanwhile().run();
            var failure = receiveFailure(plan, report);
            if (process == null) {
                process = receiveProcess(control, isParent(request.kind()));
            }
            if (failure != null) {
                throw failure;
            }
            if (process == null) {
                throw new LaunchFailure(
                        "the helper ended before it had started a process: it was killed, or this"
                                + " machine is out of memory");
            }
            return new Started(helper.pid(), process.pid(), process.pidfd(), control);
        } catch (RuntimeException | Error e) {
            cgroups.forEach(Fd::close);
            abandon(helper.pid(), process, control, request.kind());
            throw e;
        }
    }

    /** Makes the cgroups, the first of which the helper waits for. */
    private List<Fd> place(@Nullable Placing placing, Fd control) {
        if (placing == null) {
            return List.of();
        }
        tell(control, placing.make().stream().toList());
        return placing.complete();
    }

    /** Does what the process waits for. */
    private void letGoOn(
            Request request, Fd control, List<Fd> cgroups, @Nullable FirstProcess process) {
        if (request.awaited() != null) {
            if (process == null) {
                return; // the helper has reported why
            }
            request.awaited().accept(process.pid());
        }
        if (request.placing() != null || request.awaited() != null) {
            tell(control, cgroups);
        }
    }

    /** Says a word to new processes, or to nobody: why they have ended is in the report. */
    private void tell(Fd control, List<Fd> descriptors) {
        try {
            send(control, descriptors);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EPIPE && e.errno() != Errno.ECONNRESET) {
                throw e;
            }
        }
    }

    /** Ends what a failed launch has started, and waits until it has ended. */
    private void abandon(
            int helper, @Nullable FirstProcess known, Fd control, Supervision.Kind kind) {
        boolean isParent = isParent(kind);
        boolean isDetached = kind instanceof Supervision.Kind.Detached;
        try {
            boolean asks = known == null && (isParent || isDetached);
            var process = asks ? receiveLastWord(control) : known;
            if (!isDetached) {
                control.close();
            }
            if (process != null) {
                end(process, isParent);
            }
            if (isDetached) {
                awaitHangUp(control);
            }
        } finally {
            control.close();
            calls.waitid(WaitFlag.P_PID, helper);
        }
    }

    /** Waits for the end of a supervisor that is no child of this JVM: it has the other end. */
    private void awaitHangUp(Fd control) {
        var word = new byte[RECORD_SIZE];
        int count;
        do {
            awaitReadable(control);
            count = receive(control, word);
        } while (count > 0);
    }

    /** Ends what was started, because something else has failed, and waits until it has ended. */
    public void end(Started started, Supervision.Kind kind) {
        var process = new FirstProcess(started.pid(), started.pidfd());
        abandon(started.helper(), process, started.control(), kind);
    }

    /** Has the helper end everything, as when the JVM ends; what it sends can still be read. */
    public void hangUp(Fd control) {
        shutdown(control, SHUT_RDWR, "SHUT_RDWR");
    }

    private void shutdown(Fd control, int how, String name) {
        SystemCalls.check(
                calls.retry(Syscall.SHUTDOWN, control.number(), how),
                Syscall.SHUTDOWN,
                control,
                name);
    }

    private static boolean isParent(Supervision.Kind kind) {
        return kind instanceof Supervision.Kind.Child;
    }

    /** Says that no word will come, and learns whether there is a process nevertheless. */
    private @Nullable FirstProcess receiveLastWord(Fd control) {
        shutdown(control, SHUT_WR, "SHUT_WR");
        return receiveProcess(control, true);
    }

    private void end(FirstProcess process, boolean isParent) {
        try (var pidfd = process.pidfd()) {
            boolean ignored = calls.pidfdSendSignal(pidfd, SIGKILL);
            if (isParent) {
                calls.waitid(WaitFlag.P_PIDFD, pidfd.number());
            }
        }
    }

    /** Reads records up to the end of file: the helper and the process may both report. */
    private @Nullable LaunchFailure receiveFailure(LaunchPlan plan, Fd report) {
        LaunchFailure failure = null;
        var record = new byte[RECORD_SIZE];
        while (true) {
            awaitReadable(report);
            int count = calls.read(report.number(), record, 0, RECORD_SIZE);
            if (count < RECORD_SIZE) {
                return failure;
            }
            var fields = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
            var step = plan.steps().get(plan.indexOf(fields.getInt(0)));
            if (failure == null && step instanceof LaunchPlan.Call call) {
                failure = new LaunchFailure(call, Errno.of(fields.getInt(4)));
            }
        }
    }

    private @Nullable FirstProcess receiveProcess(Fd control, boolean isParent) {
        awaitReadable(control);
        var received = receiveMessage(control, 0, "the process");
        if (received == null) {
            return null;
        }
        if (received.file() == null) {
            giveUp(received.number(), control, isParent);
            if (received.truncated()) {
                throw new ErrnoException(
                        Errno.EMFILE, "recvmsg(" + control + ", …, MSG_CMSG_CLOEXEC)");
            }
            return null;
        }
        return new FirstProcess(received.number(), received.file());
    }

    /** A message of a plan; without a file when that did not fit into this JVM's table. */
    private record Received(int number, @Nullable Fd file, boolean truncated) {}

    /**
     * Receives a descriptor that a process has sent before it executed its program.
     *
     * @param socket the JVM's end of a socket that the plan has used
     * @param what what it refers to, for messages
     * @return the descriptor; empty when there is none, because the process was killed before
     */
    public Optional<Fd> receiveDescriptor(Fd socket, String what) {
        return Optional.ofNullable(receiveMessage(socket, MSG_DONTWAIT, what)).map(Received::file);
    }

    private @Nullable Received receiveMessage(Fd control, int flags, String what) {
        try (var memory = Memory.open()) {
            var pid = memory.block(8);
            var vector = memory.block(16).putLong(0, pid.address()).putLong(8, 4);
            var rights = memory.block(24);
            // struct msghdr { name; namelen; iov; iovlen; control; controllen; flags; }
            var message =
                    memory.block(56)
                            .putLong(16, vector.address())
                            .putLong(24, 1)
                            .putLong(32, rights.address())
                            .putLong(40, rights.size());
            long received =
                    afterReset(
                            () ->
                                    calls.retry(
                                            Syscall.RECVMSG,
                                            control.number(),
                                            message.address(),
                                            MSG_CMSG_CLOEXEC | flags));
            if (received == -Errno.EAGAIN.number()) {
                return null;
            }
            long count =
                    SystemCalls.check(received, Syscall.RECVMSG, control, "…", "MSG_CMSG_CLOEXEC");
            if (count < 4) {
                return null;
            }
            int number = pid.getInt(0);
            var file =
                    message.getLong(40) < 20
                            ? null
                            : Fd.of(kernel, rights.getInt(16), what + " " + number);
            return new Received(number, file, (message.getInt(48) & MSG_CTRUNC) != 0);
        }
    }

    /** Has the helper end a process that there is no pidfd for. */
    private void giveUp(int pid, Fd control, boolean isParent) {
        hangUp(control);
        if (isParent) {
            calls.waitid(WaitFlag.P_PID, pid);
        }
    }

    /**
     * Reads what a helper has sent, and waits for it.
     *
     * @param control the JVM's end of the control socket
     * @param into where it goes
     * @return how many bytes, or 0 when the helper has ended without any
     */
    public int receive(Fd control, byte[] into) {
        try (var memory = Memory.open()) {
            var buffer = memory.block(into.length);
            int count =
                    (int)
                            SystemCalls.check(
                                    afterReset(
                                            () ->
                                                    calls.retry(
                                                            Syscall.READ,
                                                            control.number(),
                                                            buffer.address(),
                                                            into.length)),
                                    Syscall.READ,
                                    control,
                                    "…",
                                    into.length);
            buffer.get(0, into, 0, count);
            return count;
        }
    }

    /**
     * Reads once more after ECONNRESET: where the other end was closed with a word unread, that
     * comes once, and before what had been sent, see unix(7).
     */
    private static long afterReset(LongSupplier read) {
        long result = read.getAsLong();
        return result == -Errno.ECONNRESET.number() ? read.getAsLong() : result;
    }

    /** Says a word to whoever reads the other end: all is done. */
    public void send(Fd control) {
        send(control, List.of());
    }

    /** Says a word with descriptors, see {@link Message}. */
    private void send(Fd control, List<Fd> descriptors) {
        try (var memory = Memory.open()) {
            var word = memory.block(8).put(0, WORD);
            var vector = memory.block(16).putLong(0, word.address()).putLong(8, WORD.length);
            // struct msghdr { name; namelen; iov; iovlen; control; controllen; flags; }
            var message = memory.block(56).putLong(16, vector.address()).putLong(24, 1);
            if (!descriptors.isEmpty()) {
                // struct cmsghdr { size_t cmsg_len; int cmsg_level, cmsg_type; }
                int length = 16 + 4 * descriptors.size();
                var rights = memory.block(length + 7 & ~7).putLong(0, length).putLong(8, RIGHTS);
                for (int i = 0; i < descriptors.size(); i++) {
                    rights.putInt(16 + 4 * i, descriptors.get(i).number());
                }
                message.putLong(32, rights.address()).putLong(40, rights.size());
            }
            SystemCalls.check(
                    calls.retry(Syscall.SENDMSG, control.number(), message.address(), MSG_NOSIGNAL),
                    Syscall.SENDMSG,
                    control,
                    "…",
                    "MSG_NOSIGNAL");
        }
    }

    private void awaitReadable(Fd fd) {
        if (!Thread.currentThread().isVirtual()) {
            return; // the read itself waits
        }
        boolean interrupted = false;
        while (true) {
            try {
                poller.awaitReadable(fd);
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ClosedChannelException e) {
                throw new IllegalStateException("closed while a container is being started", e);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
