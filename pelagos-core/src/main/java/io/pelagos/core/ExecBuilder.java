package io.pelagos.core;

import io.pelagos.core.kernel.Fd;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Confinement;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Descriptors;
import io.pelagos.core.spec.ProcessSpec;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.spec.TerminalSize;
import io.pelagos.core.spec.User;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Describes one more process in a running container and starts it.
 *
 * <p>It has what the container's first program has unless it is told otherwise: environment,
 * working directory, user, supplementary groups, resource limits, capabilities, filter of system
 * calls and Landlock rules. Options are checked when it is started, before anything is touched; a
 * wrong one is an {@link InvalidSpecException} that names it.
 *
 * <p>A builder belongs to one thread.
 */
public final class ExecBuilder {
    private final Supplier<Execs> door;
    private final ContainerSpec container;
    private final List<String> command;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<String> groups = new ArrayList<>();
    private final EnumSet<Capability> added = EnumSet.noneOf(Capability.class);
    private final EnumSet<Capability> ambient = EnumSet.noneOf(Capability.class);
    private @Nullable String user;
    private @Nullable String cwd;
    private @Nullable Duration timeout;
    private @Nullable Stdio stdin;
    private Stdio stdout = Stdio.PIPE;
    private Stdio stderr = Stdio.PIPE;
    private int @Nullable [] terminal;
    private boolean privileged;
    private final List<Integer> preserved = new ArrayList<>();

    ExecBuilder(Supplier<Execs> door, ContainerSpec container, List<String> command) {
        this.door = door;
        this.container = container;
        this.command = new ArrayList<>(command);
    }

    /**
     * Adds arguments.
     *
     * @param arguments what is added to the command
     * @return this
     */
    public ExecBuilder args(String... arguments) {
        command.addAll(Arrays.asList(arguments));
        return this;
    }

