package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.Prctl.PR_SET_DUMPABLE;
import static io.pelagos.core.kernel.Syscall.PRCTL;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.security.Capability;
import io.pelagos.core.spec.Namespace;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The plan of a container: the sum of its parts, in order.
 *
 * @param plan what is done
 * @param warnings what was asked for and will not be had
 */
public record ContainerPlan(LaunchPlan plan, List<String> warnings) {
    /** Copies the list. */
    public ContainerPlan {
        warnings = List.copyOf(warnings);
    }

    /**
     * Composes a plan; a pure function.
     *
     * @param inputs everything it depends on
     * @return the plan
     */
    public static ContainerPlan compose(LaunchInputs inputs) {
        var spec = inputs.spec();
        var warnings = new ArrayList<String>();
        warnings.addAll(spec.confinement().landlock().warnings(inputs.facts().landlockAbi()));
        var missing = EnumSet.noneOf(Capability.class);
        missing.addAll(spec.confinement().capabilities());
        missing.removeAll(inputs.possible(missing));
        if (!missing.isEmpty()) {
            warnings.add(
                    "the container goes without capabilities that this JVM does not have: "
                            + missing.stream()
                                    .map(Capability::capName)
                                    .collect(Collectors.joining(", ")));
        }
        var filter = inputs.filter();
        if (filter != null) {
            warnings.addAll(filter.warnings());
        }
        var namespaces = new Namespaces(inputs);
        var plan =
                Supervision.compose(
                        new PlanBuilder(inputs.facts().architecture()),
                        inputs.channels(),
                        inputs.supervision(),
                        new Supervision.Clone(
                                namespaces.cloneFlags(),
                                inputs.placement().placed(),
                                inputs.placement().joined(),
                                spec.creates(Namespace.USER),
                                namespaces::prepare),
                        (child, cgroups) -> firstProcess(child, inputs, namespaces, cgroups));
        return new ContainerPlan(plan, warnings);
    }

    private static void firstProcess(
            PlanBuilder plan,
            LaunchInputs inputs,
            Namespaces namespaces,
            List<PlanBuilder.Slot> cgroups) {
        var spec = inputs.spec();
        var inherited = new Inherited(inputs);
        inherited.oomScore(plan);
        plan.purpose("hiding the first process from others until it is confined");
        plan.call(PRCTL, PR_SET_DUMPABLE, 0, 0, 0, 0);
        inherited.add(plan);
        namespaces.add(plan, cgroups);
        // Before anything is masked: a user namespace cannot mount a procfs that shows more than
        // one
        // that is mounted already.
        Sysctls.add(plan, spec.confinement().sysctls());
        if (spec.creates(Namespace.MOUNT)) {
            new FileSystem(inputs).add(plan);
        }
        var console = new Console(inputs);
        console.add(plan, true);
        var execution = new Execution(inputs);
        execution.closeDescriptors(plan);
        execution.enterWorkingDirectory(plan);
        new Confining(inputs).add(plan);
        if (spec.init()) {
            Init.add(plan, inputs.channels().report(), spec.creates(Namespace.PID), console);
        }
        execution.execute(plan);
    }
}
