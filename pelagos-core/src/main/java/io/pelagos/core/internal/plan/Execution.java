package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_SYMLINK_NOFOLLOW;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.CLOSE_RANGE;
import static io.pelagos.core.kernel.Syscall.DUP3;
import static io.pelagos.core.kernel.Syscall.EXECVE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.FCHDIR;
import static io.pelagos.core.kernel.Syscall.FCHOWNAT;
import static io.pelagos.core.kernel.Syscall.FCNTL;
import static io.pelagos.core.kernel.Syscall.GETPID;
import static io.pelagos.core.kernel.Syscall.MKDIRAT;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.spec.ListenSocket;
import io.pelagos.core.spec.ProcessSpec;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The working directory, the last descriptors, and the program itself. */
final class Execution {
    private static final int CLOSE_RANGE_CLOEXEC = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;

    /** {@code SD_LISTEN_FDS_START}. */
    private static final int FIRST = 3;

    private final LaunchInputs inputs;
    private final ProcessSpec process;

    Execution(LaunchInputs inputs) {
        this.inputs = inputs;
        process = inputs.spec().process();
    }

    /**
     * Closes every descriptor but the report pipe, the file of a label and, where the JVM is to
     * decide about system calls, the socket through which it will be asked to. It happens before
     * any path of the container's is looked at, because a path such as {@code /proc/self/fd/7/..}
     * is resolved before close-on-exec takes effect (CVE-2024-21626); a pipe, a file and a socket
     * lead nowhere.
     */
    void closeDescriptors(PlanBuilder plan, Labels labels) {
        plan.purpose("closing descriptors");
        int passed = process.descriptors().count();
        if (passed > 0) {
            passDescriptors(plan, passed, labels);
            return;
        }
        int report = inputs.channels().report();
        if (report > 3) {
            plan.call(CLOSE_RANGE, 3, report - 1, 0);
        }
        var listening = inputs.opened().listening();
        int kept = listening == null ? report : listening.channel();
        if (kept > report + 1) {
            plan.call(CLOSE_RANGE, report + 1, kept - 1, 0);
        }
        if (labels.any()) {
            labels.keep(plan);
            plan.call(CLOSE_RANGE, labels.end(), 0xffffffffL, 0);
            if (labels.number() > kept + 1) {
                plan.call(CLOSE_RANGE, kept + 1, labels.number() - 1, 0);
            }
        } else {
            plan.call(CLOSE_RANGE, kept + 1, 0xffffffffL, 0);
        }
        plan.call(CLOSE_RANGE, report, report, CLOSE_RANGE_CLOEXEC);
    }

    /**
     * Closes what is not kept when the program gets descriptors of its own, and gives these their
     * numbers. They are the first behind the channels, so that each moves to a lower number which
     * is free by then; the report pipe, which is in their way, goes behind all others.
     */
    private void passDescriptors(PlanBuilder plan, int passed, Labels labels) {
        int end = inputs.channels().end();
        if (labels.any()) {
            labels.keep(plan);
            plan.call(CLOSE_RANGE, labels.end(), 0xffffffffL, 0);
            plan.call(CLOSE_RANGE, end, labels.number() - 1, 0);
        } else {
            plan.call(CLOSE_RANGE, end, 0xffffffffL, 0);
        }
        plan.call(FCNTL, inputs.channels().report(), F_DUPFD_CLOEXEC, end);
        reportTo(plan, end);
        plan.purpose("passing descriptors to the program");
        for (int i = 0; i < passed; i++) {
            plan.call(DUP3, inputs.channels().other(i), FIRST + i, 0);
        }
        plan.purpose("closing descriptors");
        var listening = inputs.opened().listening();
        int from = FIRST + passed;
        if (listening != null) {
            plan.call(CLOSE_RANGE, from, listening.channel() - 1, 0);
            from = listening.channel() + 1;
        }
        if (from < end) {
            plan.call(CLOSE_RANGE, from, end - 1, 0);
        }
    }

    /** Has failures reported to another descriptor from here on. */
    private static void reportTo(PlanBuilder plan, int report) {
        var failed = new Label();
        var go = new Label();
        plan.jump(go);
        plan.purpose("reporting a failure");
        plan.onError(new Label());
        plan.here(failed);
        plan.call(WRITE, report, new Pointer(LaunchPlan.FAILURE, "{step, errno}"), 8);
        plan.call(EXIT_GROUP, 127);
        plan.here(go);
        plan.onError(failed);
    }

