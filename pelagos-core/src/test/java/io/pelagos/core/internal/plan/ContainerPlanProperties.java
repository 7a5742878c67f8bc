package io.pelagos.core.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.internal.launch.FuseServer;
import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchPlan.Call;
import io.pelagos.core.kernel.PlanImage;
import io.pelagos.core.kernel.Prctl;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.SpecArbitraries;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for the plan of every container. */
final class ContainerPlanProperties {
    private static final int TRIES = 60;

    /** Calls whose strings are no paths. */
    private static final Set<Syscall> WITHOUT_PATHS =
            Set.of(Syscall.WRITE, Syscall.PRCTL, Syscall.SYMLINKAT, Syscall.FSCONFIG);

    @Provide
    Arbitrary<ContainerSpec> specs() {
        return SpecArbitraries.specs();
    }

    @Property(tries = TRIES)
    void everyPlanCanBeBuiltForBothArchitectures(@ForAll("specs") ContainerSpec spec) {
        var x86 = PlanInputs.plan(spec, Architecture.X86_64);
        var aarch64 = PlanInputs.plan(spec, Architecture.AARCH64);
        assertThat(withoutFilter(aarch64)).isEqualTo(withoutFilter(x86));
        assertThat(PlanImage.of(x86)).startsWith(0x7f, 'E', 'L', 'F');
        assertThat(PlanImage.of(aarch64)).startsWith(0x7f, 'E', 'L', 'F');
    }

    /** The calls of a filter, and so its length, depend on the architecture. */
    private static String withoutFilter(LaunchPlan plan) {
        return plan.toString().replaceAll("(SECCOMP|seccomp)\\(.*", "");
    }

    @Property(tries = TRIES)
    void theSamePlanComesOfTheSameSpecification(@ForAll("specs") ContainerSpec spec) {
        assertThat(PlanInputs.plan(spec).toString()).isEqualTo(PlanInputs.plan(spec).toString());
        assertThat(PlanInputs.plan(spec).data()).isEqualTo(PlanInputs.plan(spec).data());
    }

    @Property(tries = TRIES)
    void everyStepCanBeReachedAndHasAPurpose(@ForAll("specs") ContainerSpec spec) {
        var steps = PlanInputs.plan(spec).steps();
        var reached = new boolean[steps.size()];
        reach(steps, reached);
        for (int i = 0; i < reached.length; i++) {
            assertThat(steps.get(i).purpose()).isNotBlank();
            assertThat(reached[i]).as("step %d: %s", i + 1, steps.get(i)).isTrue();
        }
    }

    private static void reach(List<LaunchPlan.Step> steps, boolean[] reached) {
        var open = new ArrayList<>(List.of(0));
        while (!open.isEmpty()) {
            int at = open.removeLast();
            if (reached[at]) {
                continue;
            }
            reached[at] = true;
            var step = steps.get(at);
            open.add(step.target());
            if (!step.isEnd()) {
                open.add(at + 1);
            }
        }
    }

    @Property(tries = TRIES)
    void pathsOfTheContainerAreResolvedInsideItAndOnlyAfterTheChangeOfRoot(
            @ForAll("specs") ContainerSpec spec) {
        var steps = PlanInputs.plan(spec).steps();
        int pivot = only(steps, call -> call.syscall() == Syscall.PIVOT_ROOT);
        int program = first(steps, call -> call.syscall() == Syscall.EXECVE);
        for (int i = 0; i < program; i++) {
            if (!(steps.get(i) instanceof Call call)) {
                continue;
            }
            if (call.syscall() == Syscall.OPENAT2) {
                var how = call.operands().get(2).text();
                assertThat(i).as("%s", call).isGreaterThan(pivot);
                assertThat(how).contains("RESOLVE_NO_MAGICLINKS");
                assertThat(how).containsAnyOf("RESOLVE_IN_ROOT", "RESOLVE_BENEATH");
            } else if (i > pivot && !WITHOUT_PATHS.contains(call.syscall())) {
                assertThat(call.operands())
                        .as("%s", call)
                        .noneMatch(o -> o.text().startsWith("\"/") && !o.text().equals("\"/\""));
            }
        }
    }

