package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_EMPTY_PATH;
import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_NOCTTY;
import static io.pelagos.core.kernel.OpenFlag.O_RDWR;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.DUP3;
import static io.pelagos.core.kernel.Syscall.FCHOWNAT;
import static io.pelagos.core.kernel.Syscall.FSTATFS;
import static io.pelagos.core.kernel.Syscall.GETPID;
import static io.pelagos.core.kernel.Syscall.IOCTL;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.SETPGID;

import io.pelagos.core.internal.launch.HandOver;
import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.ProcessSpec;
import io.pelagos.core.spec.TerminalSize;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;

/**
 * The terminal of a process, see pty(7): made in the container's own devpts, so that its number and
 * its owner mean something there, and handed to the JVM.
 *
 * <p>A container that runs may have made anything of its {@code /dev}. So the directory is opened
 * without links and must be a devpts, in which nobody can make or replace a file; and the other end
 * of the terminal is asked from the terminal itself (TIOCGPTPEER), not looked up by a name. That
 * same file becomes {@code /dev/console} (CVE-2025-52565).
 */
final class Console {
    private static final int TIOCSCTTY = 0x540E;
    private static final int TIOCSPGRP = 0x5410;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int TIOCSPTLCK = 0x40045431;
    private static final int TIOCGPTPEER = 0x5441;
    private static final int DEVPTS_SUPER_MAGIC = 0x1cd1;
    private static final int STATFS_SIZE = 120;
    private static final Constant TERMINAL = Constant.flags(O_RDWR, O_NOCTTY, O_CLOEXEC);

    private final LaunchInputs inputs;
    private final ProcessSpec process;

    Console(LaunchInputs inputs) {
        this.inputs = inputs;
        this.process = inputs.spec().process();
    }

    /**
     * Makes the terminal and hands it over. The process leads a session without a terminal.
     *
     * @param first whether it is that of the container, which has none yet
     */
    void add(PlanBuilder plan, boolean first) {
        var channel = inputs.opened().terminal();
        if (channel == null) {
            return;
        }
        plan.purpose("making a terminal");
        var directory = openDevpts(plan);
        var handOver = HandOver.allocate(plan);
        var master = handOver.pidfd().value();
        plan.call(OPENAT, directory, "ptmx", TERMINAL, 0).into(handOver.pidfd());
        plan.call(CLOSE, directory);
        plan.call(IOCTL, master, TIOCSPTLCK, plan.ints("{0}", 0));
        var terminal = plan.slot("terminal");
        plan.call(IOCTL, master, TIOCGPTPEER, TERMINAL).into(terminal);
        plan.call(IOCTL, terminal, TIOCSWINSZ, size(plan));
        plan.call(FCHOWNAT, terminal, "", inputs.identity().uid(), -1, AT_EMPTY_PATH);
        if (first && hasUsualDev()) {
            mountConsole(plan, terminal);
        }
        plan.purpose("handing the terminal to the JVM");
        handOver.send(plan, channel);
        plan.call(CLOSE, master);
        plan.purpose("making it the controlling terminal");
        plan.call(IOCTL, terminal, TIOCSCTTY, 0);
        for (int stream = 0; stream <= 2; stream++) {
            plan.call(DUP3, terminal, stream, 0);
        }
        plan.call(CLOSE, terminal);
    }

    /** Goes on only when it is what it should be. */
    private static Slot openDevpts(PlanBuilder plan) {
        var directory = plan.slot("/dev/pts");
        Targets.openDirectory(plan, "/dev/pts", directory, false);
        var status = plan.space("statfs", STATFS_SIZE);
        plan.call(FSTATFS, directory, status);
        var same = new Label();
        plan.whenResult(status.value(), DEVPTS_SUPER_MAGIC, same);
        // No directory can be opened for writing: EISDIR.
        plan.call(OPENAT, AT_FDCWD, "/dev/pts", O_WRONLY, 0);
        plan.call(CLOSE, -1);
        plan.here(same);
        return directory;
    }

    /** {@code struct winsize { unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel; }}. */
    private PlanBuilder.Pointer size(PlanBuilder plan) {
        var size = process.terminalSize() == null ? TerminalSize.USUAL : process.terminalSize();
        var bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putShort((short) size.rows()).putShort((short) size.columns());
        return plan.bytes("{" + size.rows() + ", " + size.columns() + "}", bytes.array());
    }

    /** Tells whether {@code /dev} is the container's own, in which a file may be made. */
    private boolean hasUsualDev() {
        return inputs.spec().defaultMounts()
                && inputs.spec().mounts().stream()
                        .map(Mount::target)
                        .noneMatch(Set.of("/dev", "/dev/console")::contains);
    }

    private static void mountConsole(PlanBuilder plan, Slot terminal) {
        plan.purpose("mounting /dev/console");
        var target = Targets.require(plan, "/dev/console", Targets.Kind.FILE, false);
        var mount = plan.slot("/dev/console");
        MountCalls.clone(plan, terminal, mount, false);
        MountCalls.attach(plan, mount, target);
        plan.call(CLOSE, mount);
        plan.call(CLOSE, target);
    }

    /**
     * Puts the program below init into the foreground, alone: what is typed there to interrupt it
     * is not for init too, which would send it on a second time. All signals are blocked, or
     * SIGTTOU would stop it here.
     */
    void enterForeground(PlanBuilder plan) {
        if (inputs.opened().terminal() == null) {
            return;
        }
        plan.purpose("putting the program into the foreground");
        var group = plan.space("group", 8);
        plan.call(SETPGID, 0, 0);
        plan.call(GETPID).into(group);
        plan.call(IOCTL, 0, TIOCSPGRP, group);
    }
}
