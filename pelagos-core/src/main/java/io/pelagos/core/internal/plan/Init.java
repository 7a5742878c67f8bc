package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.Prctl.PR_SET_CHILD_SUBREAPER;
import static io.pelagos.core.kernel.Prctl.PR_SET_NAME;
import static io.pelagos.core.kernel.Syscall.CLONE;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.KILL;
import static io.pelagos.core.kernel.Syscall.PRCTL;
import static io.pelagos.core.kernel.Syscall.RT_SIGPROCMASK;
import static io.pelagos.core.kernel.Syscall.RT_SIGTIMEDWAIT;
import static io.pelagos.core.kernel.Syscall.WAITID;
import static io.pelagos.core.kernel.WaitFlag.P_ALL;
import static io.pelagos.core.kernel.WaitFlag.WEXITED;
import static io.pelagos.core.kernel.WaitFlag.WNOHANG;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.spec.Exit;

/**
 * A process 1 that forwards signals to the program and reaps orphans, made of steps: there is no
 * binary. It is confined like the program, so its calls are few: clone, rt_sigtimedwait, waitid,
 * kill, exit_group. When the program ends it ends with the same code; a death by signal becomes 128
 * and the signal's number, since process 1 cannot be ended by a signal of its own.
 */
final class Init {
    private static final int SIG_SETMASK = 2;
    private static final int SIGSET_SIZE = 8;
    private static final int SIGCHLD = 17;
    private static final int SIGNALS = 64;
    private static final int SIGINFO_SIZE = 128;
    private static final int SI_CODE = 8;
    private static final int SI_PID = 16;
    private static final int SI_STATUS = 24;
    private static final int CLD_EXITED = 1;

    private Init() {}

    /** Adds the steps of process 1; what follows them is done by the program's process. */
    static void add(
            PlanBuilder plan,
            LaunchInputs inputs,
            int report,
            boolean firstOfNamespace,
            Console console) {
        plan.purpose("starting the program below init");
        var all = plan.longs("all signals", -1L);
        plan.call(RT_SIGPROCMASK, SIG_SETMASK, all, null, SIGSET_SIZE);
        var program = plan.slot("program");
        plan.call(CLONE, SIGCHLD, 0, 0, 0, 0).into(program);
        var child = new Label();
        plan.whenResult(program, 0, child);
        var failed = plan.onError();
        int passed = inputs.spec().process().descriptors().count();
        forward(plan, program, report, passed, all, firstOfNamespace);
        plan.here(child);
        plan.onError(failed);
        console.enterForeground(plan);
        plan.purpose("unblocking signals of the program");
        plan.call(RT_SIGPROCMASK, SIG_SETMASK, plan.longs("no signal", 0), null, SIGSET_SIZE);
    }

    private static void forward(
            PlanBuilder plan,
            Slot program,
            int report,
            int passed,
            PlanBuilder.Pointer all,
            boolean firstOfNamespace) {
        plan.purpose("forwarding signals as init");
        plan.call(CLOSE, report);
        for (int stream = 0; stream <= 2 + passed; stream++) {
            // Only the program's own copies say when it has closed them.
            plan.call(CLOSE, stream);
        }
        plan.call(PRCTL, PR_SET_NAME, "init", 0, 0, 0);
        if (!firstOfNamespace) {
            plan.call(PRCTL, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        }
        var loop = new Label();
        var reap = new Label();
        var ended = new Label();
        var signal = plan.slot("signal");
        var info = plan.space("siginfo", SIGINFO_SIZE);
        var interrupted = new Label();
        var lost = new Label();
        plan.onError(loop);
        plan.here(loop);
        plan.call(RT_SIGTIMEDWAIT, all, null, null, SIGSET_SIZE).into(signal).orElse(interrupted);
        plan.whenResult(signal, SIGCHLD, reap);
        plan.call(KILL, program, signal);
        plan.jump(loop);

        plan.here(reap);
        plan.purpose("reaping as init");
        plan.call(WAITID, P_ALL, 0, info, Constant.flags(WEXITED, WNOHANG), null).orElse(lost);
        plan.whenResult(info.at(SI_PID).value(), 0, loop);
        plan.whenEqual(info.at(SI_PID).value(), program, ended);
        plan.jump(reap);

        // Without a program, or a way to hear of its end, there is nothing to stay for.
        plan.here(interrupted);
        plan.whenErrno(Errno.EINTR, loop);
        plan.here(lost);
        plan.call(EXIT_GROUP, 1);

        plan.here(ended);
        exit(plan, info);
    }

    private static void exit(PlanBuilder plan, PlanBuilder.Pointer info) {
        plan.purpose("ending with the program");
        var status = info.at(SI_STATUS).value();
        var exited = new Label();
        plan.whenResult(info.at(SI_CODE).value(), CLD_EXITED, exited);
        for (int signal = 1; signal <= SIGNALS; signal++) {
            var other = new Label();
            var same = new Label();
            plan.whenResult(status, signal, same);
            plan.jump(other);
            plan.here(same);
            plan.call(EXIT_GROUP, Exit.SIGNALLED + signal);
            plan.here(other);
        }
        plan.here(exited);
        plan.call(EXIT_GROUP, status);
    }
}
