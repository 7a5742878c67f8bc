package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.PlanFixture.load;
import static io.pelagos.core.kernel.PlanFixture.number;
import static io.pelagos.core.kernel.PlanFixture.pointer;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.COPY_FILE_RANGE;
import static io.pelagos.core.kernel.Syscall.DUP;
import static io.pelagos.core.kernel.Syscall.LSEEK;
import static io.pelagos.core.kernel.Syscall.MEMFD_CREATE;
import static io.pelagos.core.kernel.Syscall.PIPE2;
import static io.pelagos.core.kernel.Syscall.PREAD64;
import static io.pelagos.core.kernel.Syscall.RECVFROM;
import static io.pelagos.core.kernel.Syscall.SENDTO;
import static io.pelagos.core.kernel.Syscall.SOCKETPAIR;
import static io.pelagos.core.kernel.Syscall.WRITE;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A small plan for one feature of the interpreter, with what a process that carries it out prints
 * and returns. The same catalogue runs natively, under emulation, and simulated.
 *
 * @param name the feature
 * @param plan the plan on an architecture
 * @param exitCode how the process ends
 * @param output what it writes to its standard output
 */
record ConformancePlan(
        String name, Function<Architecture, LaunchPlan> plan, int exitCode, String output) {
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;

    @Override
    public String toString() {
        return name;
    }

    private static ConformancePlan of(
            String name, int exitCode, String output, Consumer<PlanFixture> steps) {
        return new ConformancePlan(
                name,
                architecture -> {
                    var plan = new PlanFixture(architecture);
                    steps.accept(plan);
                    return plan.build();
                },
                exitCode,
                output);
    }

    static List<ConformancePlan> all() {
        var all = new ArrayList<ConformancePlan>();
        all.addAll(results());
        all.addAll(errors());
        all.addAll(branches());
        all.addAll(operands());
        return all;
    }

    private static List<ConformancePlan> results() {
        return List.of(
                of("exit code", 42, "", plan -> plan.exit(number(42))),
                of("exit code of eight bits", 0x34, "", plan -> plan.exit(number(0x1234))),
                of(
                        "output",
                        0,
                        "hello\n",
                        plan -> {
                            plan.print("hello\n");
                            plan.exit(number(0));
                        }),
                of(
                        "result stored for a later step",
                        3,
                        "",
                        plan -> plan.exit(plan.call(DUP, number(1)).slot())),
                of(
                        "result stores 32 bits and leaves the next 32",
                        7,
                        "",
                        plan -> {
                            int slot = plan.longs(0xAAAA_BBBB_CCCC_DDDDL);
                            var kept = new PlanFixture.Label();
                            plan.call(DUP, number(1)).into(slot);
                            plan.branch(load(slot), -1, number(0xAAAA_BBBB_0000_0003L), kept);
                            plan.exit(number(1));
                            plan.place(kept);
                            plan.exit(number(7));
                        }),
                of(
                        "result stored into a struct of a later step",
                        0,
                        "ready",
                        plan -> {
                            int poll =
                                    plan.ints(-1, 1); // struct pollfd: fd; events POLLIN, revents
                            int pipe = plan.ints(0, 0);
                            var end = new PlanFixture.Label();
                            plan.call(PIPE2, pointer(pipe), number(0));
                            plan.call(WRITE, load(pipe + 4), plan.text("x"), number(1));
                            plan.call(DUP, load(pipe)).into(poll);
                            plan.call(
                                    Syscall.PPOLL,
                                    pointer(poll),
                                    number(1),
                                    number(0),
                                    number(0),
                                    number(8));
                            plan.branch(load(poll), 1L << 48, number(0), end);
                            plan.print("ready");
                            plan.place(end);
                            plan.exit(number(0));
                        }),
                of(
                        "negative constant",
                        4,
                        "",
                        plan -> {
                            int seekEnd = 2;
                            var fd = plan.call(MEMFD_CREATE, plan.text("six"), number(0)).slot();
                            plan.call(WRITE, fd, plan.text("abcdef"), number(6));
                            plan.exit(plan.call(LSEEK, fd, number(-2), number(seekEnd)).slot());
                        }),
                new ConformancePlan(
                        "memory that the file does not hold is zero and writable",
                        architecture -> {
                            var plan = new PlanFixture(architecture);
                            int zeros = LaunchPlan.FIRST_FREE + 0x9000;
                            var zero = new PlanFixture.Label();
                            plan.branch(load(zeros), -1, number(0), zero);
                            plan.exit(number(1));
                            plan.place(zero);
                            plan.call(DUP, number(1)).into(zeros);
                            plan.exit(load(zeros));
                            return plan.buildWithZeros(0x10000);
                        },
                        3,
                        ""),
                of(
                        "more than 256 steps",
                        44,
                        "x".repeat(300),
                        plan -> {
                            var x = plan.text("x");
                            for (int i = 0; i < 300; i++) {
                                plan.call(WRITE, number(1), x, number(1));
                            }
                            plan.exit(number(300));
                        }));
    }

    private static List<ConformancePlan> errors() {
        return List.of(
                of(
                        "tolerated errno goes on with the next step",
                        5,
                        "",
                        plan -> {
                            plan.call(CLOSE, number(99)).tolerate(Errno.EBADF);
                            plan.exit(number(5));
                        }),
                of(
                        "tolerated errno is stored as the result and not as the failure",
                        6,
                        "",
                        plan -> {
                            int slot = plan.longs(0);
                            var negative = new PlanFixture.Label();
                            var clean = new PlanFixture.Label();
                            plan.call(CLOSE, number(99)).tolerate(Errno.EBADF).into(slot);
                            plan.branch(load(slot), -1, number(0xFFFF_FFF7L), negative);
                            plan.exit(number(1));
                            plan.place(negative);
                            plan.branch(load(LaunchPlan.FAILURE), -1, number(0), clean);
                            plan.exit(number(2));
                            plan.place(clean);
                            plan.exit(number(6));
                        }),
                of(
                        "another errno than the tolerated jumps",
                        Errno.EBADF.number(),
                        "",
                        plan -> {
                            plan.call(CLOSE, number(99)).tolerate(Errno.ENOENT);
                            plan.exit(number(0));
                        }),
                of(
                        "failure record names step and errno",
                        8,
                        "",
                        plan -> {
                            var handler = new PlanFixture.Label();
                            var right = new PlanFixture.Label();
                            plan.call(DUP, number(1));
                            plan.call(CLOSE, number(99)).orElse(handler);
                            plan.exit(number(0));
                            plan.place(handler);
                            plan.branch(
                                    load(LaunchPlan.FAILURE),
                                    -1,
                                    number(
                                            (long) Errno.EBADF.number() << 32
                                                    | LaunchPlan.addressOf(1)),
                                    right);
                            plan.exit(number(1));
                            plan.place(right);
                            plan.exit(number(8));
                        }),
                of(
                        "jump backwards after an error",
                        9,
                        "..",
                        plan -> {
                            // The second round finds the descriptor closed and stops there.
                            var round = new PlanFixture.Label();
                            var end = new PlanFixture.Label();
                            var fd = plan.call(DUP, number(1)).slot();
                            plan.place(round);
                            plan.print(".");
                            plan.call(CLOSE, fd).orElse(end);
                            plan.call(CLOSE, number(99)).orElse(round);
                            plan.place(end);
                            plan.exit(load(LaunchPlan.FAILURE + 4));
                        }));
    }

    private static List<ConformancePlan> branches() {
        long value = 0x1234_5678_0000_0005L;
        return List.of(
                branch("taken", value, -1, value, 1),
                branch("not taken", value, -1, value + 1, 2),
                branch("taken by the lower bits", value, 0xF, 5, 1),
                branch("not taken by the lower bits", value, 0xF, 4, 2),
                branch(
                        "taken by a mask above 32 bits",
                        value,
                        0xFFFF_0000_0000_0000L,
                        0x1234L << 48,
                        1),
                branch("not taken by a mask above 32 bits", value, 0x5678L << 32, 0x5670L << 32, 2),
                branch("taken for a negative number", -5, -1, -5, 1),
                of(
                        "unconditional jump forwards",
                        4,
                        "",
                        plan -> {
                            var end = new PlanFixture.Label();
                            plan.jump(end);
                            plan.exit(number(1));
                            plan.place(end);
                            plan.exit(number(4));
                        }),
                of(
                        "loop until a descriptor has number 9",
                        9,
                        ".".repeat(7),
                        plan -> {
                            int slot = plan.longs(0);
                            var again = new PlanFixture.Label();
                            var end = new PlanFixture.Label();
                            plan.place(again);
                            plan.print(".");
                            plan.call(DUP, number(1)).into(slot);
                            plan.branch(load(slot), 0xFFFF_FFFFL, number(9), end);
                            plan.jump(again);
                            plan.place(end);
                            plan.exit(load(slot));
                        }),
                of(
                        "branch compares pointers and loads in each position",
                        1,
                        "",
                        plan -> {
                            int target = plan.longs(0);
                            int slot = plan.longs(target);
                            int mask = plan.longs(-1);
                            var first = new PlanFixture.Label();
                            var second = new PlanFixture.Label();
                            plan.branch(load(slot), number(-1), pointer(target), first);
                            plan.exit(number(2));
                            plan.place(first);
                            plan.branch(pointer(target), number(-1), load(slot), second);
                            plan.exit(number(3));
                            plan.place(second);
                            var third = new PlanFixture.Label();
                            plan.branch(number(-5), load(mask), number(-5), third);
                            plan.exit(number(4));
                            plan.place(third);
                            plan.exit(number(1));
                        }));
    }

    private static ConformancePlan branch(
            String name, long value, long mask, long expected, int exitCode) {
        return of(
                "branch " + name,
                exitCode,
                "",
                plan -> {
                    var taken = new PlanFixture.Label();
                    plan.branch(load(plan.longs(value)), mask, number(expected), taken);
                    plan.exit(number(2));
                    plan.place(taken);
                    plan.exit(number(1));
                });
    }

    /** Two calls with six arguments, as they are and with each argument loaded from memory. */
    private static List<ConformancePlan> operands() {
        var plans = new ArrayList<ConformancePlan>();
        plans.add(new ConformancePlan("six arguments", ConformancePlan::copyRange, 0, "cd"));
        plans.add(
                new ConformancePlan(
                        "pointers as fifth and sixth argument", ConformancePlan::receive, 2, "ab"));
        for (int i = 0; i < 6; i++) {
            int position = i;
            plans.add(
                    new ConformancePlan(
                            "argument " + (i + 1) + " loaded, number in 1, 3, 5 and 6",
                            architecture ->
                                    PlanFixture.indirect(
                                            copyRange(architecture),
                                            indexOf(copyRange(architecture), COPY_FILE_RANGE),
                                            position),
                            0,
                            "cd"));
            plans.add(
                    new ConformancePlan(
                            "argument " + (i + 1) + " loaded, pointer in 2, 5 and 6",
                            architecture ->
                                    PlanFixture.indirect(
                                            receive(architecture),
                                            indexOf(receive(architecture), RECVFROM),
                                            position),
                            2,
                            "ab"));
        }
        return plans;
    }

    private static int indexOf(LaunchPlan plan, Syscall syscall) {
        for (int i = 0; i < plan.steps().size(); i++) {
            if (plan.steps().get(i) instanceof LaunchPlan.Call call && call.syscall() == syscall) {
                return i;
            }
        }
        throw new IllegalArgumentException("no " + syscall);
    }

    /** Copies bytes 2 and 3 of a memfd to offset 1 of another, and prints them from there. */
    private static LaunchPlan copyRange(Architecture architecture) {
        var plan = new PlanFixture(architecture);
        int buffer = plan.longs(0);
        plan.call(MEMFD_CREATE, plan.text("from"), number(0)); // 3
        plan.call(MEMFD_CREATE, plan.text("to"), number(0)); // 4
        plan.call(WRITE, number(3), plan.text("abcdef"), number(6));
        plan.call(WRITE, number(4), plan.text("------"), number(6));
        plan.call(
                COPY_FILE_RANGE,
                number(3),
                pointer(plan.longs(2)),
                number(4),
                pointer(plan.longs(1)),
                number(2),
                number(0));
        plan.call(PREAD64, number(4), pointer(buffer), number(2), number(1));
        plan.call(WRITE, number(1), pointer(buffer), number(2));
        plan.exit(number(0));
        return plan.build();
    }

    /** Receives two bytes; the kernel sets the length of the (absent) sender's address to 0. */
    private static LaunchPlan receive(Architecture architecture) {
        var plan = new PlanFixture(architecture);
        int pair = plan.ints(0, 0);
        int buffer = plan.longs(0);
        int address = plan.longs(0, 0);
        int length = plan.ints(16, 0);
        var unnamed = new PlanFixture.Label();
        plan.call(SOCKETPAIR, number(AF_UNIX), number(SOCK_STREAM), number(0), pointer(pair));
        plan.call(SENDTO, load(pair), plan.text("abc"), number(3), number(0), number(0), number(0));
        plan.call(
                RECVFROM,
                number(4),
                pointer(buffer),
                number(2),
                number(0),
                pointer(address),
                pointer(length));
        plan.call(WRITE, number(1), pointer(buffer), number(2));
        plan.branch(load(length), -1, number(0), unnamed);
        plan.exit(number(1));
        plan.place(unnamed);
        plan.exit(number(2));
        return plan.build();
    }
}
