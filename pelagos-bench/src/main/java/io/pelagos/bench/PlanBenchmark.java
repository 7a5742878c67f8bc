package io.pelagos.bench;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.Cleanup;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.internal.plan.Accounts;
import io.pelagos.core.internal.plan.ContainerPlan;
import io.pelagos.core.internal.plan.HostFactsReader;
import io.pelagos.core.internal.plan.LaunchInputs;
import io.pelagos.core.internal.plan.PlanCache;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.PlanImage;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.security.SeccompCompiler;
import io.pelagos.core.security.SeccompTarget;
import io.pelagos.core.spec.ContainerSpec;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What Java does for one start: building and checking the specification, composing the plan of a
 * container with all defaults, and emitting the executable. It looks at packages that core does not
 * export, so that printing is not measured with them; bin/bench opens these.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PlanBenchmark {
    private final Pelagos pelagos = Pelagos.open();
    private final ContainerSpec spec = build();
    private final LaunchInputs inputs = inputs(spec);
    private final PlanCache cache = new PlanCache();
    private final LaunchPlan plan = ContainerPlan.compose(inputs).plan();

    private ContainerSpec build() {
        return pelagos.container(Rootfs.directory(Path.of("/"))).command("true").spec();
    }

    private static LaunchInputs inputs(ContainerSpec spec) {
        var calls = new SystemCalls(new LinuxKernel());
        var facts = HostFactsReader.read(calls, true);
        var confinement = spec.confinement();
        return new LaunchInputs(
                spec,
                facts,
                new LaunchInputs.Names("bench", "pelagos-1"),
                new Accounts(calls, spec.root()).identity(spec.process()),
                Channels.with(0),
                new Supervision.Kind.Attached(Cleanup.NONE),
                LaunchInputs.Placement.NONE,
                Map.of(),
                SeccompCompiler.compile(
                        confinement.seccomp(),
                        SeccompTarget.of(
                                facts.architecture(), confinement.capabilities(), facts.kernel())),
                LaunchInputs.Opened.NOTHING);
    }

    /**
     * Builds and checks a specification.
     *
     * @return the specification
     */
    @Benchmark
    public ContainerSpec specify() {
        return build();
    }

    /**
     * Composes the plan of a specification.
     *
     * @return the plan
     */
    @Benchmark
    public ContainerPlan compose() {
        return ContainerPlan.compose(inputs);
    }

    /**
     * Finds the plan of a container like one before.
     *
     * @return the plan
     */
    @Benchmark
    public ContainerPlan recall() {
        return cache.plan(inputs);
    }

    /**
     * Emits the executable of a plan.
     *
     * @return its bytes
     */
    @Benchmark
    public byte[] emit() {
        return PlanImage.of(plan);
    }
}
