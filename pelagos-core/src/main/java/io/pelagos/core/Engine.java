package io.pelagos.core;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.internal.cgroup.CgroupHost;
import io.pelagos.core.internal.cgroup.CgroupMode;
import io.pelagos.core.internal.files.Scratch;
import io.pelagos.core.internal.launch.Ahead;
import io.pelagos.core.internal.launch.Launcher;
import io.pelagos.core.internal.launch.MappedRemoval;
import io.pelagos.core.internal.launch.Reaper;
import io.pelagos.core.internal.launch.Spare;
import io.pelagos.core.internal.plan.HostFacts;
import io.pelagos.core.internal.plan.HostFactsReader;
import io.pelagos.core.internal.plan.Listening;
import io.pelagos.core.internal.plan.PlanCache;
import io.pelagos.core.internal.state.StateStore;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.Streams;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.KernelVersion;
import io.pelagos.core.security.SeccompAction;
import io.pelagos.core.security.SeccompCompiler;
import io.pelagos.core.security.SeccompFlag;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.security.SeccompProgram;
import io.pelagos.core.security.SeccompRule;
import io.pelagos.core.security.SeccompTarget;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Namespace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What the containers of one {@link Pelagos} share. */
final class Engine implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Engine.class.getName());
    private static final int ID_BYTES = 16;

    /** Since then a call that the JVM knows of is not interrupted and made once more. */
    private static final KernelVersion INTERRUPTED_BY_FATAL_SIGNALS_ONLY = new KernelVersion(5, 19);

    private final PelagosPaths paths;
    private final SystemCalls calls;
    private final Poller poller;
    private final Streams streams;
    private final Launcher launcher;
    private final Reaper reaper;

    /**
     * A network namespace made ahead, because making it takes the kernel as long as everything else
     * in the start of a container together. Only a descriptor of this JVM keeps it alive, so it
     * goes when the JVM does.
     */
    private final Spare<Fd> spareNetworks;

    private final Ahead ahead;

    private final StateStore states;
    private final CgroupParents cgroupParents;
    private final PlanCache plans = new PlanCache();
    private final IdMappings idMappings;
    private final OverlayTrials overlayTrials = new OverlayTrials(this);
    private final @Nullable CgroupHost cgroups;
    private final HostFacts facts;
    private final AtomicLong counter = new AtomicLong();
    private volatile @Nullable CgroupOwner owner;
    private final Snapshots snapshots = new Snapshots();
    private final AtomicInteger scratchCounter = new AtomicInteger();
    private final Map<String, RunningContainer> running = new ConcurrentHashMap<>();
    private final Queue<AutoCloseable> leftBehind = new ConcurrentLinkedQueue<>();
    private final Map<FilterKey, SeccompProgram> filters = new ConcurrentHashMap<>();
    private final Map<List<String>, SeccompProgram> listeners = new ConcurrentHashMap<>();

    /** What a compiled filter depends on, beside the machine. */
    private record FilterKey(SeccompProfile profile, Set<Capability> capabilities) {
        /** A profile is long; few have the same number of rules. */
        @Override
        public int hashCode() {
            return Objects.hash(profile.defaultAction(), profile.rules().size(), capabilities);
        }
    }

    /**
     * Opens what the containers share.
     *
     * @param ahead whether network namespaces and processes may be made before they are needed
     */
    Engine(PelagosPaths paths, Kernel kernel, boolean ahead) {
        this.paths = paths;
        calls = new SystemCalls(kernel);
        var host = CgroupHost.detect(calls).alone(this::withoutSpare);
        cgroups = host.mode() == CgroupMode.NONE ? null : host;
        facts =
                HostFactsReader.read(
                        calls,
                        host.mode() == CgroupMode.UNIFIED || host.mode() == CgroupMode.HYBRID);
        states = new StateStore(calls, paths);
        cgroupParents = new CgroupParents(calls, paths);
        poller = Poller.open(kernel);
        streams = new Streams(poller);
        idMappings = new IdMappings(calls, poller);
        this.ahead = new Ahead(ahead);
        spareNetworks = new Spare<>(this.ahead, () -> new NetworkMaker(calls));
        launcher = new Launcher(kernel, poller, this.ahead);
        reaper = new Reaper(calls);
        recoverScratch();
    }

    PelagosPaths paths() {
        return paths;
    }

    SystemCalls calls() {
        return calls;
    }

    StateStore states() {
        return states;
    }

    Poller poller() {
        return poller;
    }

    Streams streams() {
        return streams;
    }

    Launcher launcher() {
        return launcher;
    }

    private void withoutSpare(Runnable action) {
        launcher.withoutSpare(action);
    }

    Reaper reaper() {
        return reaper;
    }

    Kernel kernel() {
        return calls.kernel();
    }

    PlanCache plans() {
        return plans;
    }

    IdMappings idMappings() {
        return idMappings;
    }

    OverlayTrials overlayTrials() {
        return overlayTrials;
    }

    Spare<Fd> spareNetworks() {
        return spareNetworks;
    }

    @Nullable CgroupHost cgroups() {
        return cgroups;
    }

    CgroupParents cgroupParents() {
        return cgroupParents;
    }

    UserNamespaces userNamespaces() {
        return new UserNamespaces(calls, facts);
    }

    HostFacts facts() {
        return facts;
    }

    /** Compiles the filter of a container once for each profile and set of capabilities. */
    @Nullable SeccompProgram filter(ContainerSpec spec) {
        var confinement = spec.confinement();
        if (confinement.seccomp().isUnconfined()) {
            return null;
        }
        return filters.computeIfAbsent(
                new FilterKey(confinement.seccomp(), confinement.capabilities()),
                key ->
                        SeccompCompiler.compile(
                                key.profile(),
                                SeccompTarget.of(
                                        facts.architecture(), key.capabilities(), facts.kernel())));
    }

    /** Says how calls are handed to the JVM; a call of another architecture ends its process. */
    Listening listening(Set<String> names, ContainerSpec spec, int channel) {
        var sorted = List.copyOf(new TreeSet<>(names));
        var program =
                listeners.computeIfAbsent(
                        sorted,
                        calls -> {
                            var profile =
                                    SeccompProfile.builder(SeccompAction.ALLOW)
                                            .rule(
                                                    SeccompRule.of(
                                                            SeccompAction.NOTIFY,
                                                            calls.toArray(String[]::new)));
                            if (facts.kernel().compareTo(INTERRUPTED_BY_FATAL_SIGNALS_ONLY) >= 0) {
                                profile.flags(SeccompFlag.WAIT_KILLABLE_RECV);
                            }
                            return SeccompCompiler.compile(
                                    profile.build(),
                                    SeccompTarget.of(
                                            facts.architecture(),
                                            spec.confinement().capabilities(),
                                            facts.kernel()));
                        });
        return new Listening(sorted, program, channel);
    }

    String newId() {
        try (var memory = Memory.open()) {
            var bytes = memory.block(ID_BYTES);
            SystemCalls.check(
                    calls.retry(Syscall.GETRANDOM, bytes.address(), ID_BYTES, 0),
                    Syscall.GETRANDOM,
                    "…",
                    ID_BYTES,
                    0);
            return HexFormat.of().formatHex(bytes.get(0, ID_BYTES));
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("naming a container", e);
        }
    }

    /** Returns the name of a container's cgroup, in every hierarchy. */
    String cgroupName(ContainerSpec spec, String id) {
        if (spec.supervision() == ContainerSpec.Supervision.DETACHED) {
            return CgroupPlacing.name(id);
        }
        var known = owner;
        if (known == null) {
            known = CgroupOwner.own(calls);
            owner = known;
        }
        return known.name(id);
    }

    String newName() {
        return "pelagos-" + counter.incrementAndGet();
    }

    Leases leases() {
        return new Leases(this);
    }

    Snapshots snapshots() {
        return snapshots;
    }

    int nextScratch() {
        return scratchCounter.getAndIncrement();
    }

    /** Removes the writable layers that dead processes have left. */
    private void recoverScratch() {
        var files = new FileCalls(calls);
        for (var directory :
                new TreeSet<>(
                        List.of(
                                paths.scratch().overlayRoot(),
                                paths.runtimeDir(),
                                paths.scratchRoot()))) {
            if (!Files.isDirectory(directory)) {
                continue;
            }
            try {
                for (var removed : Scratch.recover(files, directory, this::removeMapped)) {
                    LOG.log(System.Logger.Level.DEBUG, "removed what was left in " + removed);
                }
            } catch (ErrnoException e) {
                LOG.log(System.Logger.Level.WARNING, "removing what was left in " + directory, e);
            }
        }
    }

    /** Removes what belongs to subordinate ids of this user, as far as that goes. */
    void removeMapped(Path tree) {
        userNamespaces()
                .mapping()
                .flatMap(mapping -> MappedRemoval.remove(calls(), poller(), mapping, tree))
                .ifPresent(
                        why ->
                                LOG.log(
                                        System.Logger.Level.DEBUG,
                                        "not removing " + tree + " in a user namespace: " + why));
    }

    /** Removes something that could not be removed when it was time, once this is closed. */
    void removeLater(AutoCloseable left) {
        leftBehind.add(left);
    }

    private void removeLeftBehind() {
        for (var left : leftBehind) {
            try {
                left.close();
            } catch (Exception e) {
                // It is marked as this JVM's: whoever opens Pelagos after that has ended removes
                // it.
                LOG.log(System.Logger.Level.WARNING, "removing what was left behind", e);
            }
        }
    }

    void add(RunningContainer container) {
        running.put(container.id(), container);
    }

    void remove(RunningContainer container) {
        running.remove(container.id());
    }

    List<RunningContainer> running() {
        return List.copyOf(running.values());
    }

    Fd pidfdOf(String id, Namespace namespace) {
        var container = running.get(id);
        var pidfd = container == null ? Optional.<Fd>empty() : container.copyPidfd();
        return pidfd.orElseThrow(
                () ->
                        new InvalidSpecException(
                                "join",
                                id,
                                "no container with this id runs here whose "
                                        + namespace.ociName()
                                        + " namespace could be entered"));
    }

    @Override
    public void close() {
        removeLeftBehind();
        cgroupParents.close();
        snapshots.close();
        idMappings.close();
        spareNetworks.close();
        launcher.close();
        ahead.close();
        reaper.close();
        poller.close();
    }
}