    /** Returns the report pipe's number once the other descriptors are closed. */
    int report() {
        return process.descriptors().count() == 0
                ? inputs.channels().report()
                : inputs.channels().end();
    }

    /** Goes to the working directory; when it is missing it is made for the user. */
    void enterWorkingDirectory(PlanBuilder plan) {
        if (process.cwd().equals("/")) {
            return;
        }
        var directory = requireWorkingDirectory(plan);
        plan.call(FCHDIR, directory);
        plan.call(CLOSE, directory);
    }

    /** Opens the working directory; when it is missing it is made for the user. */
    Slot requireWorkingDirectory(PlanBuilder plan) {
        plan.purpose("entering the working directory " + process.cwd());
        var directory = plan.slot(process.cwd());
        var found = new Label();
        var missing = new Label();
        var create = new Label();
        Targets.open(plan, process.cwd(), directory, true).orElse(missing);
        plan.jump(found);
        plan.here(missing);
        plan.whenErrno(Errno.ENOENT, create);
        plan.jump(plan.onError());
        plan.here(create);
        int slash = process.cwd().lastIndexOf('/');
        if (slash > 0) {
            Targets.ensure(plan, process.cwd().substring(0, slash), Targets.Kind.DIRECTORY, true);
        }
        var parent = Targets.openParent(plan, process.cwd(), true);
        var name = process.cwd().substring(slash + 1);
        plan.call(MKDIRAT, parent, name, 0755);
        plan.call(
                FCHOWNAT,
                parent,
                name,
                inputs.identity().uid(),
                inputs.identity().gid(),
                AT_SYMLINK_NOFOLLOW);
        plan.call(CLOSE, parent);
        Targets.open(plan, process.cwd(), directory, true);
        plan.here(found);
        return directory;
    }

    /** Executes the program; a name without a slash is looked for in {@code PATH}. */
    void execute(PlanBuilder plan) {
        var program = process.command().getFirst();
        plan.purpose("executing " + program);
        var arguments = plan.strings(process.command());
        var environment =
                plan.strings(
                        environment().entrySet().stream()
                                .map(e -> e.getKey() + "=" + e.getValue())
                                .toList());
        if (program.contains("/")) {
            plan.call(EXECVE, program, arguments, environment);
            return;
        }
        search(plan, program, arguments, environment);
    }

    private Map<String, String> environment() {
        var all = new LinkedHashMap<String, String>(process.environment());
        all.putIfAbsent("HOME", inputs.identity().home());
        var sockets = process.descriptors().listening();
        if (!sockets.isEmpty()) {
            all.put("LISTEN_FDS", Integer.toString(sockets.size()));
            all.put("LISTEN_PID", inputs.spec().init() ? "2" : "1");
            all.put(
                    "LISTEN_FDNAMES",
                    sockets.stream().map(ListenSocket::name).collect(Collectors.joining(":")));
        }
        return all;
    }

    /**
     * Tries each directory as execvp(3) does: what is missing or not allowed is passed over, and
     * "not allowed" is reported in the end when it was met and nothing was found.
     */
    private void search(PlanBuilder plan, String program, Pointer arguments, Pointer environment) {
        var denied = plan.slot("denied");
        for (var directory : searchPath(process.environment().getOrDefault("PATH", ""))) {
            var failed = new Label();
            var remember = new Label();
            var next = new Label();
            plan.call(EXECVE, directory + "/" + program, arguments, environment).orElse(failed);
            plan.here(failed);
            plan.whenErrno(Errno.ENOENT, next);
            plan.whenErrno(Errno.ENOTDIR, next);
            plan.whenErrno(Errno.EACCES, remember);
            plan.jump(plan.onError());
            plan.here(remember);
            // Any call that gives a number but zero marks that something was met.
            plan.call(GETPID).into(denied);
            plan.here(next);
        }
        plan.whenResult(denied, 0, plan.onError());
        // A directory is what cannot be executed for want of permission: EACCES, as was met.
        plan.call(EXECVE, "/", arguments, environment);
    }

    /** Splits a search path; an empty element is the working directory. */
    static List<String> searchPath(String path) {
        var directories = new LinkedHashSet<String>();
        for (var element : path.split(":", -1)) {
            directories.add(element.isEmpty() ? "." : element);
        }
        return List.copyOf(directories);
    }
}
