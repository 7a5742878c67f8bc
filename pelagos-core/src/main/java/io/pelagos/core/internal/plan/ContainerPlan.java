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
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The plan of a container: the sum of its parts, in order.
 *
 * @param plan what is done
 * @param warnings what was asked for and will not be had
 */
public record ContainerPlan(LaunchPlan plan, List<String> warnings) {
    private static final String HOSTNAME = "hostname";

    /** The longest name that sethostname(2) takes. */
    private static final int HOST_NAME_MAX = 64;

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
        var builder = new PlanBuilder(inputs.facts().architecture());
        var hostname = builder.text(HOSTNAME, inputs.names().hostname(), HOST_NAME_MAX);
        var namespaces = new Namespaces(inputs, hostname);
        var idMapped = new IdMappedMounts(inputs);
        var fuse = new FuseRoot(inputs);
        var plan =
                Supervision.compose(
                        builder,
                        inputs.channels(),
                        inputs.supervision(),
                        new Supervision.Clone(
                                namespaces.cloneFlags(),
                                inputs.names().cgroup(),
                                inputs.placement().placed(),
                                inputs.placement().joined(),
                                spec.creates(Namespace.USER)
                                        || inputs.supervision()
                                                instanceof Supervision.Kind.Detached,
                                spec.process().descriptors().count(),
                                helper -> {
                                    // First, while the helper has all rights of the JVM.
                                    fuse.fork(helper);
                                    idMapped.open(helper);
                                    namespaces.prepare(helper);
                                },
                                fuse::finish),
                        (child, word) ->
                                firstProcess(
                                        child,
                                        inputs,
                                        namespaces,
                                        new FileSystem(inputs, hostname, idMapped, fuse),
                                        word));
        var listening = inputs.opened().listening();
        return new ContainerPlan(listening == null ? plan : listening.checked(plan), warnings);
    }

    /**
     * Returns the same plan for another container.
     *
     * @param names what that is called
     * @return a plan that shares its steps
     */
    public ContainerPlan named(LaunchInputs.Names names) {
        return new ContainerPlan(
                plan.withTexts(
                        Map.of(HOSTNAME, names.hostname(), Supervision.CGROUP, names.cgroup())),
                warnings);
    }

    private static void hide(PlanBuilder plan) {
        plan.purpose("hiding the first process from others until it is confined");
        plan.call(PRCTL, PR_SET_DUMPABLE, 0, 0, 0, 0);
    }

    private static void firstProcess(
            PlanBuilder plan,
            LaunchInputs inputs,
            Namespaces namespaces,
            FileSystem files,
            Supervision.Word word) {
        var spec = inputs.spec();
        var inherited = new Inherited(inputs);
        inherited.oomScore(plan);
        if (!spec.creates(Namespace.USER)) {
            hide(plan);
        }
        inherited.add(plan);
        var cgroups = word.await();
        if (spec.creates(Namespace.USER)) {
            // Until then its files of procfs must be those of the user who writes the ids.
            hide(plan);
        }
        namespaces.add(plan, cgroups);
        // Before anything is masked: a user namespace cannot mount a procfs that shows more than
        // one that is mounted already.
        Sysctls.add(plan, spec.confinement().sysctls());
        var labels = new Labels(inputs);
        labels.open(plan);
        if (spec.creates(Namespace.MOUNT)) {
            files.add(plan);
        }
        var console = new Console(inputs);
        console.add(plan, true);
        var execution = new Execution(inputs);
        execution.closeDescriptors(plan, labels);
        execution.enterWorkingDirectory(plan);
        new Confining(inputs).add(plan, labels);
        if (spec.init()) {
            Init.add(plan, inputs, execution.report(), spec.creates(Namespace.PID), console);
        }
        execution.execute(plan);
    }
}
