package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupException;
import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.Cleanup;
import io.pelagos.core.internal.launch.LaunchFailure;
import io.pelagos.core.internal.launch.Launcher;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.internal.plan.Accounts;
import io.pelagos.core.internal.plan.IdMappedMounts;
import io.pelagos.core.internal.plan.LaunchInputs;
import io.pelagos.core.internal.probe.HostProbe;
import io.pelagos.core.internal.probe.MachineFiles;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.security.SeccompProgram;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.IdMapping;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import io.pelagos.core.spec.RootSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts one container: what is acquired goes onto a stack, and a failure at any point undoes what
 * came before it, in reverse.
 */
final class Starter {
    private static final int F_DUPFD_CLOEXEC = 1030;
    private final Engine engine;
    private final ContainerSpec spec;
    private final String id;
    private final String name;
    private final Deque<Runnable> undo = new ArrayDeque<>();
    private final List<String> warnings = new ArrayList<>();
    private @Nullable RootLayers layers;
    private @Nullable FuseOverlay fuse;

    /** How many descriptors come before all others of the plan: those for the program. */
    private final int passedCount;

    private final @Nullable Supplier<Detachment> detaching;
    private final Map<String, SyscallHandler> handlers;
    private @Nullable Detachment detachment;

    Starter(
            Engine engine,
            ContainerSpec spec,
            String id,
            String name,
            Map<String, SyscallHandler> handlers) {
        this(engine, spec, id, name, null, handlers);
    }

    /** For a detached container, whose lock is held: says where what is kept of it goes. */
    Starter(
            Engine engine,
            ContainerSpec spec,
            String id,
            String name,
            Supplier<Detachment> detaching) {
        this(engine, spec, id, name, detaching, Map.of());
    }

    private Starter(
            Engine engine,
            ContainerSpec spec,
            String id,
            String name,
            @Nullable Supplier<Detachment> detaching,
            Map<String, SyscallHandler> handlers) {
        this.engine = engine;
        this.spec = spec;
        this.id = id;
        this.name = name;
        this.detaching = detaching;
        this.handlers = handlers;
        passedCount = spec.process().descriptors().count();
    }

    RunningContainer start() {
        try {
            return steps();
        } catch (RuntimeException e) {
            unwind(e);
            throw translated(e);
        } catch (Error e) {
            unwind(e);
            throw e;
        } finally {
            if (fuse != null) {
                fuse.close();
            }
        }
    }

    private void unwind(Throwable cause) {
        while (!undo.isEmpty()) {
            try {
                undo.pop().run();
            } catch (RuntimeException e) {
                cause.addSuppressed(e);
            }
        }
    }

    private RuntimeException translated(RuntimeException failure) {
        return switch (failure) {
            case LaunchFailure launch -> {
                var ofFuse = fuse == null ? null : fuse.translated(launch);
                yield ofFuse == null ? namespaceFailure(launch) : ofFuse;
            }
            case CgroupException cgroup -> {
                var message = cgroup.getMessage();
                yield new LimitException(message == null ? "cgroup" : message, cgroup);
            }
            case ErrnoException errno ->
                    SyscallFailedException.of("starting the container " + name, errno);
            case IllegalArgumentException refused when !handlers.isEmpty() ->
                    new InvalidSpecException("onSyscall", refused);
            default -> failure;
        };
    }

    /** Says what a distribution has put in the way of user namespaces, when it is known. */
    private RuntimeException namespaceFailure(LaunchFailure failure) {
        var translated = launchFailure(failure, spec, name);
        if (!spec.creates(Namespace.USER)
                || !(translated instanceof SyscallFailedException refused)) {
            return translated;
        }
        return switch (refused.errno()) {
            case EPERM, EACCES, ENOSPC ->
                    HostProbe.userNamespaces(engine.kernel(), new MachineFiles(engine.kernel()))
                            .<RuntimeException>map(
                                    trap ->
                                            new UnsupportedHostException(
                                                    "no user namespace for the container "
                                                            + name
                                                            + ": "
                                                            + trap.reason()
                                                            + ": "
                                                            + trap.remedy(),
                                                    refused))
                            .orElse(translated);
            default -> translated;
        };
    }

