package io.pelagos.core;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.Cleanup;
import io.pelagos.core.internal.launch.KeptInput;
import io.pelagos.core.internal.launch.KeptTerminal;
import io.pelagos.core.internal.launch.Logs;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.internal.plan.Accounts;
import io.pelagos.core.internal.plan.ContainerPlan;
import io.pelagos.core.internal.plan.LaunchInputs;
import io.pelagos.core.internal.probe.HostProbe;
import io.pelagos.core.internal.probe.MachineFiles;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.core.spec.Stdio;
import java.nio.file.FileSystem;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The way in: makes containers, and ends those that still run when it is closed.
 *
 * <pre>{@code
 * try (var pelagos = Pelagos.open()) {
 *     var result = pelagos.container(Rootfs.host()).command("id").run();
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads.
 */
public final class Pelagos implements AutoCloseable {
    private final Engine engine;

    Pelagos(Engine engine) {
        this.engine = engine;
    }

    /**
     * Opens Pelagos with the usual locations for this user.
     *
     * @return the way in, to be closed
     * @throws IllegalCallerException when native access is denied; the message has the flag to give
     */
    public static Pelagos open() {
        return open(PelagosPaths.current());
    }

    /**
     * Opens Pelagos with locations of the caller's choice.
     *
     * @param paths for example {@code PelagosPaths.under(directory)} for a private world
     * @return the way in, to be closed
     * @throws IllegalCallerException when native access is denied; the message has the flag to give
     */
    public static Pelagos open(PelagosPaths paths) {
        var pelagos = new Pelagos(new Engine(paths, new LinuxKernel(paths.launchDir()), true));
        new Recovery(pelagos.engine).atOpen();
        return pelagos;
    }

    /**
     * Opens Pelagos on a kernel of the caller's choice. Nothing is made ahead of time for the next
     * container, so that the kernel sees only what the container at hand needs.
     *
     * @param paths the locations
     * @param kernel everything that is asked of Linux goes through it
     * @return the way in, to be closed
     */
    public static Pelagos open(PelagosPaths paths, Kernel kernel) {
        return new Pelagos(new Engine(paths, kernel, false));
    }

    /**
     * Reports what this machine supports, each item with its reason and, where something is
     * lacking, what to do about it. Needs no privileges and changes nothing.
     *
     * @return the report, whose text is a table
     */
    public static HostReport probe() {
        return probe(new LinuxKernel());
    }

    /**
     * Reports what a machine supports.
     *
     * @param kernel everything that is asked of Linux goes through it
     * @return the report
     */
    public static HostReport probe(Kernel kernel) {
        return HostReport.of(HostProbe.probe(kernel, new MachineFiles(kernel)));
    }

    /**
     * Returns where everything is.
     *
     * @return the locations, which images and networks share
     */
    public PelagosPaths paths() {
        return engine.paths();
    }

    /**
     * Returns the kernel that everything is asked of.
     *
     * @return the kernel, which images and networks share
     */
    public Kernel kernel() {
        return engine.calls().kernel();
    }

    /**
     * Begins to describe a container.
     *
     * @param rootfs what gives it its root file system
     * @return a builder
     */
    public ContainerBuilder container(Rootfs rootfs) {
        return new ContainerBuilder(this, rootfs);
    }

    /**
     * Starts a container from a description, such as one read from JSON.
     *
     * @param spec what it is to be
     * @return the running container
     * @throws InvalidSpecException when options contradict each other; nothing was touched
     * @throws CommandException when the program cannot be executed; nothing is left
     * @throws SyscallFailedException when the kernel refuses something; nothing is left
     */
    public Container start(ContainerSpec spec) {
        return start(spec, Map.of(), null);
    }

    /** Starts a container about whose system calls somebody decides, and checks its health. */
    RunningContainer start(
            ContainerSpec described,
            Map<String, SyscallHandler> handlers,
            @Nullable HealthCheck healthCheck) {
        var spec = engine.userNamespaces().adapted(described);
        SpecRules.check(spec);
        SpecRules.checkHandlers(spec, handlers.keySet());
        if (spec.supervision() == ContainerSpec.Supervision.DETACHED) {
            return new Detaching(engine).start(spec, Detaching.NO_UPKEEP);
        }
        var name = spec.name() == null ? engine.newName() : spec.name();
        var started = new Starter(engine, spec, engine.newId(), name, handlers).start();
        if (healthCheck != null) {
            started.monitor(healthCheck);
        }
        return started;
    }

    /** Gives a container a user namespace with ids that are chosen for it. */
    ContainerSpec withAutomaticIds(ContainerSpec spec) {
        return UserNamespaces.withAutomaticMaps(engine.calls(), engine.facts(), spec);
    }

    /**
     * Returns the containers that this object has started and that have not ended.
     *
     * @return a snapshot
     */
    public List<Container> running() {
        return engine.running().stream()
                .filter(RunningContainer::isAlive)
                .map(Container.class::cast)
                .toList();
    }

    /**
     * Starts a container that survives this JVM.
     *
     * @param described what it is to be; its supervision is {@code DETACHED}
     * @param upkeep what is done for it while it lives and after it has ended
     * @return the container, which any later JVM finds too
     */
    DetachedContainer startDetached(ContainerSpec described, ContainerState.Upkeep upkeep) {
        var spec = engine.userNamespaces().adapted(described);
        SpecRules.check(spec);
        return new Detaching(engine).startAndKeep(spec, upkeep);
    }

    /**
     * Returns the named volumes of this user.
     *
     * @return the way to all of them
     */
    public Volumes volumes() {
        return new Volumes(engine);
    }

    /**
     * Shows the files of a root file system as a new container would find them, without a mount and
     * without a process: layers are read through each other, and no link leads out of them. Nothing
     * can be changed. What the kernel or a container itself would add is not there.
     *
     * @param rootfs layers, such as an image, or a directory
     * @return read-only; holds nothing open
     * @throws IllegalArgumentException when the root file system is of neither kind
     */
    public FileSystem files(Rootfs rootfs) {
        var calls = new FileCalls(engine.calls());
        return switch (rootfs.root()) {
            case RootSpec.Layers layers ->
                    new ContainerFileSystem(
                            rootfs.toString(),
                            calls,
                            new FileTree.OfLayers(calls, layers.topDown()));
            case RootSpec.Directory(var path) ->
                    new ContainerFileSystem(
                            path.toString(),
                            calls,
                            new FileTree.OfRoot(
                                    calls,
                                    () ->
                                            calls.openPath(
                                                    path.toString(),
                                                    Constant.flags(
                                                            OpenFlag.O_PATH,
                                                            OpenFlag.O_DIRECTORY))));
            case RootSpec.Host(), RootSpec.Files _ ->
                    throw new IllegalArgumentException(
                            "rootfs " + rootfs + ": must be of layers or a directory");
        };
    }

    /**
     * Returns which layers somebody needs, of all processes on this machine.
     *
     * @return the way to all leases
     */
    public Leases leases() {
        return engine.leases();
    }

    /**
     * Returns the detached containers of this user, whoever started them.
     *
     * @return the way to all of them
     */
    public Containers containers() {
        return new Containers(engine);
    }

    /**
     * Puts in order what JVMs and supervisors have left that ended before their time: completes
     * states, removes cgroups and directories that nobody owns any more, and starts again the
     * detached containers whose restart policy says so. What a living process owns is not touched.
     *
     * @return a sentence for each thing that was done, or that was found and left alone
     */
    public List<String> recover() {
        return new Recovery(engine).recover(true);
    }

    /**
     * Prints the plan of a container without starting it. Needs no privileges. A label of a
     * security module that is not in force on this machine, with which no container is started, is
     * planned as where it is.
     *
     * @param described what it is to be
     * @return one line a step, numbered, purpose first
     */
    public String explain(ContainerSpec described) {
        var adapted = engine.userNamespaces().adapted(described);
        SpecRules.check(adapted);
        var spec =
                adapted.root() instanceof RootSpec.Layers layers
                        ? adapted.withRoot(RootLayers.printed(engine, layers))
                        : adapted;
        var name = spec.name() == null ? "pelagos-1" : spec.name();
        var joined = new EnumMap<Namespace, Integer>(Namespace.class);
        int passed = spec.process().descriptors().count();
        spec.namespaces()
                .forEach(
                        (namespace, mode) -> {
                            if (!mode.equals(NamespaceMode.CREATE)
                                    && !mode.equals(NamespaceMode.HOST)) {
                                joined.put(
                                        namespace, Channels.with(0).other(passed + joined.size()));
                            }
                        });
        boolean terminal = spec.process().terminal();
        var idMaps = Starter.idMaps(spec, passed + joined.size());
        int others = passed + joined.size() + idMaps.size();
        boolean fuse =
                spec.root() instanceof RootSpec.Layers layers
                        && layers.backend() == OverlayBackend.FUSE;
        var channels =
                Channels.with(others + (terminal ? 7 : 3 + KeptInput.DESCRIPTORS) + (fuse ? 1 : 0));
        var composed =
                ContainerPlan.compose(
                        new LaunchInputs(
                                spec,
                                engine.facts().with(spec.confinement().labels().required()),
                                new LaunchInputs.Names(Starter.hostname(spec, name), name),
                                new Accounts(engine.calls(), spec.root()).identity(spec.process()),
                                channels,
                                printedKind(spec, others),
                                LaunchInputs.Placement.NONE,
                                Starter.sources(spec),
                                engine.filter(spec),
                                new LaunchInputs.Opened(
                                        joined,
                                        idMaps,
                                        terminal ? Channels.with(0).other(others) : null,
                                        null,
                                        fuse ? FuseOverlay.printed(channels) : null)));
        return composed.plan().toString();
    }

    private static Supervision.Kind printedKind(ContainerSpec spec, int joined) {
        return switch (spec.supervision()) {
            case ATTACHED -> new Supervision.Kind.Attached(Cleanup.NONE);
            case CHILD -> new Supervision.Kind.Child(Cleanup.NONE);
            case DETACHED -> printedDetached(spec, joined);
        };
    }

    private static Supervision.Kind printedDetached(ContainerSpec spec, int joined) {
        var numbers = Channels.with(0);
        boolean terminal = spec.process().terminal();
        int first = terminal ? joined + 1 : joined;
        int afterLogs = terminal ? first + 1 : first + 3;
        return new Supervision.Kind.Detached(
                numbers.other(first),
                terminal
                        ? Logs.NONE
                        : new Logs(
                                numbers.other(first + 1),
                                numbers.other(first + 2),
                                Logs.USUAL_BOUND),
                spec.stdin() instanceof Stdio.Pipe
                        ? KeptInput.from(numbers.other(afterLogs))
                        : null,
                terminal
                        ? new KeptTerminal(numbers.other(joined), numbers.other(afterLogs + 4))
                        : null,
                List.of(),
                Cleanup.NONE);
    }

    /** Ends the containers that still run, but for detached ones, and waits until all are gone. */
    @Override
    public void close() {
        var running = engine.running();
        for (var container : running) {
            if (container.spec().supervision() != ContainerSpec.Supervision.DETACHED) {
                container.kill();
            }
        }
        running.forEach(RunningContainer::close);
        engine.close();
    }
}
