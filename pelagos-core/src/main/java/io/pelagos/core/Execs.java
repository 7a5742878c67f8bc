package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupException;
import io.pelagos.core.internal.cgroup.ContainerCgroup;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.RootSpec;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The door to a running container for further processes: it stays open while one of them is being
 * started, and nobody passes once the container has begun to end. So no process enters a cgroup
 * that is being removed, and no descriptor of the container is closed while it is needed.
 */
final class Execs {
    private static final System.Logger LOG = System.getLogger(Execs.class.getName());

    /** How long a start may take before something is in its way. */
    private static final Duration PATIENCE = Duration.ofMillis(100);

    private final Target target;
    private final Runnable idle;
    private final Set<RunningExec> running = ConcurrentHashMap.newKeySet();
    private final ReentrantReadWriteLock door = new ReentrantReadWriteLock();
    private volatile boolean ended;
    private volatile boolean paused;

    /**
     * What is known of a running container, whoever has started it.
     *
     * @param engine what its processes share
     * @param spec what it was made of
     * @param id identifies it
     * @param name its name, for messages
     * @param pid its first process
     * @param pidfd refers to that; whoever made this keeps it open until {@link #end}
     * @param cgroup its cgroups, open as long; or null when it has none
     * @param handlers who decides about its system calls
     * @param hidden what its root is made of, when nobody but its own users may look into it; or
     *     null
     */
    record Target(
            Engine engine,
            ContainerSpec spec,
            String id,
            String name,
            int pid,
            Fd pidfd,
            @Nullable ContainerCgroup cgroup,
            Map<String, SyscallHandler> handlers,
            RootSpec.@Nullable Layers hidden) {}

    /** For a container that this JVM has started, which says when it ends. */
    Execs(Target target) {
        this(target, () -> {});
    }

    /**
     * For one process in a container that another JVM may have started.
     *
     * @param idle closes what the target holds; called when the process has ended, or cannot be
     *     started
     */
    Execs(Target target, Runnable idle) {
        this.target = target;
        this.idle = idle;
    }

    /** Says that no process was started, or that it has ended. */
    void release() {
        if (running.isEmpty()) {
            idle.run();
        }
    }

    Target target() {
        return target;
    }

    /** Does something that needs the container to be there. */
    <T> T enter(Supplier<T> action) {
        door.readLock().lock();
        try {
            if (ended) {
                throw new IllegalStateException("the container " + target.name() + " has ended");
            }
            return action.get();
        } finally {
            door.readLock().unlock();
        }
    }

    /** Refuses to start what would be frozen before it has become what it should be. */
    void requireNotPaused() {
        if (paused) {
            throw new IllegalStateException(
                    "the container " + target.name() + " is paused: resume it first");
        }
    }

    void pause(boolean frozen) {
        paused = frozen;
    }

    void add(RunningExec exec) {
        running.add(exec);
    }

    void remove(RunningExec exec) {
        running.remove(exec);
        release();
    }

    /**
     * Closes the door, after those who are just passing, and ends what has come in. That happens by
     * itself with the container's PID namespace; without one, what the container has left behind
     * might have stopped a process that is just coming in, and is killed with it.
     */
    void end() {
        ended = true;
        while (!lockDoor()) {
            killCgroup();
        }
        door.writeLock().unlock();
        running.forEach(RunningExec::kill);
    }

    private boolean lockDoor() {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return door.writeLock().tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void killCgroup() {
        var cgroup = target.cgroup();
        if (cgroup != null && !target.spec().creates(Namespace.PID)) {
            try {
                cgroup.kill();
            } catch (CgroupException | ErrnoException e) {
                LOG.log(System.Logger.Level.WARNING, "killing what " + target.name() + " left", e);
            }
        }
    }

    /** Waits for the last process, when the container has ended and they with it. */
    void awaitEnd() {
        running.forEach(RunningExec::awaitGone);
    }
}