    /** Translates what a plan reported into what a user is told. */
    static RuntimeException launchFailure(LaunchFailure failure, ContainerSpec spec, String name) {
        var step = failure.step();
        var errno = failure.errno();
        if (step == null || errno == null) {
            return new UnsupportedHostException(
                    "starting the container " + name + ": " + failure.getMessage());
        }
        var translated =
                step.syscall() == Syscall.EXECVE
                        ? new CommandException(
                                spec.process().command().getFirst(),
                                searched(spec),
                                errno == Errno.ENOTDIR ? Errno.ENOENT : errno)
                        : new SyscallFailedException(step.purpose(), step.toString(), errno);
        translated.initCause(failure);
        return translated;
    }

    private static String searched(ContainerSpec spec) {
        return spec.process().command().getFirst().contains("/")
                ? ""
                : " (searched in " + spec.process().environment().get("PATH") + ")";
    }

    private RunningContainer steps() {
        LabelRules.check(spec, engine.facts());
        var event = Recording.begin(StartEvent::new);
        IdMappings.requirePossible(engine, spec);
        layers = makeLayers();
        warnings.addAll(engine.userNamespaces().warnings(spec));
        var identity = identity();
        UserNamespaces.requireMapped(spec, identity);
        var sources = sources(spec);
        new VolumeContents(engine, spec, layers).fill();
        var filter = engine.filter(spec);
        var joined = openJoined();
        var idMaps = openIdMaps();
        if (detaching != null) {
            detachment = detaching.get();
            undo.push(detachment::undo);
        }
        var stdios = Stdios.open(engine.calls(), engine.streams(), spec);
        undo.push(stdios::close);
        var passed = PassedDescriptors.open(engine.calls(), spec.process().descriptors());
        undo.push(passed::undo);
        var channel = TerminalChannel.open(engine, spec.process());
        if (channel != null) {
            undo.push(channel::close);
        }
        var listening = ListenerChannel.open(engine, handlers);
        if (listening != null) {
            undo.push(listening::close);
        }
        var placing = placing();
        var kind = kind(placing, stdios, channel != null);
        long before = System.nanoTime();
        var started =
                engine.launcher()
                        .launch(
                                channels ->
                                        plan(
                                                channels,
                                                identity,
                                                kind,
                                                placing == null
                                                        ? LaunchInputs.Placement.NONE
                                                        : placing.placement(),
                                                sources,
                                                filter,
                                                opened(channels, joined, idMaps, channel != null)),
                                new Launcher.Request(
                                        stdios.numbers(),
                                        others(passed, stdios, channel, listening),
                                        placing,
                                        awaited(placing),
                                        this::replenish,
                                        kind));
        undo.push(() -> engine.launcher().end(started, kind));
        if (detachment != null) {
            detachment.requireCreated();
        }
        long launchTime = System.nanoTime() - before;
        var cgroup = placing == null ? null : placing.cgroup();
        if (cgroup != null) {
            warnings.addAll(cgroup.warnings());
        }
        stdios.started();
        passed.close();
        Terminal terminal = null;
        if (channel != null) {
            terminal = detachment == null ? channel.receive() : null;
            channel.close();
        }
        if (listening != null) {
            listening.listen(name);
            listening.close();
        }
        closeJoined();
        if (event != null) {
            event.container = name;
            event.program = spec.process().command().getFirst();
            event.cgroup = placing == null ? 0 : placing.nanos();
            event.launch = launchTime;
            event.commit();
        }
        return new RunningContainer(
                engine,
                spec,
                id,
                name,
                warnings,
                started,
                kind,
                cgroup,
                stdios,
                detachment,
                terminal,
                new ContainerRoot(
                        engine,
                        spec,
                        name,
                        new ContainerRoot.First(started.pid(), started.pidfd()),
                        layers),
                handlers);
    }

    private @Nullable RootLayers makeLayers() {
        if (!(spec.root() instanceof RootSpec.Layers asked)) {
            return null;
        }
        var made = RootLayers.make(engine, spec, asked, name);
        undo.push(made::close);
        if (made.isFuse()) {
            fuse = FuseOverlay.open(engine.calls(), made.program());
        }
        return made;
    }

