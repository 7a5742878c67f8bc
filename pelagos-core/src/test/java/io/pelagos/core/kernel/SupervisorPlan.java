package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.PlanFixture.load;
import static io.pelagos.core.kernel.PlanFixture.number;
import static io.pelagos.core.kernel.PlanFixture.pointer;
import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A plan as a container has it: a supervisor that reports "started" with the pid, hands the pidfd
 * over, waits for its child and for the end of the JVM, and writes the child's siginfo; and a child
 * that reports its failure or executes a program.
 */
final class SupervisorPlan {
    static final int REPORT = 100;
    static final int LIFELINE = 101;
    static final int EXIT = 102;
    static final int SOCKET = 103;

    private SupervisorPlan() {}

    static LaunchPlan of(Architecture architecture) {
        var plan = new PlanFixture(architecture);
        int poll = plan.ints(-1, 1, LIFELINE, 0);
        int started = plan.ints(0, 0);
        int info = plan.bytes(new byte[128]);
        long pidfdAndNewPid = 0x1000 | 0x20000000;
        int clone = plan.longs(pidfdAndNewPid, poll, 0, 0, 17, 0, 0, 0, 0, 0, 0);
        var child = new PlanFixture.Label();
        plan.call(Syscall.CLONE3, pointer(clone), number(88)).into(started + 4);
        plan.branch(load(started + 4), 0xFFFF_FFFFL, number(0), child);
        supervise(plan, poll, started, info);
        plan.place(child);
        setUp(plan);
        return plan.build();
    }

    private static void supervise(PlanFixture plan, int poll, int started, int info) {
        var again = new PlanFixture.Label();
        var kill = new PlanFixture.Label();
        var reap = new PlanFixture.Label();
        plan.call(Syscall.WRITE, number(REPORT), pointer(started), number(8));
        plan.call(Syscall.CLOSE, number(REPORT));
        // One byte of data and an SCM_RIGHTS message with the pidfd.
        int control = plan.longs(20, 1L << 32 | 1, 0);
        int buffers = plan.longs(plan.bytes(new byte[] {1}), 1);
        int message = plan.longs(0, 0, buffers, 1, control, 24, 0);
        plan.call(Syscall.DUP, load(poll)).into(control + 16);
        plan.call(Syscall.SENDMSG, number(SOCKET), pointer(message), number(0));
        plan.call(Syscall.CLOSE, load(control + 16));
        plan.place(again);
        plan.call(Syscall.PPOLL, pointer(poll), number(2), number(0), number(0), number(8))
                .orElse(again);
        plan.branch(load(poll), 1L << 48, number(1L << 48), reap);
        plan.branch(load(poll + 8), 0x10L << 48, number(0x10L << 48), kill);
        plan.jump(again);
        plan.place(kill);
        plan.call(Syscall.PIDFD_SEND_SIGNAL, load(poll), number(9), number(0), number(0));
        plan.place(reap);
        plan.call(Syscall.WAITID, number(3), load(poll), pointer(info), number(4), number(0));
        plan.call(Syscall.WRITE, number(EXIT), pointer(info), number(128));
        plan.exit(number(0));
    }

    private static void setUp(PlanFixture plan) {
        var report = new PlanFixture.Label();
        var descriptor = plan.text("/secret");
        plan.call(Syscall.OPENAT, number(-100), descriptor, number(0)).orElse(report);
        plan.call(Syscall.PIVOT_ROOT, plan.text("."), plan.text(".")).orElse(report);
        plan.call(Syscall.CLOSE_RANGE, number(3), number(0xFFFF_FFFFL), number(4)).orElse(report);
        int program = plan.bytes("/bin/true\0".getBytes(UTF_8));
        plan.call(
                        Syscall.EXECVE,
                        pointer(program),
                        pointer(plan.longs(program, plan.bytes(new byte[] {'x', 0}), 0)),
                        pointer(plan.longs(0)))
                .orElse(report);
        plan.place(report);
        plan.call(Syscall.WRITE, number(REPORT), pointer(LaunchPlan.FAILURE), number(8));
        plan.exit(number(125));
    }
}
