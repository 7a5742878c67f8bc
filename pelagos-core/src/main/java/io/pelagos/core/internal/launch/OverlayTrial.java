package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.AtFlag.AT_REMOVEDIR;
import static io.pelagos.core.kernel.MountFlag.MS_PRIVATE;
import static io.pelagos.core.kernel.MountFlag.MS_REC;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Syscall.CHDIR;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.MKDIRAT;
import static io.pelagos.core.kernel.Syscall.MOUNT;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.RENAMEAT2;
import static io.pelagos.core.kernel.Syscall.UNLINKAT;
import static io.pelagos.core.kernel.Syscall.UNSHARE;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.MappedProcess.Told;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.kernel.CloneFlag;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.MountFlag;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SystemCalls;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Tries whether the kernel's overlayfs does what a container needs of it, in a process of its own
 * with namespaces as a container has them: a file is copied up, one is deleted, a directory is
 * replaced by an empty one, a file gets another name. All of it is done in directories that the
 * caller has made for it, and the mount ends with the process.
 */
public final class OverlayTrial {
    /** The directory of the layer below. */
    public static final String LOWER = "lower";

    /** The directory of the writable layer. */
    public static final String UPPER = "upper";

    /** The directory that overlayfs works in. */
    public static final String WORK = "work";

    /** Where the overlay is mounted. */
    public static final String MERGED = "merged";

    /** The layers of the container are below too, and nothing of them has such a name. */
    private static final String PREFIX = ".pelagos-overlay-trial-";

    /** A file of the layer below that is changed. */
    public static final String CHANGED = PREFIX + "changed";

    /** A file of the layer below that is deleted. */
    public static final String DELETED = PREFIX + "deleted";

    /** A directory of the layer below that is replaced. */
    public static final String REPLACED = PREFIX + "replaced";

    /** The only file in that. */
    public static final String HIDDEN = REPLACED + "/hidden";

    private static final String MOUNT_NAMESPACE = "making a mount namespace";
    private static final String USER_NAMESPACE = "making a user namespace";

    /** What fails for other reasons than overlayfs. */
    private static final List<String> NAMESPACES =
            List.of(MOUNT_NAMESPACE, USER_NAMESPACE, MappedProcess.ROOT);

    private OverlayTrial() {}

    /**
     * What is tried.
     *
     * @param directory holds {@value #LOWER} with the three files, and empty {@value #UPPER},
     *     {@value #WORK} and {@value #MERGED}
     * @param more names in there of directories that are stacked below
     * @param userXattr whether the notes of overlayfs are attributes of the user namespace
     * @param mapping makes the process root of a user namespace of its own, by writing its ids;
     *     null when the container has none
     */
    public record Setup(
            String directory, List<String> more, boolean userXattr, @Nullable IntConsumer mapping) {
        /** Copies the list. */
        public Setup {
            more = List.copyOf(more);
        }
    }

    /**
     * Tries.
     *
     * @return what fails: the purpose, the call and its error; empty when everything works, and
     *     when it did not come to that for want of a namespace, as the start itself will tell
     */
    public static Optional<String> failure(SystemCalls calls, Poller poller, Setup setup) {
        try (var process =
                MappedProcess.start(calls, poller, "a trial of overlayfs", plan(calls, setup))) {
            if (setup.mapping() != null) {
                var first = process.told();
                if (!(first instanceof Told.Done)) {
                    return failure(first);
                }
                process.map(setup.mapping());
            }
            return failure(process.told());
        }
    }

    private static Optional<String> failure(Told told) {
        return switch (told) {
            case Told.Done() -> Optional.empty();
            case Told.Failed failed when NAMESPACES.contains(failed.step().purpose()) ->
                    Optional.empty();
            case Told.Failed failed -> Optional.of(failed.toString());
            case Told.Ended() -> Optional.of("the process that tried it was killed");
        };
    }

    private static LaunchPlan plan(SystemCalls calls, Setup setup) {
        return MappedProcess.plan(
                calls,
                plan -> {
                    if (setup.mapping() == null) {
                        plan.purpose(MOUNT_NAMESPACE);
                        plan.call(UNSHARE, CloneFlag.CLONE_NEWNS);
                    } else {
                        MappedProcess.enter(
                                plan,
                                USER_NAMESPACE,
                                Constant.flags(CloneFlag.CLONE_NEWUSER, CloneFlag.CLONE_NEWNS));
                    }
                    plan.call(MOUNT, null, "/", null, Constant.flags(MS_REC, MS_PRIVATE), null);
                    mount(plan, setup);
                    use(plan);
                    MappedProcess.tell(plan);
                    plan.call(EXIT_GROUP, 0);
                });
    }

    /** As {@code OverlayRoot} does it. */
    private static void mount(PlanBuilder plan, Setup setup) {
        plan.purpose("mounting an overlay");
        plan.call(CHDIR, setup.directory());
        var options = new StringBuilder("lowerdir=" + LOWER);
        setup.more().forEach(layer -> options.append(':').append(layer));
        options.append(",upperdir=" + UPPER + ",workdir=" + WORK)
                .append(",metacopy=off,redirect_dir=nofollow,index=off")
                .append(setup.userXattr() ? ",userxattr" : "");
        plan.call(MOUNT, "overlay", MERGED, "overlay", MountFlag.MS_NODEV, options.toString());
        plan.call(CHDIR, MERGED);
    }

    private static void use(PlanBuilder plan) {
        plan.purpose("changing a file of a layer below");
        var file = plan.slot("file");
        plan.call(OPENAT, AT_FDCWD, CHANGED, Constant.flags(O_WRONLY, O_CLOEXEC), 0).into(file);
        plan.call(WRITE, file, "x", 1);
        plan.call(CLOSE, file);
        plan.purpose("deleting a file of a layer below");
        plan.call(UNLINKAT, AT_FDCWD, DELETED, 0);
        plan.purpose("replacing a directory of a layer below");
        plan.call(UNLINKAT, AT_FDCWD, HIDDEN, 0);
        plan.call(UNLINKAT, AT_FDCWD, REPLACED, AT_REMOVEDIR);
        plan.call(MKDIRAT, AT_FDCWD, REPLACED, 0700);
        var hidden = new Label();
        plan.call(OPENAT, AT_FDCWD, HIDDEN, Constant.flags(O_RDONLY, O_CLOEXEC), 0).orElse(hidden);
        // It still shows what was deleted. No directory can be opened for writing: EISDIR.
        plan.call(OPENAT, AT_FDCWD, REPLACED, O_WRONLY, 0);
        plan.here(hidden);
        plan.purpose("renaming a file of a layer below");
        plan.call(RENAMEAT2, AT_FDCWD, CHANGED, AT_FDCWD, DELETED, 0);
    }
}
