package io.pelagos.core;

import io.pelagos.core.internal.launch.ForegroundChannels;
import io.pelagos.core.internal.launch.LaunchFailure;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.internal.plan.AccountFiles;
import io.pelagos.core.internal.plan.Accounts;
import io.pelagos.core.internal.plan.ContainerPlan;
import io.pelagos.core.internal.plan.HostFacts;
import io.pelagos.core.internal.plan.HostFactsReader;
import io.pelagos.core.internal.plan.LaunchInputs;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.SeccompCompiler;
import io.pelagos.core.security.SeccompProgram;
import io.pelagos.core.security.SeccompTarget;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a container in the foreground without native access: for command lines, which start faster
 * when nothing of {@code java.lang.foreign} is linked, and for applications that must not have it.
 *
 * <pre>{@code
 * var spec = ContainerBuilder.describing(Rootfs.host()).command("id")
 *         .stdin(Stdio.INHERIT).stdout(Stdio.INHERIT).stderr(Stdio.INHERIT).spec();
 * var exit = ProcessLauncher.of(PelagosPaths.current()).run(spec);
 * }</pre>
 *
 * <p>The plan is the one that {@link Pelagos} would carry out, with the same confinement. It is
 * written to an executable file and started by {@link ProcessBuilder}. The container ends when the
 * JVM ends, however that comes about. What takes system calls of the JVM itself is refused with an
 * {@link InvalidSpecException}: limits, a new user namespace, Landlock rules, namespaces of
 * processes and containers, a shared PID namespace, pipes, channels and descriptors as streams, and
 * other supervision than attached.
 *
 * <p>Safe for use by many threads.
 */
public final class ProcessLauncher {
    private static final System.Logger LOG = System.getLogger(ProcessLauncher.class.getName());

    private final PelagosPaths paths;
    private final Consumer<String> warnings;
    private final Duration grace;

    private ProcessLauncher(PelagosPaths paths, Consumer<String> warnings, Duration grace) {
        this.paths = paths;
        this.warnings = warnings;
        this.grace = grace;
    }

    /**
     * Makes a launcher.
     *
     * @param paths where the file of a plan lies while it is started; a directory for temporary
     *     files takes its place when programs cannot be executed there
     * @return the launcher
     */
    public static ProcessLauncher of(PelagosPaths paths) {
        return new ProcessLauncher(
                paths, warning -> LOG.log(System.Logger.Level.WARNING, warning), Duration.ZERO);
    }

    /**
     * Tells somebody what a container is started without, instead of the log.
     *
     * @param listener takes a sentence each, before the container starts
     * @return a launcher
     */
    public ProcessLauncher onWarning(Consumer<String> listener) {
        return new ProcessLauncher(paths, listener, grace);
    }

    /**
     * Lets a container end by itself when the thread that runs it is interrupted: it gets SIGTERM,
     * whatever its stop signal is, and SIGKILL when time is up.
     *
     * @param atMost how long it may take; zero, which is the default, for SIGKILL at once
     * @return a launcher
     * @throws IllegalArgumentException when the time is negative
     */
    public ProcessLauncher gracePeriod(Duration atMost) {
        if (atMost.isNegative()) {
            throw new IllegalArgumentException("gracePeriod " + atMost + ": is negative");
        }
        return new ProcessLauncher(paths, warnings, atMost);
    }

    /**
     * Tells whether a container can be run without native access by this JVM: nothing of it {@link
     * #run} would refuse for the lack of that, and namespaces take no user namespace first, because
     * the JVM has CAP_SYS_ADMIN.
     *
     * @param spec what it is to be
     * @return whether it can
     */
    public static boolean canRun(ContainerSpec spec) {
        try {
            ForegroundRules.check(spec);
        } catch (InvalidSpecException e) {
            LOG.log(System.Logger.Level.DEBUG, "not without native access", e);
            return false;
        }
        return HostFactsReader.effective().contains(Capability.SYS_ADMIN);
    }

    /**
     * Runs a container and waits for its end.
     *
     * @param spec what it is to be
     * @return how it ended
     * @throws InvalidSpecException when options contradict each other or take native access;
     *     nothing was touched
     * @throws CommandException when the program cannot be executed; nothing is left
     * @throws SyscallFailedException when the kernel refuses something; nothing is left
     * @throws UnsupportedHostException when nothing can be executed here
     * @throws InterruptedException when the thread is interrupted; the container has been ended
     */
    public Exit run(ContainerSpec spec) throws InterruptedException {
        var plans = compose(spec);
        try {
            return new ForegroundRun(paths, spec, plans, grace).run();
        } catch (LaunchFailure failure) {
            throw Starter.launchFailure(failure, spec, name(spec));
        }
    }

    /**
     * Prints the plan of a container without starting it.
     *
     * @param spec what it is to be
     * @return one line a step, numbered, purpose first
     * @throws InvalidSpecException when options contradict each other or take native access
     */
    public String explain(ContainerSpec spec) {
        var directory = paths.launchDir();
        return compose(spec)
                .plan(directory.resolve("report"), directory.resolve("plan"))
                .plan()
                .toString();
    }

    private ForegroundRun.Plans compose(ContainerSpec spec) {
        SpecRules.check(spec);
        ForegroundRules.check(spec);
        var facts = HostFactsReader.readFiles();
        LabelRules.check(spec, facts);
        var identity = identity(spec);
        var sources = Starter.sources(spec);
        var filter = filter(spec, facts);
        var files = new ArrayList<String>();
        var joined = joined(spec, files);
        return (report, image) ->
                composed(
                        new LaunchInputs(
                                spec,
                                facts,
                                new LaunchInputs.Names(
                                        Starter.hostname(spec, name(spec)), name(spec)),
                                identity,
                                ForegroundChannels.CHANNELS,
                                new Supervision.Kind.Foreground(
                                        ProcessHandle.current().pid(),
                                        report.toString(),
                                        image.toString(),
                                        files),
                                LaunchInputs.Placement.NONE,
                                sources,
                                filter,
                                LaunchInputs.Opened.joining(joined)));
    }

    private ContainerPlan composed(LaunchInputs inputs) {
        var plan = ContainerPlan.compose(inputs);
        plan.warnings().forEach(warnings);
        return plan;
    }

    private static String name(ContainerSpec spec) {
        return spec.name() == null ? "pelagos-" + ProcessHandle.current().pid() : spec.name();
    }

    private static LaunchInputs.Identity identity(ContainerSpec spec) {
        try {
            return new Accounts(new AccountFiles(spec.root())).identity(spec.process());
        } catch (IllegalArgumentException e) {
            throw new InvalidSpecException("user", e);
        }
    }

    private static @Nullable SeccompProgram filter(ContainerSpec spec, HostFacts facts) {
        var confinement = spec.confinement();
        return confinement.seccomp().isUnconfined()
                ? null
                : SeccompCompiler.compile(
                        confinement.seccomp(),
                        SeccompTarget.of(
                                facts.architecture(), confinement.capabilities(), facts.kernel()));
    }

    /** Gives each namespace the descriptor that its file will have in the helper. */
    private static Map<Namespace, Integer> joined(ContainerSpec spec, List<String> files) {
        var joined = new EnumMap<Namespace, Integer>(Namespace.class);
        spec.namespaces()
                .forEach(
                        (namespace, mode) -> {
                            if (mode instanceof NamespaceMode.Path(var path)) {
                                joined.put(namespace, ForegroundChannels.FIRST_FILE + files.size());
                                files.add(path);
                            }
                        });
        return joined;
    }
}
