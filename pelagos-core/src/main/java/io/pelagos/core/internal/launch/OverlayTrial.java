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
import static io.pelagos.core.kernel.Syscall.CLOSE_RANGE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.MKDIRAT;
import static io.pelagos.core.kernel.Syscall.MOUNT;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.READ;
import static io.pelagos.core.kernel.Syscall.RENAMEAT2;
import static io.pelagos.core.kernel.Syscall.SETGID;
import static io.pelagos.core.kernel.Syscall.SETUID;
import static io.pelagos.core.kernel.Syscall.UNLINKAT;
import static io.pelagos.core.kernel.Syscall.UNSHARE;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.kernel.CloneFlag;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.MountFlag;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.kernel.WaitFlag;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
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

    /** Where its only descriptor is. */
    private static final int CONTROL = 3;

    private static final int RECORD_SIZE = 8;

    private static final String MOUNT_NAMESPACE = "making a mount namespace";
    private static final String USER_NAMESPACE = "making a user namespace";
    private static final String ROOT = "becoming root of the user namespace";

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
        var plan = plan(calls, setup);
        int pid;
        Fd control;
        try (var pair = calls.socketpair("the way to a trial of overlayfs");
                var given = Given.of(calls, List.of(pair.second().number()), CONTROL)) {
            pid = calls.kernel().launch(plan, given.request());
            control = pair.first().moved();
        }
        try (control) {
            var first = record(plan, calls, poller, control);
            if (!first.done() || setup.mapping() == null) {
                return first.failure();
            }
            setup.mapping().accept(pid);
            calls.write(control.number(), new byte[] {1}, 0, 1);
            return record(plan, calls, poller, control).failure();
        } finally {
            calls.waitid(WaitFlag.P_PID, pid);
        }
    }

    /** What the process has told. */
    private record Told(boolean done, Optional<String> failure) {
        static Told failed(String how) {
            return new Told(false, Optional.of(how));
        }
    }

    private static Told record(LaunchPlan plan, SystemCalls calls, Poller poller, Fd control) {
        try {
            poller.awaitReadable(control);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while overlayfs is tried", e);
        } catch (ClosedChannelException e) {
            throw new IllegalStateException("closed while overlayfs is tried", e);
        }
        var bytes = new byte[RECORD_SIZE];
        if (calls.read(control.number(), bytes, 0, RECORD_SIZE) < RECORD_SIZE) {
            return Told.failed("the process that tried it was killed");
        }
        var fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (fields.getInt(0) == 0) {
            return new Told(true, Optional.empty());
        }
        var step = plan.steps().get(plan.indexOf(fields.getInt(0)));
        if (List.of(MOUNT_NAMESPACE, USER_NAMESPACE, ROOT).contains(step.purpose())) {
            return new Told(false, Optional.empty());
        }
        return Told.failed(step.purpose() + ": " + step + ": " + Errno.of(fields.getInt(4)));
    }

    private static LaunchPlan plan(SystemCalls calls, Setup setup) {
        var plan = new PlanBuilder(calls.kernel().architecture());
        var failed = plan.onError();
        var done = plan.longs("{done}", 0);
        plan.purpose("closing inherited descriptors");
        plan.call(CLOSE_RANGE, 0, CONTROL - 1, 0);
        plan.call(CLOSE_RANGE, CONTROL + 1, 0xffffffffL, 0);
        if (setup.mapping() == null) {
            plan.purpose(MOUNT_NAMESPACE);
            plan.call(UNSHARE, CloneFlag.CLONE_NEWNS);
        } else {
            plan.purpose(USER_NAMESPACE);
            plan.call(UNSHARE, Constant.flags(CloneFlag.CLONE_NEWUSER, CloneFlag.CLONE_NEWNS));
            plan.call(WRITE, CONTROL, done, RECORD_SIZE);
            plan.purpose("waiting for the JVM");
            var count = plan.slot("count");
            var mapped = new Label();
            plan.call(READ, CONTROL, plan.space("word", 8), 1).into(count);
            plan.whenResult(count, 1, mapped);
            plan.call(EXIT_GROUP, 1);
            plan.here(mapped);
            plan.purpose(ROOT);
            plan.call(SETGID, 0);
            plan.call(SETUID, 0);
        }
        plan.call(MOUNT, null, "/", null, Constant.flags(MS_REC, MS_PRIVATE), null);
        mount(plan, setup);
        use(plan);
        plan.call(WRITE, CONTROL, done, RECORD_SIZE);
        plan.call(EXIT_GROUP, 0);
        plan.purpose("reporting a failure");
        plan.onError(new Label());
        plan.here(failed);
        plan.call(WRITE, CONTROL, new Pointer(LaunchPlan.FAILURE, "{step, errno}"), RECORD_SIZE);
        plan.call(EXIT_GROUP, 1);
        return plan.build();
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