    /**
     * Sets a variable beside or instead of those of the container.
     *
     * @param variable its name
     * @param value its value
     * @return this
     */
    public ExecBuilder env(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /**
     * Sets variables beside or instead of those of the container.
     *
     * @param variables names and values
     * @return this
     */
    public ExecBuilder env(Map<String, String> variables) {
        environment.putAll(variables);
        return this;
    }

    /**
     * Passes descriptors of this JVM to the program, at 3 and the following numbers. Processes of
     * the container with the same user may reach what they lead to from then on.
     *
     * @param numbers descriptors that are open when the process starts; they are not closed
     * @return this
     */
    public ExecBuilder preserveFds(int... numbers) {
        Arrays.stream(numbers).forEach(preserved::add);
        return this;
    }

    /**
     * Passes descriptors of this JVM to the program, see {@link #preserveFds(int...)}.
     *
     * @param files what stays open until the process has started
     * @return this
     */
    public ExecBuilder preserveFds(Fd... files) {
        Arrays.stream(files).map(Fd::number).forEach(preserved::add);
        return this;
    }

    /**
     * Sets the working directory, which must be there; that of the container unless set.
     *
     * @param path an absolute path inside the container
     * @return this
     */
    public ExecBuilder cwd(String path) {
        cwd = path;
        return this;
    }

    /**
     * Runs the program as a user given by numbers.
     *
     * @param uid the user id
     * @param gid the group id
     * @return this
     */
    public ExecBuilder user(long uid, long gid) {
        return user(uid + ":" + gid);
    }

    /**
     * Runs the program as a user that is looked up in the files that the container has now. It has
     * no supplementary groups but those of {@link #groups}.
     *
     * @param user {@code user} or {@code user:group}, each a name or a number
     * @return this
     */
    public ExecBuilder user(String user) {
        this.user = user;
        return this;
    }

    /**
     * Adds supplementary groups.
     *
     * @param groups numbers or names of the container's own {@code /etc/group}
     * @return this
     */
    public ExecBuilder groups(String... groups) {
        this.groups.addAll(Arrays.asList(groups));
        return this;
    }

    /**
     * Sets where standard input comes from; a pipe unless set.
     *
     * @param source where from
     * @return this
     */
    public ExecBuilder stdin(Stdio source) {
        stdin = source;
        return this;
    }

    /**
     * Sets where standard output goes; a pipe unless set.
     *
     * @param target where to
     * @return this
     */
    public ExecBuilder stdout(Stdio target) {
        stdout = target;
        return this;
    }

    /**
     * Sets where standard error goes; a pipe unless set.
     *
     * @param target where to
     * @return this
     */
    public ExecBuilder stderr(Stdio target) {
        stderr = target;
        return this;
    }

    /**
     * Gives the process a terminal of 24 rows and 80 columns as its three streams, and as its
     * controlling terminal.
     *
     * @return this
     * @see Exec#terminal
     */
    public ExecBuilder terminal() {
        return terminal(TerminalSize.USUAL.rows(), TerminalSize.USUAL.columns());
    }

    /**
     * Gives the process a terminal as its three streams, and as its controlling terminal.
     *
     * @param rows how many lines it has at first
     * @param columns how many characters are in a line at first
     * @return this
     * @see Terminal#resize
     */
    public ExecBuilder terminal(int rows, int columns) {
        terminal = new int[] {rows, columns};
        return this;
    }

    /**
     * Ends the process when it has run for some time.
     *
     * @param atMost how long
     * @return this
     */
    public ExecBuilder timeout(Duration atMost) {
        timeout = atMost;
        return this;
    }

    /**
     * Adds capabilities to those of the container, for this process alone.
     *
     * @param more which
     * @return this
     */
    public ExecBuilder capAdd(Capability... more) {
        added.addAll(Arrays.asList(more));
        return this;
    }

    /**
     * Lets a program that does not run as user 0 have capabilities.
     *
     * @param kept which; each must also be among the container's or those of {@link #capAdd}
     * @return this
     */
    public ExecBuilder ambient(Capability... kept) {
        ambient.addAll(Arrays.asList(kept));
        return this;
    }

    /**
     * Gives this process every capability, new privileges and no filter of system calls. It can
     * take over the machine, and so can the container's processes when it runs their programs.
     *
     * @return this
     */
    public ExecBuilder privileged() {
        privileged = true;
        return this;
    }

    /**
     * Starts the process.
     *
     * @return the running process
     * @throws InvalidSpecException when an option cannot be as it is; nothing was touched
     * @throws IllegalStateException when the container has ended or is paused
     * @throws CommandException when the program cannot be executed
     * @throws SyscallFailedException when the kernel refuses something
     */
    public Exec start() {
        return start(spec());
    }

    /**
     * Starts the process, gives it no input, reads both its outputs up to 1 MiB each, and waits for
     * its end.
     *
     * @return what came of it
     * @throws InvalidSpecException when an option cannot be as it is; nothing was touched
     * @throws IllegalStateException when the container has ended or is paused
     * @throws CommandException when the program cannot be executed
     * @throws SyscallFailedException when the kernel refuses something
     * @throws InterruptedException when the thread is interrupted; the process has been ended
     */
    public Result run() throws InterruptedException {
        return run(Runs.BOUND);
    }

    /**
     * Starts the process, gives it no input, reads both its outputs, and waits for its end. What it
     * writes beyond the bound is read and dropped.
     *
     * @param bound how much of each output is kept
     * @return what came of it
     * @throws InterruptedException when the thread is interrupted; the process has been ended
     */
    public Result run(ByteSize bound) throws InterruptedException {
        if (stdin == null) {
            stdin = Stdio.NULL;
        }
        var spec = spec();
        return Runs.run(start(spec), spec, bound);
    }

    /**
     * Prints the plan of the process: every system call, in order, with what it is for. Nothing is
     * started.
     *
     * @return one line a step, numbered, purpose first
     * @throws InvalidSpecException when an option cannot be as it is
     * @throws IllegalStateException when the container has ended
     */
    public String explain() {
        var spec = spec();
        var execs = door.get();
        try {
            return new ExecStarter(execs, spec, timeout).explain();
        } finally {
            execs.release();
        }
    }

    private RunningExec start(ContainerSpec spec) {
        var execs = door.get();
        try {
            return new ExecStarter(execs, spec, timeout).start();
        } catch (RuntimeException | Error e) {
            execs.release();
            throw e;
        }
    }

    /** Puts this process in the place of the container's first one. */
    private ContainerSpec spec() {
        if (timeout != null && (timeout.isNegative() || timeout.isZero())) {
            throw new InvalidSpecException("timeout", timeout.toString(), "must be positive");
        }
        try {
            var c = container;
            var spec =
                    new ContainerSpec(
                            c.name(),
                            c.root(),
                            c.readOnlyRoot(),
                            c.rootPropagation(),
                            c.defaultMounts(),
                            c.mounts(),
                            c.devices(),
                            process(),
                            stdin == null ? Stdio.PIPE : stdin,
                            stdout,
                            stderr,
                            c.namespaces(),
                            c.uidMap(),
                            c.gidMap(),
                            c.clocks(),
                            c.hostname(),
                            c.domainname(),
                            confinement(),
                            c.resources(),
                            false,
                            ContainerSpec.Supervision.ATTACHED,
                            c.stopSignal(),
                            null,
                            c.labels(),
                            c.annotations());
            SpecRules.checkStreams(spec);
            return spec;
        } catch (IllegalArgumentException e) {
            throw new InvalidSpecException("exec", e);
        }
    }

    private ProcessSpec process() {
        var first = container.process();
        var all = new LinkedHashMap<>(first.environment());
        if (user != null) {
            // The home of another user is looked up.
            all.remove("HOME");
        }
        if (terminal != null) {
            all.putIfAbsent("TERM", "xterm");
        }
        all.putAll(environment);
        var allGroups = new ArrayList<>(user == null ? first.groups() : List.<String>of());
        allGroups.addAll(groups);
        return new ProcessSpec(
                command,
                all,
                cwd == null ? first.cwd() : cwd,
                user == null ? first.user() : User.parse(user),
                allGroups,
                first.umask(),
                first.rlimits(),
                first.oomScoreAdj(),
                terminal != null,
                terminal == null ? null : new TerminalSize(terminal[0], terminal[1]),
                first.personality(),
                new Descriptors(List.of(), preserved));
    }

    private Confinement confinement() {
        var c = container.confinement();
        var capabilities = EnumSet.copyOf(added);
        capabilities.addAll(privileged ? EnumSet.allOf(Capability.class) : c.capabilities());
        var kept = EnumSet.copyOf(ambient);
        kept.addAll(c.ambient());
        return new Confinement(
                capabilities,
                kept,
                c.noNewPrivileges() && !privileged,
                privileged ? SeccompProfile.unconfined() : c.seccomp(),
                c.landlock(),
                c.maskedPaths(),
                c.readOnlyPaths(),
                c.sysctls(),
                c.privileged() || privileged,
                c.labels());
    }
}