    private LaunchPlan plan(
            Channels channels,
            LaunchInputs.Identity identity,
            Supervision.Kind kind,
            LaunchInputs.Placement placement,
            Map<String, Boolean> sources,
            @Nullable SeccompProgram filter,
            LaunchInputs.Opened opened) {
        var composed =
                engine.plans()
                        .plan(
                                new LaunchInputs(
                                        layers == null ? spec : layers.in(spec),
                                        engine.facts(),
                                        new LaunchInputs.Names(
                                                hostname(spec, name), engine.cgroupName(spec, id)),
                                        identity,
                                        channels,
                                        kind,
                                        placement,
                                        sources,
                                        filter,
                                        opened));
        warnings.addAll(composed.warnings());
        return composed.plan();
    }

    /** Says what numbers the sockets have: they come behind the namespaces. */
    private LaunchInputs.Opened opened(
            Channels channels,
            Map<Namespace, Integer> joined,
            Map<IdMapping, Integer> idMaps,
            boolean hasTerminal) {
        int first = passedCount + joinedFiles.size();
        return new LaunchInputs.Opened(
                joined,
                idMaps,
                hasTerminal ? channels.other(first) : null,
                handlers.isEmpty()
                        ? null
                        : engine.listening(
                                handlers.keySet(),
                                spec,
                                channels.other(hasTerminal ? first + 1 : first)),
                fuse == null ? null : fuse.program(channels));
    }

    static String hostname(ContainerSpec spec, String name) {
        if (spec.hostname() != null) {
            return spec.hostname();
        }
        return name.length() <= 64 ? name : name.substring(0, 64);
    }

    private LaunchInputs.Identity identity() {
        try {
            return new Accounts(engine.calls(), spec.root()).identity(spec.process());
        } catch (IllegalArgumentException e) {
            throw new InvalidSpecException("user", e);
        }
    }

    /** Looks at the sources of bind mounts, so that a missing one is refused before anything. */
    static Map<String, Boolean> sources(ContainerSpec spec) {
        var isFile = new HashMap<String, Boolean>();
        for (var mount : spec.mounts()) {
            if (mount instanceof Mount.Bind bind) {
                var path = Path.of(bind.source());
                if (!bind.makesSource() && Files.notExists(path)) {
                    throw new SyscallFailedException(
                            "mounting " + bind.target() + " in the container",
                            "open_tree(\"" + bind.source() + "\")",
                            Errno.ENOENT);
                }
                isFile.put(bind.source(), Files.exists(path) && !Files.isDirectory(path));
            }
        }
        return isFile;
    }

    private final List<Fd> joinedFiles = new ArrayList<>();

    /** Opens the namespaces that are entered, and says what number each has in the plan. */
    private Map<Namespace, Integer> openJoined() {
        var joined = new EnumMap<Namespace, Integer>(Namespace.class);
        undo.push(this::closeJoined);
        spec.namespaces()
                .forEach(
                        (namespace, mode) -> {
                            switch (mode) {
                                case NamespaceMode.Path(var path) ->
                                        join(
                                                joined,
                                                namespace,
                                                engine.calls().open(null, path, OpenFlag.O_RDONLY));
                                case NamespaceMode.OfProcess(var pidfd) ->
                                        join(joined, namespace, copy(pidfd));
                                case NamespaceMode.OfContainer(var other) ->
                                        join(joined, namespace, engine.pidfdOf(other, namespace));
                                case NamespaceMode.Create(), NamespaceMode.Host() -> {}
                            }
                        });
        if (needsNewNetwork()) {
            engine.spareNetworks()
                    .take()
                    .ifPresent(spare -> join(joined, Namespace.NETWORK, spare));
        }
        return joined;
    }

    /** Opens the user namespaces by which ids of mounts are mapped, and numbers them likewise. */
    private Map<IdMapping, Integer> openIdMaps() {
        var numbers = idMaps(spec, passedCount + joinedFiles.size());
        joinedFiles.addAll(engine.idMappings().open(spec));
        return numbers;
    }

