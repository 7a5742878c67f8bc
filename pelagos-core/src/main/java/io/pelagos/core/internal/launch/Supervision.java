package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.AtFlag.AT_REMOVEDIR;
import static io.pelagos.core.kernel.CloneFlag.CLONE_INTO_CGROUP;
import static io.pelagos.core.kernel.CloneFlag.CLONE_PARENT;
import static io.pelagos.core.kernel.CloneFlag.CLONE_PIDFD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Prctl.PR_SET_NAME;
import static io.pelagos.core.kernel.Syscall.CLONE3;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.CLOSE_RANGE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.FCHMODAT;
import static io.pelagos.core.kernel.Syscall.FCNTL;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.PIDFD_SEND_SIGNAL;
import static io.pelagos.core.kernel.Syscall.PPOLL;
import static io.pelagos.core.kernel.Syscall.PRCTL;
import static io.pelagos.core.kernel.Syscall.READ;
import static io.pelagos.core.kernel.Syscall.RT_SIGPROCMASK;
import static io.pelagos.core.kernel.Syscall.SETSID;
import static io.pelagos.core.kernel.Syscall.TIMERFD_CREATE;
import static io.pelagos.core.kernel.Syscall.TIMERFD_SETTIME;
import static io.pelagos.core.kernel.Syscall.UNLINKAT;
import static io.pelagos.core.kernel.Syscall.WAITID;
import static io.pelagos.core.kernel.Syscall.WRITE;
import static io.pelagos.core.kernel.WaitFlag.P_PIDFD;
import static io.pelagos.core.kernel.WaitFlag.WEXITED;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LaunchPlan;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The frame of every plan: the helper process that the JVM spawns, the clone that makes the
 * container's first process, and who waits for that.
 *
 * <p>The helper has no policy. It hands a pidfd to the JVM, waits for the process or for the JVM,
 * whichever ends first, and in the second case ends the container and removes its cgroup.
 */
public final class Supervision {
    /** The text of a plan that is the name of the container's cgroup. */
    public static final String CGROUP = "cgroup";

    private static final int SIGCHLD = 17;
    private static final int SIGKILL = 9;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int SIGINFO_SIZE = 128;
    private static final int EVENTS_SIZE = 512;
    private static final int CLONE_ARGS_SIZE = 88;
    private static final int CLONE_ARGS_CGROUP = 80;

    private static final Constant DIRECTORY =
            Constant.flags(O_PATH, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC);

    private static final long POLLIN = 1;

    /** {@code revents} of the first and only or the first of two {@code struct pollfd}. */
    private static final long READABLE = POLLIN << 48;

    /** The longest name of a file, see limits.h(0p). */
    private static final int NAME_MAX = 255;

    private static final long RETRY_NANOS = 2_000_000;
    private static final long GIVE_UP_SECONDS = 10;

    private final PlanBuilder plan;
    private final Channels channels;
    private final Kind kind;
    private final Consumer<PlanBuilder> finish;

    /** The name of the container's cgroup. */
    private final Pointer cgroup;

    /** Where the helper goes when the JVM has ended before there was a process. */
    private final Label abandoned = new Label();

    /** Where it goes when the JVM has ended since, or cannot be told of the process. */
    private final Label orphaned = new Label();

    /** Who waits for the container's first process. */
    public sealed interface Kind {
        /**
         * The helper, which also ends the container when the JVM ends.
         *
         * @param cleanup what it removes then
         */
        record Attached(Cleanup cleanup) implements Kind {}

        /**
         * The JVM, whose child it is; the helper only ends the container when the JVM ends.
         *
         * @param cleanup what the helper removes then
         */
        record Child(Cleanup cleanup) implements Kind {}

        /**
         * A helper that no longer belongs to the JVM.
         *
         * @param directory a descriptor of the directory where the end is left, atomically, as
         *     {@link Ending#FILE}, and the logs are kept; it goes on to be that directory when it
         *     is renamed
         * @param logs what is kept of the standard streams
         * @param input the standard input that is kept open; or null for none
         * @param terminal the terminal that is kept; or null for none
         * @param memoryEvents the files of the cgroup that count how often limits of memory are met
         * @param cleanup what it removes when the container has ended
         */
        record Detached(
                int directory,
                Logs logs,
                @Nullable KeptInput input,
                @Nullable KeptTerminal terminal,
                List<String> memoryEvents,
                Cleanup cleanup)
                implements Kind {
            /** Copies the list. */
            public Detached {
                memoryEvents = List.copyOf(memoryEvents);
            }
        }

