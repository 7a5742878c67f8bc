package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.PlanFixture.load;
import static io.pelagos.core.kernel.PlanFixture.number;
import static io.pelagos.core.kernel.PlanFixture.pointer;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever a plan of deterministic calls does, machine code and simulation do the same. */
class PlanEquivalenceProperties {
    private static Path folder = Path.of("");

    /** The calls that random plans are made of. */
    enum Kind {
        DUP,
        DUP3,
        CLOSE,
        CLOSE_RANGE,
        PIPE,
        WRITE,
        READ,
        SEEK,
        BRANCH
    }

    /**
     * One random step.
     *
     * @param kind what it does
     * @param a a small number, a descriptor for most kinds
     * @param b another
     * @param useSlot whether the first operand is loaded from the shared slot
     * @param storeSlot whether the result goes to the shared slot
     * @param distance how many steps a branch or an error skips
     */
    record Action(Kind kind, int a, int b, boolean useSlot, boolean storeSlot, int distance) {}

    @BeforeContainer
    static void makeFolder() throws IOException {
        folder = Files.createTempDirectory("plans");
    }

    @AfterContainer
    static void removeFolder() throws IOException {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Provide
    Arbitrary<List<Action>> actions() {
        var small = Arbitraries.integers().between(3, 8);
        return Combinators.combine(
                        Arbitraries.of(Kind.class),
                        small,
                        small,
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false),
                        Arbitraries.integers().between(1, 3))
                .as(Action::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(25);
    }

    /** The slot is 0 after the first step: the second writes to the reading end of a pipe. */
    @Example
    void writingToStandardInputFailsInBoth() throws Exception {
        machineCodeAndSimulationAgree(
                List.of(
                        new Action(Kind.CLOSE, 3, 3, true, true, 1),
                        new Action(Kind.WRITE, 3, 3, true, true, 1)));
    }

    /** Equal numbers are refused before the kernel looks whether a file is behind them. */
    @Example
    void duplicatingWhatIsNotOpenOntoItselfFailsTheSameWay() throws Exception {
        machineCodeAndSimulationAgree(List.of(new Action(Kind.DUP3, 7, 7, false, true, 1)));
    }

    @Property(tries = 50)
    void machineCodeAndSimulationAgree(@ForAll("actions") List<Action> actions) throws Exception {
        var plan = plan(actions);
        var real = NativeProcess.run(folder, plan);
        var simulated = SimulatedRun.of(new SimulatedKernel(), plan);
        assertThat(simulated)
                .as(plan::toString)
                .isEqualTo(new SimulatedRun(real.exitCode(), real.output()));
    }

    /** Branches and errors only lead forwards, so that every plan ends. */
    private static LaunchPlan plan(List<Action> actions) {
        var plan = new PlanFixture(Architecture.current());
        int slot = plan.longs(3);
        int memfd = plan.longs(0);
        plan.call(Syscall.MEMFD_CREATE, plan.text("file"), number(0)).into(memfd);
        var labels = actions.stream().map(action -> new PlanFixture.Label()).toList();
        var end = new PlanFixture.Label();
        for (int i = 0; i < actions.size(); i++) {
            var action = actions.get(i);
            int next = i + action.distance;
            plan.place(labels.get(i));
            step(plan, action, slot, next < labels.size() ? labels.get(next) : end);
        }
        plan.place(end);
        plan.print("end");
        plan.exit(load(slot));
        return plan.build();
    }

    private static void step(PlanFixture plan, Action action, int slot, PlanFixture.Label next) {
        var a = action.useSlot ? load(slot) : number(action.a);
        var call =
                switch (action.kind) {
                    case DUP -> plan.call(Syscall.DUP, a);
                    case DUP3 -> plan.call(Syscall.DUP3, a, number(action.b), number(0));
                    case CLOSE -> plan.call(Syscall.CLOSE, number(action.a));
                    case CLOSE_RANGE ->
                            plan.call(
                                    Syscall.CLOSE_RANGE,
                                    number(action.a),
                                    number(action.b),
                                    number(0));
                    case PIPE -> plan.call(Syscall.PIPE2, pointer(plan.ints(0, 0)), number(0x800));
                    case WRITE -> plan.call(Syscall.WRITE, a, plan.text("some"), number(4));
                    case READ ->
                            plan.call(
                                    Syscall.READ,
                                    number(action.a),
                                    pointer(plan.longs(0)),
                                    number(action.b));
                    case SEEK -> plan.call(Syscall.LSEEK, a, number(action.b), number(0));
                    case BRANCH -> null;
                };
        if (call == null) {
            plan.branch(load(slot), 3, number(action.b & 3), next);
        } else {
            call.orElse(next);
            if (action.storeSlot) {
                call.into(slot);
            }
        }
    }
}