    /** Says what number the user namespace of each mapping has in the plan. */
    static Map<IdMapping, Integer> idMaps(ContainerSpec spec, int before) {
        var numbers = new HashMap<IdMapping, Integer>();
        for (var mapping : IdMappedMounts.needed(spec)) {
            numbers.put(mapping, Channels.with(0).other(before + numbers.size()));
        }
        return numbers;
    }

    private void replenish() {
        if (needsNewNetwork()) {
            engine.spareNetworks().replenish();
        }
    }

    private void join(Map<Namespace, Integer> joined, Namespace namespace, Fd file) {
        joined.put(namespace, Channels.with(0).other(passedCount + joinedFiles.size()));
        joinedFiles.add(file);
    }

    private Fd copy(int pidfd) {
        return Fd.of(
                engine.kernel(),
                engine.calls().fcntl(pidfd, F_DUPFD_CLOEXEC, 3),
                "the pidfd of a process whose namespace is joined");
    }

    /** Tells whether one that was made ahead fits: it belongs to the JVM's user namespace. */
    private boolean needsNewNetwork() {
        return spec.creates(Namespace.NETWORK) && !spec.namespaces().containsKey(Namespace.USER);
    }

    private void closeJoined() {
        joinedFiles.forEach(Fd::close);
    }

    private @Nullable CgroupPlacing placing() {
        var host = engine.cgroups();
        if (host == null) {
            if (spec.resources().required() && spec.resources().limited()) {
                throw new InvalidSpecException(
                        "required", "limits", "this machine has no cgroup hierarchy mounted");
            }
            if (spec.resources().limited()) {
                warnings.add("no limit is in force: this machine has no cgroup hierarchy mounted");
            }
            return null;
        }
        var placing =
                new CgroupPlacing(host.prepare(engine.cgroupName(spec, id), DeviceAccess.of(spec)));
        undo.push(placing::undo);
        var parent = spec.resources().parent();
        if (parent != null && spec.supervision() != ContainerSpec.Supervision.DETACHED) {
            engine.cgroupParents()
                    .add(engine.cgroupName(spec, id), parent, placing.parents())
                    .ifPresent(warnings::add);
        }
        return placing;
    }

    private Supervision.Kind kind(
            @Nullable CgroupPlacing placing, Stdios stdios, boolean hasTerminal) {
        var cleanup = placing == null ? Cleanup.NONE : placing.cleanup();
        return switch (spec.supervision()) {
            case ATTACHED -> new Supervision.Kind.Attached(cleanup);
            case CHILD -> new Supervision.Kind.Child(cleanup);
            case DETACHED ->
                    Objects.requireNonNull(detachment)
                            .kind(
                                    stdios,
                                    passedCount + joinedFiles.size() + (hasTerminal ? 1 : 0),
                                    hasTerminal,
                                    placing == null ? List.of() : placing.memoryEvents(),
                                    cleanup);
        };
    }

    private List<Integer> others(
            PassedDescriptors passed,
            Stdios stdios,
            @Nullable TerminalChannel channel,
            @Nullable ListenerChannel listening) {
        var others = new ArrayList<>(passed.numbers());
        joinedFiles.forEach(file -> others.add(file.number()));
        if (channel != null) {
            others.add(channel.number());
        }
        if (listening != null) {
            others.add(listening.number());
        }
        if (detachment != null) {
            others.addAll(detachment.numbers(stdios));
            if (channel != null) {
                others.add(channel.receiver());
            }
        }
        if (fuse != null) {
            others.add(fuse.number());
        }
        return others;
    }

    /** Returns what the JVM does with the process id before the process goes on, if anything. */
    private @Nullable IntConsumer awaited(@Nullable CgroupPlacing placing) {
        if (!spec.creates(Namespace.USER) && detachment == null) {
            return null;
        }
        return pid -> {
            if (spec.creates(Namespace.USER)) {
                engine.userNamespaces().write(pid, spec);
            }
            if (detachment != null) {
                if (layers != null) {
                    // Now, because a program that ends at once leaves nobody to give it to.
                    layers.giveTo(pid);
                }
                var cgroup = placing == null ? null : placing.cgroup();
                detachment.created(pid, cgroup == null ? Map.of() : cgroup.paths());
            }
        };
    }
}