        /**
         * The helper, without any channel to the JVM, which waits for the helper alone.
         *
         * @param jvm the process id of the JVM, with which the container ends
         * @param report the file that takes failures and the {@code siginfo_t} of the end
         * @param image the file of the plan itself, which is removed once it runs
         * @param files what is opened at the beginning, in order, from {@link
         *     ForegroundChannels#FIRST_FILE} on
         */
        record Foreground(long jvm, String report, String image, List<String> files)
                implements Kind {
            /** Copies the list. */
            public Foreground {
                files = List.copyOf(files);
            }
        }
    }

    /**
     * How the container's first process is made.
     *
     * @param flags {@code CLONE_*} for its namespaces
     * @param cgroup the name of its cgroup, the text {@link #CGROUP} of the plan
     * @param placed whether the JVM makes cgroups meanwhile, and sends them
     * @param joined how many cgroups the process enters after it was made, at the most
     * @param awaitsJvm whether it waits for a word of the JVM before it goes on
     * @param passed how many descriptors, the first of the {@linkplain Channels#other others}, are
     *     for the program alone
     * @param prepare what the helper does before, such as entering a PID namespace; or null
     * @param finish what the helper does when the process has ended, before anybody hears of it; or
     *     null
     */
    public record Clone(
            Constant flags,
            String cgroup,
            boolean placed,
            int joined,
            boolean awaitsJvm,
            int passed,
            @Nullable Consumer<PlanBuilder> prepare,
            @Nullable Consumer<PlanBuilder> finish) {
        /** Makes one of a process whose end leaves nothing to do. */
        public Clone(
                Constant flags,
                String cgroup,
                boolean placed,
                int joined,
                boolean awaitsJvm,
                int passed,
                @Nullable Consumer<PlanBuilder> prepare) {
            this(flags, cgroup, placed, joined, awaitsJvm, passed, prepare, null);
        }
    }

    /** The word of the JVM that the cgroups are there. */
    public interface Word {
        /**
         * Waits for it; to be called once.
         *
         * @return where the descriptors are of the cgroups that the process enters
         */
        List<Slot> await();
    }

    private Supervision(PlanBuilder plan, Channels channels, Kind kind, Clone clone) {
        this.plan = plan;
        this.channels = channels;
        this.kind = kind;
        finish = clone.finish() == null ? _ -> {} : clone.finish();
        cgroup = plan.text(CGROUP, clone.cgroup(), NAME_MAX).value();
    }

    /**
     * Composes a whole plan.
     *
     * @param plan an empty plan
     * @param channels the descriptors it uses
     * @param kind who waits
     * @param clone how the process is made
     * @param child what the process does, given the word of the JVM that it waits for at some
     *     point; it ends with execve(2) or exit_group(2)
     * @return the plan
     */
    public static LaunchPlan compose(
            PlanBuilder plan,
            Channels channels,
            Kind kind,
            Clone clone,
            BiConsumer<PlanBuilder, Word> child) {
        var failed = plan.onError();
        new Supervision(plan, channels, kind, clone).helper(clone, child);
        plan.purpose("reporting a failure");
        plan.onError(new Label());
        plan.here(failed);
        plan.call(WRITE, channels.report(), new Pointer(LaunchPlan.FAILURE, "{step, errno}"), 8);
        plan.call(EXIT_GROUP, 127);
        return plan.build();
    }

