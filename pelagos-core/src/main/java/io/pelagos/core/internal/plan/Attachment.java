package io.pelagos.core.internal.plan;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import java.util.function.BiConsumer;

/**
 * Something that is mounted into a container, in two halves: opened before the root is changed,
 * attached after it.
 *
 * @param purpose what it is for
 * @param target a normalized path inside the container
 * @param kind what is made when the target is missing
 * @param followLinks whether symbolic links on the way to the target are followed
 * @param propagates whether mounts are to spread between the host and the container, so that the
 *     source must be opened while it still belongs to the host's peer group
 * @param source opens or makes what is mounted
 */
record Attachment(
        String purpose,
        String target,
        Targets.Kind kind,
        boolean followLinks,
        boolean propagates,
        Source source) {
    Attachment(
            String purpose, String target, Targets.Kind kind, boolean followLinks, Source source) {
        this(purpose, target, kind, followLinks, false, source);
    }

    /** Opens or makes a mount that is mounted nowhere yet. */
    @FunctionalInterface
    interface Source {
        /** Adds the steps and returns where the descriptor of the mount will be. */
        Slot open(PlanBuilder plan);
    }

    /** Returns the same with something done to the mount before it is mounted anywhere. */
    Attachment with(BiConsumer<PlanBuilder, Slot> more) {
        return new Attachment(
                purpose,
                target,
                kind,
                followLinks,
                propagates,
                plan -> {
                    var mount = source.open(plan);
                    more.accept(plan, mount);
                    return mount;
                });
    }

    /** Tells whether this lies below another in the container. */
    boolean isBelow(Attachment other) {
        return target.startsWith(other.target + "/");
    }
}