    @Property(tries = TRIES)
    void sourcesOnTheHostAreOpenedBeforeTheChangeOfRoot(@ForAll("specs") ContainerSpec spec) {
        var steps = PlanInputs.plan(spec).steps();
        int pivot = only(steps, call -> call.syscall() == Syscall.PIVOT_ROOT);
        for (var mount : spec.mounts()) {
            if (mount instanceof Mount.Bind bind) {
                var opened =
                        indices(
                                steps,
                                call ->
                                        call.syscall() == Syscall.OPEN_TREE
                                                && call.toString()
                                                        .contains('"' + bind.source() + '"'));
                assertThat(opened).isNotEmpty().allMatch(i -> i < pivot);
            }
        }
    }

    @Property(tries = TRIES)
    void allDescriptorsAreClosedBeforeTheWorkingDirectoryAndTheProgram(
            @ForAll("specs") ContainerSpec spec) {
        var steps = PlanInputs.plan(spec).steps();
        int closed =
                only(
                        steps,
                        call ->
                                call.syscall() == Syscall.CLOSE_RANGE
                                        && call.purpose().equals("closing descriptors")
                                        && call.operands().getFirst().value()
                                                == PlanInputs.REPORT + 1);
        int program = first(steps, call -> call.syscall() == Syscall.EXECVE);
        assertThat(closed)
                .isGreaterThan(only(steps, call -> call.syscall() == Syscall.PIVOT_ROOT))
                .isLessThan(program);
        if (!spec.process().cwd().equals("/")) {
            assertThat(closed).isLessThan(last(steps, call -> call.syscall() == Syscall.FCHDIR));
        }
        for (int i = closed; i < program; i++) {
            if (steps.get(i) instanceof Call call && call.syscall() == Syscall.OPENAT2) {
                assertThat(call.toString()).contains("O_CLOEXEC");
            }
        }
    }

    @Property(tries = TRIES)
    void privilegesAreGivenUpInTheOnlyOrderThatWorks(@ForAll("specs") ContainerSpec spec) {
        var steps = PlanInputs.plan(spec).steps();
        int bounding = last(steps, call -> uses(call, Prctl.PR_CAPBSET_DROP));
        int groups = last(steps, call -> call.syscall() == Syscall.SETGROUPS);
        int group = last(steps, call -> call.syscall() == Syscall.SETGID);
        int user = last(steps, call -> call.syscall() == Syscall.SETUID);
        int capabilities = last(steps, call -> call.syscall() == Syscall.CAPSET);
        assertThat(List.of(bounding, groups, group, user, capabilities)).isSorted();
        var umask = (Call) steps.get(last(steps, call -> call.syscall() == Syscall.UMASK));
        assertThat(umask.operands().getFirst().value()).isEqualTo(spec.process().umask().bits());
    }

    @Property(tries = TRIES)
    void theFilterIsTheLastThingBeforeTheProgram(@ForAll("specs") ContainerSpec spec) {
        var steps = PlanInputs.plan(spec).steps();
        var filters = indices(steps, call -> call.syscall() == Syscall.SECCOMP);
        if (spec.confinement().seccomp().isUnconfined()) {
            assertThat(filters).isEmpty();
            return;
        }
        assertThat(filters).hasSize(1);
        int filter = filters.getFirst();
        if (spec.confinement().noNewPrivileges()) {
            assertThat(only(steps, call -> uses(call, Prctl.PR_SET_NO_NEW_PRIVS)))
                    .isLessThan(filter);
            assertThat(steps.get(filter + 1).purpose())
                    .startsWith(spec.init() ? "starting the program below init" : "executing ");
        } else {
            assertThat(filter).isLessThan(last(steps, call -> call.syscall() == Syscall.SETGROUPS));
        }
    }

    private static boolean uses(Call call, Prctl option) {
        return call.syscall() == Syscall.PRCTL
                && call.operands().getFirst().text().equals(option.name());
    }

    /** Without those of fuse-overlayfs, a process that never is in the container. */
    private static List<Integer> indices(List<LaunchPlan.Step> steps, Predicate<Call> which) {
        var found = new ArrayList<Integer>();
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof Call call
                    && !call.purpose().equals(FuseServer.PURPOSE)
                    && which.test(call)) {
                found.add(i);
            }
        }
        return found;
    }

    private static int only(List<LaunchPlan.Step> steps, Predicate<Call> which) {
        var found = indices(steps, which);
        assertThat(found).hasSize(1);
        return found.getFirst();
    }

    private static int first(List<LaunchPlan.Step> steps, Predicate<Call> which) {
        return indices(steps, which).getFirst();
    }

    private static int last(List<LaunchPlan.Step> steps, Predicate<Call> which) {
        var found = indices(steps, which);
        return found.isEmpty() ? -1 : found.getLast();
    }
}