    private void helper(Clone clone, BiConsumer<PlanBuilder, Word> child) {
        var foreground = kind instanceof Kind.Foreground f ? new Foreground(plan, f) : null;
        if (foreground == null) {
            closeInherited(plan, channels);
        } else {
            SealedCopy.add(plan);
            foreground.open();
        }
        forbidRunningAgain();
        plan.purpose("leaving the JVM's session");
        plan.call(SETSID);
        plan.purpose("naming the supervisor");
        plan.call(PRCTL, PR_SET_NAME, "pelagos", 0, 0, 0);
        plan.purpose("blocking signals to the supervisor");
        plan.call(RT_SIGPROCMASK, 2, plan.longs("all signals", -1L), null, 8);
        LogCopying copying = null;
        if (kind instanceof Kind.Detached detached) {
            leaveTheJvm();
            if (detached.logs().any() || detached.input() != null) {
                copying = new LogCopying(plan, detached);
                copying.open();
            }
        }
        if (clone.prepare() != null) {
            clone.prepare().accept(plan);
        }

        var handOver = HandOver.allocate(plan);
        var inChild = new Label();
        var word = clone.awaitsJvm() || clone.placed() ? word(clone) : null;
        if (clone.placed()) {
            createInCgroup(clone, handOver);
        } else {
            create(clone.flags(), handOver);
        }
        plan.whenResult(handOver.pid().value(), 0, inChild);
        if (foreground == null) {
            handOver(handOver, clone.passed());
        } else {
            foreground.await(handOver.pidfd().value());
        }
        var pidfd = handOver.pidfd().value();
        if (kind instanceof Kind.Attached(var cleanup)) {
            watch(pidfd, cleanup);
        } else if (kind instanceof Kind.Child(var cleanup)) {
            watch(pidfd, cleanup);
        } else if (kind instanceof Kind.Detached detached) {
            detached(pidfd, detached, copying);
        }

        plan.here(inChild);
        if (word != null && clone.awaitsJvm()) {
            awaitJvm(word);
        }
        child.accept(
                plan,
                () -> {
                    if (word != null && !clone.awaitsJvm()) {
                        awaitJvm(word);
                    }
                    return word == null ? List.of() : word.descriptors();
                });
    }

    private Message word(Clone clone) {
        return Message.allocate(plan, "cgroups", clone.placed() ? clone.joined() : 0);
    }

    /**
     * The helper runs before there is any cgroup, so that somebody removes them whenever the JVM
     * ends; the JVM makes them while the helper is being started.
     */
    private void createInCgroup(Clone clone, HandOver handOver) {
        plan.purpose("waiting for the cgroup");
        var message = Message.allocate(plan, "cgroup", 1);
        message.receive(plan, channels, abandoned);
        var cgroup = message.descriptors().getFirst();
        var without = new Label();
        var created = new Label();
        plan.whenResult(cgroup, -1, without);
        plan.purpose("creating the first process");
        var flags = Constant.flags(clone.flags(), CLONE_INTO_CGROUP);
        var arguments = cloneArguments(flags, handOver);
        plan.call(FCNTL, cgroup, F_DUPFD_CLOEXEC, 3).into(arguments.at(CLONE_ARGS_CGROUP));
        plan.call(CLONE3, arguments, CLONE_ARGS_SIZE).into(handOver.pid());
        plan.jump(created);
        plan.here(without);
        create(clone.flags(), handOver);
        plan.here(created);
    }

    private void create(Constant flags, HandOver handOver) {
        plan.purpose("creating the first process");
        plan.call(CLONE3, cloneArguments(flags, handOver), CLONE_ARGS_SIZE).into(handOver.pid());
    }

    /** {@code struct clone_args}, see clone(2). */
    private Pointer cloneArguments(Constant flags, HandOver handOver) {
        boolean jvmWaits = kind instanceof Kind.Child;
        var all =
                jvmWaits
                        ? Constant.flags(CLONE_PIDFD, flags, CLONE_PARENT)
                        : Constant.flags(CLONE_PIDFD, flags);
        return plan.longs(
                "{" + all.name() + ", …}",
                all,
                handOver.pidfd(),
                0, // child_tid
                0, // parent_tid
                jvmWaits ? 0 : SIGCHLD, // exit_signal; CLONE_PARENT takes the helper's own
                0, // stack
                0, // stack_size
                0, // tls
                0, // set_tid
                0, // set_tid_size
                0); // cgroup
    }

    /**
     * Takes the right to be executed from this image: a container that names {@code /proc/self/exe}
     * as its program would run it (CVE-2019-5736).
     */
    private void forbidRunningAgain() {
        plan.purpose("keeping the container from running this image");
        plan.call(FCHMODAT, AT_FDCWD, "/proc/self/exe", 0).tolerate(Errno.ENOENT);
    }

    /** Closes everything that is not meant to be inherited. */
    static void closeInherited(PlanBuilder plan, Channels channels) {
        plan.purpose("closing inherited descriptors");
        plan.call(CLOSE_RANGE, channels.end(), 0xffffffffL, 0);
    }

