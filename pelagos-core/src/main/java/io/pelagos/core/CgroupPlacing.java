package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupCreation;
import io.pelagos.core.internal.cgroup.ContainerCgroup;
import io.pelagos.core.internal.launch.Cleanup;
import io.pelagos.core.internal.launch.Launcher;
import io.pelagos.core.internal.plan.LaunchInputs;
import io.pelagos.core.kernel.Fd;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the cgroups of one container during its launch. */
final class CgroupPlacing implements Launcher.Placing {
    private final CgroupCreation creation;
    private @Nullable ContainerCgroup cgroup;
    private long nanos;

    CgroupPlacing(CgroupCreation creation) {
        this.creation = creation;
    }

    /** What the plan has to know. */
    LaunchInputs.Placement placement() {
        return new LaunchInputs.Placement(true, creation.expectedJoins());
    }

    /** Which files count how often limits of memory are met. */
    List<String> memoryEvents() {
        return creation.expectedMemoryEvents();
    }

    /** Which directories on the way to its parent will be made for its sake. */
    List<String> parents() {
        return creation.expectedParents();
    }

    /** What the helper removes when the JVM does not. */
    Cleanup cleanup() {
        return new Cleanup(
                creation.expectedUnified().orElse(null),
                creation.expectedHolders(),
                creation.expectedParents());
    }

    /** Returns the name of a detached container's cgroup, in every hierarchy. */
    static String name(String id) {
        return CgroupOwner.PREFIX + id;
    }

    @Override
    public Optional<Fd> make() {
        long before = System.nanoTime();
        try {
            return creation.makeUnified();
        } finally {
            nanos += System.nanoTime() - before;
        }
    }

    @Override
    public List<Fd> complete() {
        long before = System.nanoTime();
        try {
            cgroup = creation.complete();
            return cgroup.openJoinFiles();
        } finally {
            nanos += System.nanoTime() - before;
        }
    }

    /** Returns what was made; null before. */
    @Nullable ContainerCgroup cgroup() {
        return cgroup;
    }

    /** Returns how long it took, in nanoseconds. */
    long nanos() {
        return nanos;
    }

    /** Removes what was made. */
    void undo() {
        if (cgroup != null) {
            cgroup.remove();
        } else {
            creation.undo();
        }
    }
}
