package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_IN_ROOT;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_MAGICLINKS;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_SYMLINKS;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.MKDIRAT;
import static io.pelagos.core.kernel.Syscall.MKNODAT;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.OPENAT2;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.internal.launch.PlanBuilder.Struct;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;

/**
 * Finds places inside the container, after the root was changed.
 *
 * <p>Every lookup is an openat2(2) that takes the container's root for the root and refuses the
 * magic links of procfs, through which a descriptor of the helper could be reached
 * (CVE-2024-21626). Where the file systems of the kernel go, no symbolic link is followed at all,
 * so that nothing can stand between the container and its masks (CVE-2019-16884, CVE-2019-19921).
 */
final class Targets {
    private static final int OPEN_HOW_SIZE = 24;
    private static final int S_IFREG = 0100000;

    /** What is made when a target is missing. */
    enum Kind {
        DIRECTORY,
        FILE
    }

    private static final Constant PLACE = Constant.flags(O_PATH, O_CLOEXEC);
    private static final Constant DIRECTORY = Constant.flags(O_PATH, O_DIRECTORY, O_CLOEXEC);
    private static final Constant INSIDE = Constant.flags(RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS);
    private static final Constant WITHOUT_LINKS =
            Constant.flags(RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS);

    private static final Struct OPEN_PLACE = openHow(PLACE, INSIDE);
    private static final Struct OPEN_PLACE_WITHOUT_LINKS = openHow(PLACE, WITHOUT_LINKS);
    private static final Struct OPEN_DIRECTORY = openHow(DIRECTORY, INSIDE);
    private static final Struct OPEN_DIRECTORY_WITHOUT_LINKS = openHow(DIRECTORY, WITHOUT_LINKS);

    private Targets() {}

    /** {@code struct open_how { __u64 flags, mode, resolve; }}, see openat2(2). */
    private static Struct openHow(Constant flags, Constant resolve) {
        return Struct.of("{" + flags.name() + ", 0, " + resolve.name() + "}", flags, 0, resolve);
    }

    /** Opens a place by an {@code O_PATH} descriptor. */
    static PlanBuilder.Added open(PlanBuilder plan, String path, Slot into, boolean followLinks) {
        return open(plan, AT_FDCWD, path, into, followLinks, placeHow(followLinks));
    }

    /** Opens the root, for lookups when the working directory is another one. */
    static Slot openRoot(PlanBuilder plan) {
        var root = plan.slot("/");
        plan.call(OPENAT, AT_FDCWD, "/", DIRECTORY, 0).into(root);
        return root;
    }

    /** Opens a place by an {@code O_PATH} descriptor, taking a directory for the root. */
    static PlanBuilder.Added open(
            PlanBuilder plan, Slot root, String path, Slot into, boolean followLinks) {
        return open(plan, root, path, into, followLinks, placeHow(followLinks));
    }

    /** Opens a place by an {@code O_PATH} descriptor when it is a directory. */
    static PlanBuilder.Added openDirectory(
            PlanBuilder plan, String path, Slot into, boolean followLinks) {
        return open(
                plan,
                AT_FDCWD,
                path,
                into,
                followLinks,
                followLinks ? OPEN_DIRECTORY : OPEN_DIRECTORY_WITHOUT_LINKS);
    }

    private static Struct placeHow(boolean followLinks) {
        return followLinks ? OPEN_PLACE : OPEN_PLACE_WITHOUT_LINKS;
    }

    private static PlanBuilder.Added open(
            PlanBuilder plan,
            Object root,
            String path,
            Slot into,
            boolean followLinks,
            Struct how) {
        var again = new Label();
        plan.here(again);
        var lookup = plan.call(OPENAT2, root, path, how, OPEN_HOW_SIZE).into(into);
        return followLinks ? repeatedWhenRenamed(plan, lookup, again) : lookup;
    }

    /**
     * Repeats a lookup that met {@code ..} in a link while, anywhere on the machine, something was
     * renamed or mounted: openat2(2) then gives EAGAIN, since it cannot tell whether the path has
     * left the root.
     */
    private static PlanBuilder.Added repeatedWhenRenamed(
            PlanBuilder plan, PlanBuilder.Added lookup, Label again) {
        var failed = new Label();
        var opened = new Label();
        lookup.orElse(failed);
        plan.jump(opened);
        plan.here(failed);
        plan.whenErrno(Errno.EAGAIN, again);
        var otherwise = plan.jump(plan.onError());
        plan.here(opened);
        return otherwise;
    }

    /** Opens a place, after making it when it is missing. */
    static Slot require(PlanBuilder plan, String path, Kind kind, boolean followLinks) {
        var target = plan.slot(path);
        var found = new Label();
        var missing = new Label();
        var create = new Label();
        open(plan, path, target, followLinks).orElse(missing);
        plan.jump(found);
        plan.here(missing);
        plan.whenErrno(Errno.ENOENT, create);
        plan.jump(plan.onError());
        plan.here(create);
        create(plan, path, kind, followLinks);
        open(plan, path, target, followLinks);
        plan.here(found);
        return target;
    }

    /** Makes a place when it is missing. */
    static void ensure(PlanBuilder plan, String path, Kind kind, boolean followLinks) {
        plan.call(CLOSE, require(plan, path, kind, followLinks));
    }

    private static void create(PlanBuilder plan, String path, Kind kind, boolean followLinks) {
        for (int end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
            makeEntry(plan, path.substring(0, end), Kind.DIRECTORY, followLinks);
        }
        makeEntry(plan, path, kind, followLinks);
    }

    private static void makeEntry(PlanBuilder plan, String path, Kind kind, boolean followLinks) {
        var parent = openParent(plan, path, followLinks);
        var name = path.substring(path.lastIndexOf('/') + 1);
        var added =
                switch (kind) {
                    case DIRECTORY -> plan.call(MKDIRAT, parent, name, 0755);
                    case FILE -> plan.call(MKNODAT, parent, name, S_IFREG | 0644, 0);
                };
        added.tolerate(Errno.EEXIST);
        plan.call(CLOSE, parent);
    }

    /** Opens the directory that holds a place. */
    static Slot openParent(PlanBuilder plan, String path, boolean followLinks) {
        var directory = path.lastIndexOf('/') == 0 ? "/" : path.substring(0, path.lastIndexOf('/'));
        var parent = plan.slot(directory);
        open(plan, directory, parent, followLinks);
        return parent;
    }
}
