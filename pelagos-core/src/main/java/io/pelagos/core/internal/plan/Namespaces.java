package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.IOCTL;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.SETDOMAINNAME;
import static io.pelagos.core.kernel.Syscall.SETGID;
import static io.pelagos.core.kernel.Syscall.SETHOSTNAME;
import static io.pelagos.core.kernel.Syscall.SETNS;
import static io.pelagos.core.kernel.Syscall.SETUID;
import static io.pelagos.core.kernel.Syscall.SOCKET;
import static io.pelagos.core.kernel.Syscall.UNSHARE;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.kernel.CloneFlag;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Namespace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The namespaces of a container: those made with its first process, and those entered. */
final class Namespaces {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int SIOCSIFFLAGS = 0x8914;
    private static final short IFF_UP = 1;
    private static final int IFREQ_SIZE = 40;
    private static final int IFNAMSIZ = 16;

    /**
     * Made by clone3 itself. A cgroup namespace is made later, in the cgroup; a time one before.
     */
    private static final List<Namespace> CLONED =
            List.of(
                    Namespace.USER,
                    Namespace.PID,
                    Namespace.MOUNT,
                    Namespace.UTS,
                    Namespace.IPC,
                    Namespace.NETWORK);

    /** Entered by the first process itself. */
    private static final List<Namespace> ENTERED =
            List.of(
                    Namespace.CGROUP,
                    Namespace.IPC,
                    Namespace.UTS,
                    Namespace.NETWORK,
                    Namespace.MOUNT);

    private final LaunchInputs inputs;
    private final ContainerSpec spec;
    private final PlanBuilder.Text hostname;

    Namespaces(LaunchInputs inputs, PlanBuilder.Text hostname) {
        this.inputs = inputs;
        this.hostname = hostname;
        this.spec = inputs.spec();
    }

    /** The flags of clone3. */
    Constant cloneFlags() {
        var flags = new ArrayList<Constant>();
        for (var namespace : CLONED) {
            if (spec.creates(namespace) && !inputs.opened().joined().containsKey(namespace)) {
                flags.add(namespace.cloneFlag());
            }
        }
        return Constant.flags(flags.toArray(Constant[]::new));
    }

    /** What the helper does before it makes the first process: these concern children only. */
    void prepare(PlanBuilder plan) {
        // A user namespace first: it gives the right to enter those that it owns, and what is made
        // from here on is owned by it.
        enter(plan, Namespace.USER);
        enter(plan, Namespace.PID);
        enter(plan, Namespace.TIME);
        if (spec.creates(Namespace.TIME)) {
            plan.purpose("making a time namespace");
            plan.call(UNSHARE, CloneFlag.CLONE_NEWTIME);
            var offsets =
                    offset("monotonic", spec.clocks().monotonic())
                            + offset("boottime", spec.clocks().boottime());
            if (!spec.clocks().isNone()) {
                write(plan, "/proc/self/timens_offsets", offsets);
            }
        }
    }

    private static String offset(String clock, Duration offset) {
        return clock + " " + offset.getSeconds() + " " + offset.getNano() + "\n";
    }

    /** What the first process does, on the host's side of the change of root. */
    void add(PlanBuilder plan, List<PlanBuilder.Slot> cgroups) {
        enterCgroups(plan, cgroups);
        if (spec.creates(Namespace.USER) || inputs.opened().joined().containsKey(Namespace.USER)) {
            plan.purpose("becoming root of the user namespace");
            plan.call(SETGID, 0);
            plan.call(SETUID, 0);
        }
        for (var namespace : ENTERED) {
            enter(plan, namespace);
        }
        if (spec.creates(Namespace.CGROUP)) {
            // Its root is the cgroup in which the process is, so it comes after entering that.
            plan.purpose("making a cgroup namespace");
            plan.call(UNSHARE, CloneFlag.CLONE_NEWCGROUP);
        }
        if (spec.creates(Namespace.NETWORK)
                && !inputs.opened().joined().containsKey(Namespace.NETWORK)) {
            bringUpLoopback(plan);
        }
        if (spec.creates(Namespace.UTS)) {
            plan.purpose("naming the host");
            plan.call(SETHOSTNAME, hostname.value(), hostname.length());
            if (spec.domainname() != null) {
                plan.purpose("naming the domain " + spec.domainname());
                plan.call(SETDOMAINNAME, spec.domainname(), length(spec.domainname()));
            }
        }
    }

    /** Enters hierarchies of version 1 by the files that the JVM has sent. */
    static void enterCgroups(PlanBuilder plan, List<PlanBuilder.Slot> files) {
        plan.purpose("entering the cgroup");
        for (var tasks : files) {
            var next = new PlanBuilder.Label();
            plan.whenResult(tasks, -1, next);
            plan.call(WRITE, tasks, "0", 1);
            plan.call(CLOSE, tasks);
            plan.here(next);
        }
    }

    private void enter(PlanBuilder plan, Namespace namespace) {
        var descriptor = inputs.opened().joined().get(namespace);
        if (descriptor != null) {
            plan.purpose("entering the " + namespace.ociName() + " namespace");
            plan.call(SETNS, descriptor, namespace.cloneFlag());
        }
    }

    private static void bringUpLoopback(PlanBuilder plan) {
        plan.purpose("bringing up the loopback device");
        var socket = plan.slot("socket");
        plan.call(SOCKET, AF_INET, SOCK_DGRAM_CLOEXEC, 0).into(socket);
        // struct ifreq { char ifr_name[IFNAMSIZ]; short ifr_flags; … }
        var request = ByteBuffer.allocate(IFREQ_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        request.put("lo".getBytes(StandardCharsets.US_ASCII)).putShort(IFNAMSIZ, IFF_UP);
        plan.call(IOCTL, socket, SIOCSIFFLAGS, plan.bytes("{\"lo\", IFF_UP}", request.array()));
        plan.call(CLOSE, socket);
    }

    static void write(PlanBuilder plan, String path, String text) {
        var file = plan.slot(path);
        plan.call(OPENAT, AT_FDCWD, path, Constant.flags(O_WRONLY, O_CLOEXEC), 0).into(file);
        plan.call(WRITE, file, text, length(text));
        plan.call(CLOSE, file);
    }

    static int length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