    /** Forks, so that whoever adopts orphans waits for the supervisor, and not the JVM. */
    private void leaveTheJvm() {
        plan.purpose("leaving the JVM");
        var pid = plan.slot("supervisor");
        var supervisor = new Label();
        plan.call(
                        CLONE3,
                        plan.longs("{0, …}", 0, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, 0),
                        CLONE_ARGS_SIZE)
                .into(pid);
        plan.whenResult(pid, 0, supervisor);
        plan.call(EXIT_GROUP, 0);
        plan.here(supervisor);
    }

    private void handOver(HandOver handOver, int passed) {
        plan.purpose("handing the pidfd to the JVM");
        var unsent = new Label();
        var sent = new Label();
        handOver.send(plan, channels).orElse(unsent);
        plan.jump(sent);
        // A JVM that has not ended waits for it, and is the one to reap its own child.
        plan.here(unsent);
        var failure = new Pointer(LaunchPlan.FAILURE, "{step, errno}");
        plan.call(WRITE, channels.report(), failure, 8).orElse(orphaned);
        plan.call(WRITE, channels.control(), handOver.pid(), 4).orElse(orphaned);
        plan.jump(orphaned);
        plan.here(sent);
        plan.call(CLOSE, channels.report());
        // The other ends see that the container has closed its streams only when nobody else has
        // them.
        plan.call(CLOSE_RANGE, 0, 2, 0);
        if (passed > 0) {
            plan.call(CLOSE_RANGE, channels.other(0), channels.other(passed - 1), 0);
        }
    }

    private void awaitJvm(Message word) {
        plan.purpose("waiting for the JVM");
        var ended = new Label();
        var go = new Label();
        word.receive(plan, channels, ended);
        plan.jump(go);
        plan.here(ended);
        plan.call(EXIT_GROUP, 1);
        plan.here(go);
    }

    /** What is done when the JVM has ended before there was a process. */
    private void abandoned(Cleanup cleanup) {
        plan.purpose("removing what the JVM had made");
        plan.here(abandoned);
        remove(cleanup);
        plan.call(EXIT_GROUP, 0);
    }

    /** Waits for the process or for the JVM, whichever ends first. */
    private void watch(Slot pidfd, Cleanup cleanup) {
        boolean isParent = !(kind instanceof Kind.Child);
        plan.purpose("waiting for the container or the JVM");
        var failed = plan.onError();
        var again = new Label();
        var ended = new Label();
        // The JVM's word to the first process comes through the same socket: only hang-up counts.
        var polls = plan.ints("{pidfd POLLIN, control}", -1, (int) POLLIN, channels.control(), 0);
        plan.onError(orphaned);
        plan.call(FCNTL, pidfd, F_DUPFD_CLOEXEC, 3).into(polls);
        plan.here(again);
        var interrupted = new Label();
        plan.call(PPOLL, polls, 2, null, null, 0).orElse(interrupted);
        plan.when(polls.value(), READABLE, READABLE, ended);
        plan.jump(orphaned);
        plan.here(interrupted);
        plan.whenErrno(Errno.EINTR, again);

        plan.here(orphaned);
        plan.purpose("ending the container, because the JVM has ended");
        kill(pidfd, cleanup);
        var gone = new Label();
        plan.onError(gone);
        if (isParent) {
            plan.call(WAITID, P_PIDFD, pidfd, null, WEXITED, null);
        }
        plan.here(gone);
        finish.accept(plan);
        abandoned(cleanup);

        // A JVM that cannot be told has ended, and its container may have left processes behind.
        plan.here(ended);
        plan.onError(orphaned);
        finish.accept(plan);
        if (isParent) {
            plan.purpose("reporting the end of the container");
            var info = plan.space("siginfo", SIGINFO_SIZE);
            plan.call(WAITID, P_PIDFD, pidfd, info, WEXITED, null);
            plan.call(WRITE, channels.control(), info, SIGINFO_SIZE);
        }
        if (!cleanup.isEmpty()) {
            var done = new Label();
            plan.purpose("waiting for the JVM to clean up");
            // End of file means that the JVM ended before it had removed everything.
            var count = plan.slot("count");
            plan.call(READ, channels.control(), plan.space("word", 8), 1).into(count);
            plan.whenResult(count, 1, done);
            plan.jump(orphaned);
            plan.here(done);
        }
        plan.call(EXIT_GROUP, 0);
        plan.onError(failed);
    }

