package io.pelagos.core;

import io.pelagos.core.internal.launch.NamespaceHolder;
import io.pelagos.core.internal.plan.HostFacts;
import io.pelagos.core.internal.plan.IdMappedMounts;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.KernelVersion;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.IdMapping;
import io.pelagos.core.spec.RootSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The user namespaces by whose ranges mounts show other owners. The kernel takes a mapping from
 * nothing else; nobody is ever in them. The last few are kept, because making one takes a process,
 * and one container is most often like another.
 */
final class IdMappings implements AutoCloseable {
    private static final int KEPT = 8;
    private static final int F_DUPFD_CLOEXEC = 1030;

    /** The first version in which layers given one by one can be mapped. */
    private static final KernelVersion MAPPED_LAYERS = new KernelVersion(6, 5);

    private final SystemCalls calls;
    private final Poller poller;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by the lock; in the order of the last use. */
    private final LinkedHashMap<IdMapping, Fd> namespaces = new LinkedHashMap<>(16, 0.75f, true);

    IdMappings(SystemCalls calls, Poller poller) {
        this.calls = calls;
        this.poller = poller;
    }

    /** Tells whether the kernel takes layers whose ids are mapped. */
    static boolean takesLayers(HostFacts facts) {
        return facts.kernel().atLeast(MAPPED_LAYERS);
    }

    /** Refuses what this JVM or this kernel cannot do. */
    static void requirePossible(Engine engine, ContainerSpec spec) {
        if (IdMappedMounts.needed(spec).isEmpty()) {
            return;
        }
        if (!engine.facts().effective().contains(Capability.SYS_ADMIN)) {
            throw new UnsupportedHostException(
                    "mapping the ids of mounts takes CAP_SYS_ADMIN over their file systems, which"
                            + " this JVM does not have: run as root, or leave idMapped and give the"
                            + " files to ids of the container (chown, or podman unshare chown)");
        }
        if (spec.root() instanceof RootSpec.Layers layers
                && layers.idMapped()
                && !takesLayers(engine.facts())) {
            throw new UnsupportedHostException(
                    "mapping the ids of layers takes Linux "
                            + MAPPED_LAYERS
                            + ", and this is "
                            + engine.facts().kernel()
                            + ": give the files of the layers to ids of the container");
        }
    }

    /**
     * Opens the namespaces that a container needs.
     *
     * @param spec what is to be started
     * @return in the order of {@link IdMappedMounts#needed}; the caller closes them
     */
    List<Fd> open(ContainerSpec spec) {
        var opened = new ArrayList<Fd>();
        try {
            for (var mapping : IdMappedMounts.needed(spec)) {
                opened.add(open(mapping));
            }
            return opened;
        } catch (ErrnoException e) {
            opened.forEach(Fd::close);
            throw SyscallFailedException.of("making a user namespace to map ids", e);
        } catch (RuntimeException e) {
            opened.forEach(Fd::close);
            throw e;
        }
    }

    private Fd open(IdMapping mapping) {
        lock.lock();
        try {
            var namespace = namespaces.get(mapping);
            if (namespace == null) {
                namespace =
                        NamespaceHolder.make(
                                calls,
                                poller,
                                pid ->
                                        UserNamespaces.writeOwn(
                                                calls, pid, mapping.users(), mapping.groups()));
                namespaces.put(mapping, namespace);
                if (namespaces.size() > KEPT) {
                    namespaces.pollFirstEntry().getValue().close();
                }
            }
            return Fd.of(
                    calls.kernel(),
                    calls.fcntl(namespace.number(), F_DUPFD_CLOEXEC, 3),
                    "a user namespace to map ids");
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            namespaces.values().forEach(Fd::close);
            namespaces.clear();
        } finally {
            lock.unlock();
        }
    }
}
