package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.KEYCTL;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.PERSONALITY;
import static io.pelagos.core.kernel.Syscall.PRLIMIT64;
import static io.pelagos.core.kernel.Syscall.RT_SIGACTION;
import static io.pelagos.core.kernel.Syscall.RT_SIGPROCMASK;
import static io.pelagos.core.kernel.Syscall.SETSID;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.spec.Rlimit;
import java.util.EnumMap;

/**
 * Puts what a process inherits from the JVM and the C library into a known state: the signal mask
 * (the JVM blocks SIGQUIT), ignored signals (glibc ignores 32 and 33 when it spawns), session,
 * limits of resources (the JVM raises that of descriptors), keyring and the weight for the
 * out-of-memory killer.
 *
 * <p>Scheduling policy, niceness, processors and I/O priority are left as they are: a JVM does not
 * change those of its threads by itself, and whoever restricted the JVM restricted what it starts.
 */
final class Inherited {
    private static final int SIG_SETMASK = 2;
    private static final int SIGKILL = 9;
    private static final int SIGSTOP = 19;
    private static final int LAST_SIGNAL = 64;
    private static final int SIGSET_SIZE = 8;
    private static final int KEYCTL_JOIN_SESSION_KEYRING = 1;
    private static final long USUAL_NOFILE = 1024;

    private final LaunchInputs inputs;

    Inherited(LaunchInputs inputs) {
        this.inputs = inputs;
    }

    void add(PlanBuilder plan) {
        plan.purpose("starting a session");
        plan.call(SETSID);
        plan.purpose("resetting signals");
        // struct sigaction { handler = SIG_DFL; flags; restorer; mask; }, all zero
        var defaults = plan.space("SIG_DFL", 32);
        for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
            if (signal != SIGKILL && signal != SIGSTOP) {
                plan.call(RT_SIGACTION, signal, defaults, null, SIGSET_SIZE);
            }
        }
        plan.call(RT_SIGPROCMASK, SIG_SETMASK, plan.longs("no signal", 0), null, SIGSET_SIZE);
        var personality = inputs.spec().process().personality();
        if (personality != null) {
            plan.purpose("taking the personality " + personality);
            plan.call(PERSONALITY, personality.number());
        }
        plan.purpose("taking a keyring of its own");
        plan.call(KEYCTL, KEYCTL_JOIN_SESSION_KEYRING, null, 0, 0, 0).tolerate(Errno.ENOSYS);
    }

    /**
     * Sets the weight that was given, or else 0. It needs the process to be its own owner in
     * procfs: before it is made undumpable.
     *
     * <p>A JVM that was started with a raised weight may not lower it without CAP_SYS_RESOURCE (see
     * proc_pid_oom_score_adj(5)): when none was given, that is no reason not to start.
     */
    void oomScore(PlanBuilder plan) {
        var given = inputs.spec().process().oomScoreAdj();
        var text = given == null ? "0" : given.toString();
        plan.purpose("setting the oom score to " + text);
        var file = plan.slot("oom_score_adj");
        plan.call(
                        OPENAT,
                        AT_FDCWD,
                        "/proc/self/oom_score_adj",
                        Constant.flags(O_WRONLY, O_CLOEXEC),
                        0)
                .into(file);
        var writing = plan.call(WRITE, file, text, text.length());
        if (given == null) {
            writing.tolerate(Errno.EACCES);
        }
        plan.call(CLOSE, file);
    }

    /**
     * Sets the limits that were given, and that of descriptors, whose soft limit a JVM raises for
     * itself, to the usual 1024 below the JVM's hard limit. The others are those with which the JVM
     * was started: it does not change them, and whoever limited it limited what it starts.
     *
     * <p>Comes when no step opens a file any more, since a limit may leave no room for one.
     */
    void limits(PlanBuilder plan) {
        var limits = new EnumMap<Rlimit, Rlimit.Limit>(Rlimit.class);
        long hard = inputs.facts().nofileHard();
        long soft = Long.compareUnsigned(hard, USUAL_NOFILE) < 0 ? hard : USUAL_NOFILE;
        limits.put(Rlimit.NOFILE, new Rlimit.Limit(soft, hard));
        limits.putAll(inputs.spec().process().rlimits());
        limits.forEach(
                (resource, limit) -> {
                    plan.purpose("limiting " + resource);
                    plan.call(
                            PRLIMIT64,
                            0,
                            resource.number(),
                            plan.longs(
                                    "{" + limit.soft() + ", " + limit.hard() + "}",
                                    limit.soft(),
                                    limit.hard()),
                            null);
                });
    }
}