    /** Waits for the process, leaves how it ended in a file, and removes the cgroup. */
    private void detached(Slot pidfd, Kind.Detached how, @Nullable LogCopying copying) {
        var failed = plan.onError();
        if (copying != null) {
            if (how.terminal() != null) {
                copying.receiveTerminal(how.terminal());
            }
            copying.untilEnd(pidfd);
        }
        plan.purpose("waiting for the container");
        plan.onError(orphaned);
        // The control socket closes with this process: a JVM that still runs reads the file then.
        var ending = Ending.allocate(plan);
        ending.await(plan, pidfd);
        plan.here(orphaned);
        plan.purpose("ending what is left of the container");
        kill(pidfd, how.cleanup());
        if (copying != null) {
            copying.rest();
        }
        finish.accept(plan);
        ending.leave(
                plan,
                how.directory(),
                file -> how.memoryEvents().forEach(events -> copyEvents(events, file)));
        abandoned(how.cleanup());
        plan.onError(failed);
    }

    /** The counters go with the cgroup, which this process removes. */
    private void copyEvents(String from, Slot to) {
        var without = new Label();
        var events = plan.slot("events");
        var size = plan.slot("size");
        var text = plan.space("text", EVENTS_SIZE);
        plan.call(OPENAT, AT_FDCWD, from, Constant.flags(O_RDONLY, O_CLOEXEC), 0)
                .into(events)
                .orElse(without);
        plan.call(READ, events, text, EVENTS_SIZE).into(size).orElse(without);
        plan.call(WRITE, to, text, size).orElse(without);
        plan.here(without);
    }

    private void kill(Slot pidfd, Cleanup cleanup) {
        if (cleanup.unified() != null) {
            var without = new Label();
            var file = plan.slot("cgroup.kill");
            var directory = open(Objects.requireNonNull(cleanup.unified()), without);
            plan.call(OPENAT, directory, cgroup, DIRECTORY, 0).into(directory).orElse(without);
            plan.call(OPENAT, directory, "cgroup.kill", Constant.flags(O_WRONLY, O_CLOEXEC), 0)
                    .into(file)
                    .orElse(without);
            plan.call(WRITE, file, "1", 1).orElse(without);
            plan.here(without);
        }
        var ended = new Label();
        plan.call(PIDFD_SEND_SIGNAL, pidfd, SIGKILL, null, 0).orElse(ended);
        plan.here(ended);
    }

    private Slot open(String directory, Label otherwise) {
        var descriptor = plan.slot(directory);
        plan.call(OPENAT, AT_FDCWD, directory, DIRECTORY, 0).into(descriptor).orElse(otherwise);
        return descriptor;
    }

    /**
     * Removes cgroups. Processes that were killed leave them a little later, and nothing tells when
     * for every kind of hierarchy: rmdir(2) is tried again until it works or time is up.
     */
    private void remove(Cleanup cleanup) {
        if (cleanup.isEmpty()) {
            return;
        }
        var stop = new Label();
        var timer = plan.ints("{timer POLLIN}", -1, (int) POLLIN);
        plan.onError(stop);
        plan.call(TIMERFD_CREATE, 1, 0).into(timer);
        plan.call(
                TIMERFD_SETTIME,
                timer.value(),
                0,
                plan.longs("{0, " + GIVE_UP_SECONDS + " s}", 0, 0, GIVE_UP_SECONDS, 0),
                null);
        var pause = plan.longs("{2 ms}", 0, RETRY_NANOS);
        for (var holder : cleanup.holders()) {
            var next = new Label();
            remove(open(holder, next), cgroup, timer, pause);
            plan.here(next);
        }
        for (var directory : cleanup.directories()) {
            remove(AT_FDCWD, directory, timer, pause);
        }
        plan.here(stop);
    }

    private void remove(Object holder, Object name, Pointer timer, Pointer pause) {
        var again = new Label();
        var busy = new Label();
        var pausing = new Label();
        var next = new Label();
        var ready = plan.slot("ready");
        plan.here(again);
        plan.call(UNLINKAT, holder, name, AT_REMOVEDIR).orElse(busy);
        plan.jump(next);
        plan.here(busy);
        plan.whenErrno(Errno.EBUSY, pausing);
        plan.jump(next);
        plan.here(pausing);
        plan.call(PPOLL, timer, 1, pause, null, 0).into(ready);
        plan.whenResult(ready, 0, again);
        plan.here(next);
    }
}
