package io.pelagos.core;

import io.pelagos.core.internal.launch.Logs;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.DefaultPaths;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.SeccompArch;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.security.SyscallTable;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.ContainerSpec.ClockOffsets;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.ListenSocket;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import io.pelagos.core.spec.Personality;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Restart;
import io.pelagos.core.spec.Rlimit;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.spec.TerminalSize;
import io.pelagos.core.spec.User;
import java.net.SocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Describes a container and starts it.
 *
 * <p>Every option has a default that isolates: new mount, PID, UTS, IPC, network and cgroup
 * namespaces, an empty environment but for {@code PATH}, {@code HOME} and, with a terminal, {@code
 * TERM}, the default filter of system calls, eleven capabilities, no new privileges, masked kernel
 * paths, and no descriptor of the JVM. Options are checked when the container is started, before
 * anything is touched; a wrong one is an {@link InvalidSpecException} that names it.
 *
 * <p>A builder belongs to one thread; {@link #spec} gives an immutable value.
 */
public final class ContainerBuilder {
    private final @Nullable Pelagos pelagos;
    private final Rootfs rootfs;
    private final ProcessDraft process = new ProcessDraft();
    private final NamespacesDraft namespaces = new NamespacesDraft();
    private final ConfinementDraft confinement = new ConfinementDraft();
    private final ResourcesDraft resources = new ResourcesDraft();
    private final List<Mount> mounts = new ArrayList<>();
    private final List<Device> devices = new ArrayList<>();
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private @Nullable String name;
    private @Nullable String hostname;
    private @Nullable String domainname;
    private @Nullable Duration timeout;
    private boolean readOnlyRoot;
    private Mount.Propagation rootPropagation = Mount.Propagation.PRIVATE;
    private boolean defaultMounts = true;
    private boolean init;
    private @Nullable Stdio stdin;
    private @Nullable Stdio stdout;
    private @Nullable Stdio stderr;
    private Supervision supervision = Supervision.ATTACHED;
    private Signal stopSignal = Signal.TERM;
    private Restart restart = Restart.NO;
    private @Nullable HealthCheck healthCheck;
    private long logBound = Logs.USUAL_BOUND;
    private boolean removeAtExit;
    private final Map<String, SyscallHandler> handlers = new LinkedHashMap<>();
    private final List<Ready> ready = new ArrayList<>();
    private Duration readyAtMost = Duration.ofMinutes(1);
    private final List<Problem> problems = new ArrayList<>();

    /** An option that could not be taken as it was given. */
    private record Problem(String option, IllegalArgumentException reason) {}

    ContainerBuilder(@Nullable Pelagos pelagos, Rootfs rootfs) {
        this.pelagos = pelagos;
        this.rootfs = rootfs;
        rootfs.configure(this);
    }

    /**
     * Begins to describe a container that something else will start, for example {@link
     * ProcessLauncher}. Such a builder gives a {@link #spec}, and can start, run and explain
     * nothing itself.
     *
     * @param rootfs what gives it its root file system
     * @return a builder
     */
    public static ContainerBuilder describing(Rootfs rootfs) {
        return new ContainerBuilder(null, rootfs);
    }

    /** Begins with everything that a specification says, but for its name, on another root. */
    static ContainerBuilder like(Pelagos pelagos, ContainerSpec spec, Rootfs rootfs) {
        var builder = new ContainerBuilder(pelagos, rootfs);
        builder.process.copy(spec.process());
        builder.confinement.copy(spec.confinement());
        builder.namespaces.copy(spec);
        builder.mounts.addAll(spec.mounts());
        builder.devices.addAll(spec.devices());
        builder.labels.putAll(spec.labels());
        builder.annotations.putAll(spec.annotations());
        builder.hostname = spec.hostname();
        builder.domainname = spec.domainname();
        builder.timeout = spec.timeout();
        builder.readOnlyRoot = spec.readOnlyRoot();
        builder.rootPropagation = spec.rootPropagation();
        builder.defaultMounts = spec.defaultMounts();
        builder.init = spec.init();
        builder.stdin = spec.stdin();
        builder.stdout = spec.stdout();
        builder.stderr = spec.stderr();
        builder.resources.replace(spec.resources());
        builder.supervision = spec.supervision();
        builder.stopSignal = spec.stopSignal();
        return builder;
    }

    private Pelagos pelagos() {
        if (pelagos == null) {
            throw new IllegalStateException(
                    "this builder only describes a container: give its spec() to Pelagos.start or"
                            + " ProcessLauncher.run");
        }
        return pelagos;
    }

    /**
     * Names the container.
     *
     * @param name 1 to 128 letters, digits, {@code _}, {@code .} and {@code -}
     * @return this
     */
    public ContainerBuilder name(String name) {
        this.name = name;
        return this;
    }

    /**
     * Sets the program and its arguments. A program without a slash is looked up in the container's
     * {@code PATH}; no shell is involved.
     *
     * @param command the program, then its arguments
     * @return this
     */
    public ContainerBuilder command(String... command) {
        return command(Arrays.asList(command));
    }

    /**
     * Sets the program and its arguments.
     *
     * @param command the program, then its arguments
     * @return this
     */
    public ContainerBuilder command(List<String> command) {
        process.command.clear();
        process.command.addAll(command);
        return this;
    }

    /**
     * Sets what comes before the command, as images do: the program whose arguments the command
     * then is. A command that was given before is taken back, since it was meant for another
     * program.
     *
     * @param program the program, then its first arguments; nothing for none
     * @return this
     */
    public ContainerBuilder entrypoint(String... program) {
        process.entrypoint.clear();
        process.entrypoint.addAll(Arrays.asList(program));
        process.command.clear();
        return this;
    }

    /**
     * Adds arguments.
     *
     * @param arguments what is added to the command
     * @return this
     */
    public ContainerBuilder args(String... arguments) {
        process.command.addAll(Arrays.asList(arguments));
        return this;
    }

    /**
     * Sets a variable of the environment, which is otherwise empty.
     *
     * @param variable its name
     * @param value its value
     * @return this
     */
    public ContainerBuilder env(String variable, String value) {
        process.environment.put(variable, value);
        return this;
    }

    /**
     * Sets variables of the environment.
     *
     * @param variables names and values
     * @return this
     */
    public ContainerBuilder env(Map<String, String> variables) {
        process.environment.putAll(variables);
        return this;
    }

    /**
     * Sets the working directory. When it is missing it is made, owned by the user of the
     * container.
     *
     * @param path an absolute path inside the container
     * @return this
     */
    public ContainerBuilder cwd(String path) {
        process.cwd = path;
        return this;
    }

    /**
     * Runs the program as a user given by numbers.
     *
     * @param uid the user id
     * @param gid the group id
     * @return this
     */
    public ContainerBuilder user(long uid, long gid) {
        return attempt("user", () -> process.user = User.of(uid, gid));
    }

    /**
     * Runs the program as a user of the container's own {@code /etc/passwd}.
     *
     * @param user {@code user} or {@code user:group}, each a name or a number
     * @return this
     */
    public ContainerBuilder user(String user) {
        return attempt("user", () -> process.user = User.parse(user));
    }

    /**
     * Adds supplementary groups; there are no others.
     *
     * @param groups numbers or names of the container's own {@code /etc/group}
     * @return this
     */
    public ContainerBuilder groups(String... groups) {
        process.groups.addAll(Arrays.asList(groups));
        return this;
    }

    /**
     * Sets the file mode creation mask, 022 unless set.
     *
     * @param mask the bits that new files do not get
     * @return this
     */
    public ContainerBuilder umask(FileMode mask) {
        process.umask = mask;
        return this;
    }

    /**
     * Limits a resource of the first process and its descendants. What is not limited here has the
     * limits with which the JVM was started; only the soft limit of descriptors, which a JVM raises
     * for itself, is 1024 again.
     *
     * @param resource which
     * @param soft what is enforced, or {@link Rlimit.Limit#UNLIMITED}
     * @param hard up to where it may be raised, or {@link Rlimit.Limit#UNLIMITED}
     * @return this
     */
    public ContainerBuilder rlimit(Rlimit resource, long soft, long hard) {
        return attempt("rlimit", () -> process.rlimits.put(resource, new Rlimit.Limit(soft, hard)));
    }

    /**
     * Sets how likely the kernel ends the container when memory is short; 0 unless set. A JVM that
     * was itself started with a higher value, and that lacks CAP_SYS_RESOURCE, passes its own on.
     *
     * @param adjustment -1000 (never) to 1000 (first), see proc_pid_oom_score_adj(5)
     * @return this
     */
    public ContainerBuilder oomScoreAdj(int adjustment) {
        process.oomScoreAdj = adjustment;
        return this;
    }

    /**
     * Sets the execution domain; that of the JVM unless set.
     *
     * @param domain such as {@link Personality#LINUX32} for programs of 32 bits
     * @return this
     */
    public ContainerBuilder personality(Personality domain) {
        process.personality = domain;
        return this;
    }

    /**
     * Opens a socket in the JVM's network namespace and passes it to the program, which finds it by
     * sd_listen_fds(3): at descriptor 3 or behind those given before, with {@code LISTEN_FDS},
     * {@code LISTEN_PID} and {@code LISTEN_FDNAMES} set. So a container without any network can
     * serve. A detached container gets a new one each time it is started.
     *
     * @param name the name of the socket for the program
     * @param address an {@link java.net.InetSocketAddress} with a port, or a {@link
     *     java.net.UnixDomainSocketAddress}, whose file stays when the container has ended
     * @return this
     */
    public ContainerBuilder listen(String name, SocketAddress address) {
        return listen(name, () -> new ListenSocket.Source.Address(address));
    }

    /**
     * Passes a listening socket of this JVM to the program, as {@link #listen(String,
     * SocketAddress)} does. Both may accept connections from then on, until this JVM closes it; a
     * channel that does not block makes it not block for the program either.
     *
     * @param name the name of the socket for the program
     * @param channel a bound channel, at whose address no other socket of this JVM listens; it is
     *     not closed
     * @return this
     */
    public ContainerBuilder listen(String name, ServerSocketChannel channel) {
        return listen(name, () -> new ListenSocket.Source.Channel(channel));
    }

    /**
     * Passes a listening socket that is open in this JVM to the program, as {@link #listen(String,
     * SocketAddress)} does.
     *
     * @param name the name of the socket for the program
     * @param number its descriptor, such as 3 in a JVM that was itself given sockets; it is not
     *     closed
     * @return this
     */
    public ContainerBuilder listen(String name, int number) {
        return listen(name, () -> new ListenSocket.Source.Descriptor(number));
    }

    private ContainerBuilder listen(String name, Supplier<ListenSocket.Source> source) {
        return attempt("listen", () -> process.listening.add(new ListenSocket(name, source.get())));
    }

    /**
     * Passes descriptors of this JVM to the program, at 3 and the following numbers, behind sockets
     * to {@linkplain #listen(String, SocketAddress) listen} on. A directory lets the program reach
     * all below and above it.
     *
     * @param numbers descriptors that are open when the container starts; they are not closed
     * @return this
     */
    public ContainerBuilder preserveFds(int... numbers) {
        Arrays.stream(numbers).forEach(process.preserved::add);
        return this;
    }

    /**
     * Passes descriptors of this JVM to the program, see {@link #preserveFds(int...)}.
     *
     * @param files what stays open until the container has started
     * @return this
     */
    public ContainerBuilder preserveFds(Fd... files) {
        Arrays.stream(files).map(Fd::number).forEach(process.preserved::add);
        return this;
    }

    /**
     * Sets the host name, which is otherwise the name of the container.
     *
     * @param name 1 to 64 letters, digits, {@code .}, {@code _} and {@code -}
     * @return this
     */
    public ContainerBuilder hostname(String name) {
        hostname = name;
        return this;
    }

    /**
     * Sets the NIS domain name.
     *
     * @param name 1 to 64 letters, digits, {@code .}, {@code _} and {@code -}
     * @return this
     */
    public ContainerBuilder domainname(String name) {
        domainname = name;
        return this;
    }

    /**
     * Chooses the network; {@link Network#none} unless chosen.
     *
     * @param network who gives the network namespace
     * @return this
     */
    public ContainerBuilder network(Network network) {
        return mode(network.namespace(), Namespace.NETWORK);
    }

    /**
     * Makes a new namespace of a kind.
     *
     * @param kinds which, such as {@link Namespace#TIME}
     * @return this
     */
    public ContainerBuilder create(Namespace... kinds) {
        return mode(NamespaceMode.CREATE, kinds);
    }

    /**
     * Uses the namespaces of the JVM for some kinds, which takes their isolation away.
     *
     * @param kinds which
     * @return this
     */
    public ContainerBuilder share(Namespace... kinds) {
        return mode(NamespaceMode.HOST, kinds);
    }

    /**
     * Enters an existing namespace.
     *
     * @param kind which kind
     * @param path a file of the host that refers to it, such as {@code /run/netns/blue}
     * @return this
     */
    public ContainerBuilder join(Namespace kind, String path) {
        return attempt("join", () -> namespaces.set(new NamespaceMode.Path(path), kind));
    }

    /**
     * Enters namespaces of a process.
     *
     * @param process its pidfd, which stays open until the container has started
     * @param kinds which kinds
     * @return this
     */
    public ContainerBuilder join(Fd process, Namespace... kinds) {
        return mode(new NamespaceMode.OfProcess(process.number()), kinds);
    }

    /**
     * Enters namespaces of another container.
     *
     * @param container a running container of the same {@link Pelagos}
     * @param kinds which kinds
     * @return this
     */
    public ContainerBuilder join(Container container, Namespace... kinds) {
        return mode(new NamespaceMode.OfContainer(container.id()), kinds);
    }

    /**
     * Makes a new user namespace with these ranges.
     *
     * @param uids ranges of user ids
     * @param gids ranges of group ids
     * @return this
     */
    public ContainerBuilder userNamespace(List<IdMap> uids, List<IdMap> gids) {
        namespaces.user(uids, gids);
        return this;
    }

    /**
     * Makes a new user namespace, in which root is nobody on the host: for a JVM of root with the
     * ranges that {@code /etc/subuid} and {@code /etc/subgid} have for {@code containers} or for
     * its user; for another one with its own id as 0, and all ranges of its user behind it.
     *
     * @return this
     */
    public ContainerBuilder userNamespaceAuto() {
        namespaces.automaticIds = true;
        return this;
    }

    /**
     * Makes a new time namespace whose clocks differ from those of the host.
     *
     * @param monotonic what is added to {@code CLOCK_MONOTONIC}
     * @param boottime what is added to {@code CLOCK_BOOTTIME}
     * @return this
     */
    public ContainerBuilder clocks(Duration monotonic, Duration boottime) {
        namespaces.clocks = new ClockOffsets(monotonic, boottime);
        return mode(NamespaceMode.CREATE, Namespace.TIME);
    }

    /**
     * Makes the root read-only; mounts keep their own rule.
     *
     * @return this
     */
    public ContainerBuilder readOnlyRoot() {
        readOnlyRoot = true;
        return this;
    }

    /**
     * Says how mounts appear that are made below the root later, see mount_namespaces(7); mounts
     * have their own rule, see {@link Mount.Bind#propagation}. With {@code SLAVE} those that the
     * host makes below the directory appear in the container, if it lies in a shared mount; {@code
     * SHARED} is for mount namespaces that the container makes, and shows the host nothing. The
     * default is {@code PRIVATE}.
     *
     * @param propagation how; {@code SLAVE} only for a root that is a directory
     * @return this
     */
    public ContainerBuilder rootPropagation(Mount.Propagation propagation) {
        rootPropagation = propagation;
        return this;
    }

    /**
     * Mounts something.
     *
     * @param mount what and where
     * @return this
     */
    public ContainerBuilder mount(Mount mount) {
        mounts.add(mount);
        return this;
    }

    /**
     * Leaves out {@code /proc}, {@code /sys}, {@code /sys/fs/cgroup} and the usual {@code /dev}, so
     * that only the root and what {@link #mount} says is there. A tmpfs at {@code /dev} that takes
     * devices has the usual ones and links nevertheless, as OCI runtimes supply them; and where
     * every usual device is bound to its own name, the usual links are made too.
     *
     * @return this
     */
    public ContainerBuilder withoutDefaultMounts() {
        defaultMounts = false;
        return this;
    }

    /**
     * Makes a device node and allows its use.
     *
     * @param device which
     * @return this
     */
    public ContainerBuilder device(Device device) {
        devices.add(device);
        return this;
    }

    /**
     * Hides the contents of more paths.
     *
     * @param paths absolute paths inside the container; absent ones are passed over
     * @return this
     */
    public ContainerBuilder mask(String... paths) {
        confinement.maskedPaths.addAll(Arrays.asList(paths));
        return this;
    }

    /**
     * Lets some of the paths be seen that are masked unless said otherwise.
     *
     * @param paths paths of {@link DefaultPaths#MASKED}, or none for all
     * @return this
     */
    public ContainerBuilder unmask(String... paths) {
        return remove(confinement.maskedPaths, paths);
    }

    /**
     * Protects more paths from any change.
     *
     * @param paths absolute paths inside the container; absent ones are passed over
     * @return this
     */
    public ContainerBuilder readOnly(String... paths) {
        confinement.readOnlyPaths.addAll(Arrays.asList(paths));
        return this;
    }

    /**
     * Gives the program a terminal of 24 rows and 80 columns as its three streams, and as its
     * controlling terminal.
     *
     * @return this
     * @see Container#terminal
     */
    public ContainerBuilder terminal() {
        return terminal(TerminalSize.USUAL.rows(), TerminalSize.USUAL.columns());
    }

    /**
     * Gives the program a terminal as its three streams, and as its controlling terminal.
     *
     * @param rows how many lines it has at first
     * @param columns how many characters are in a line at first
     * @return this
     * @see Terminal#resize
     */
    public ContainerBuilder terminal(int rows, int columns) {
        process.terminal = true;
        return attempt("terminal", () -> process.terminalSize = new TerminalSize(rows, columns));
    }

    /**
     * Sets where standard input comes from; a pipe unless set, or nothing for a detached container.
     *
     * @param source where from
     * @return this
     */
    public ContainerBuilder stdin(Stdio source) {
        stdin = source;
        return this;
    }

    /**
     * Sets where standard output goes; a pipe unless set, or nothing for a detached container.
     *
     * @param target where to
     * @return this
     */
    public ContainerBuilder stdout(Stdio target) {
        stdout = target;
        return this;
    }

    /**
     * Sets where standard error goes; a pipe unless set, or nothing for a detached container.
     *
     * @param target where to
     * @return this
     */
    public ContainerBuilder stderr(Stdio target) {
        stderr = target;
        return this;
    }

    /**
     * Adds a note of the caller's own.
     *
     * @param key its key
     * @param value its value
     * @return this
     */
    public ContainerBuilder label(String key, String value) {
        labels.put(key, value);
        return this;
    }

    /**
     * Adds a note for tools that read OCI configurations.
     *
     * @param key its key
     * @param value its value
     * @return this
     */
    public ContainerBuilder annotation(String key, String value) {
        annotations.put(key, value);
        return this;
    }

    /**
     * Sets what {@link Container#stop} sends first; SIGTERM unless set.
     *
     * @param signal which signal
     * @return this
     */
    public ContainerBuilder stopSignal(Signal signal) {
        stopSignal = signal;
        return this;
    }

    /**
     * Puts a small process 1 before the program, which reaps orphans and forwards signals. The
     * program is then process 2, and its death by a signal shows as exit code 128 and the signal's
     * number.
     *
     * @return this
     */
    public ContainerBuilder init() {
        init = true;
        return this;
    }

    /**
     * Ends the container when it has run for some time.
     *
     * @param atMost how long
     * @return this
     */
    public ContainerBuilder timeout(Duration atMost) {
        timeout = atMost;
        return this;
    }

    /**
     * Sets what happens when the JVM ends; the container ends too unless set.
     *
     * @param mode who waits for it
     * @return this
     */
    public ContainerBuilder supervision(Supervision mode) {
        supervision = mode;
        return this;
    }

    /**
     * Adds capabilities to the eleven default ones.
     *
     * @param more which
     * @return this
     */
    public ContainerBuilder capAdd(Capability... more) {
        confinement.capabilities.addAll(Arrays.asList(more));
        return this;
    }

    /**
     * Takes capabilities away.
     *
     * @param less which; none for all of them
     * @return this
     */
    public ContainerBuilder capDrop(Capability... less) {
        if (less.length == 0) {
            confinement.capabilities.clear();
        } else {
            Arrays.asList(less).forEach(confinement.capabilities::remove);
        }
        return this;
    }

    /**
     * Lets a program that does not run as user 0 have capabilities.
     *
     * @param kept which; each must also be among the container's
     * @return this
     */
    public ContainerBuilder ambient(Capability... kept) {
        confinement.ambient.addAll(Arrays.asList(kept));
        return this;
    }

    /**
     * Sets whether execve(2) may give more privileges, by setuid bits or file capabilities; it may
     * not unless set.
     *
     * @param allowed whether it may
     * @return this
     */
    public ContainerBuilder newPrivileges(boolean allowed) {
        confinement.noNewPrivileges = !allowed;
        return this;
    }

    /**
     * Filters system calls in another way than {@link SeccompProfile#dockerDefault}.
     *
     * @param profile the filter
     * @return this
     */
    public ContainerBuilder seccomp(SeccompProfile profile) {
        confinement.seccomp = profile;
        return this;
    }

    /**
     * Lets this JVM decide about a system call, each time that a process of the container makes it
     * and the filter of the container allows it, see seccomp_unotify(2). The calling thread waits
     * meanwhile. A program of another architecture, such as a 32-bit one, is killed at its first
     * call; io_uring, which makes calls unseen, is not in the default filter. Further processes of
     * the container are asked about too, but for privileged ones. A detached container, which
     * outlives the JVM, cannot have it.
     *
     * @param name the name of the call, such as {@code connect}; not one that the start of a
     *     container itself makes last, such as {@code execve}
     * @param handler decides
     * @return this
     */
    public ContainerBuilder onSyscall(String name, SyscallHandler handler) {
        return attempt(
                "onSyscall",
                () -> {
                    var arch = SeccompArch.nativeOf(Architecture.current());
                    if (SyscallTable.number(arch, name).isEmpty()) {
                        throw new IllegalArgumentException(
                                "\"" + name + "\": this machine has no such system call");
                    }
                    handlers.put(name, handler);
                });
    }

    /**
     * Executes the program, and further ones, under a profile of AppArmor. Where AppArmor is not in
     * force the container does not start.
     *
     * @param profile the name of a loaded profile, or {@code unconfined}
     * @return this
     */
    public ContainerBuilder apparmorProfile(String profile) {
        confinement.apparmorProfile = profile;
        return this;
    }

    /**
     * Executes the program, and further ones, in a context of SELinux. Where SELinux is not in
     * force the container does not start.
     *
     * @param label the context, such as {@code system_u:system_r:container_t:s0:c1,c2}
     * @return this
     */
    public ContainerBuilder selinuxLabel(String label) {
        confinement.selinuxLabel = label;
        return this;
    }

    /**
     * Gives the files of file systems that are made for the container, such as layers and temporary
     * file systems, a context of SELinux. Where SELinux is not in force the container does not
     * start.
     *
     * @param label the context, such as {@code system_u:object_r:container_file_t:s0:c1,c2}
     * @return this
     */
    public ContainerBuilder mountLabel(String label) {
        confinement.mountLabel = label;
        return this;
    }

    /**
     * Restricts the use of files and ports by Landlock.
     *
     * @param rules what remains allowed
     * @return this
     */
    public ContainerBuilder landlock(LandlockRules rules) {
        confinement.landlock = rules;
        return this;
    }

    /**
     * Sets a kernel parameter of the container's own namespaces.
     *
     * @param name its dotted name, such as {@code net.ipv4.ip_forward}
     * @param value its value
     * @return this
     */
    public ContainerBuilder sysctl(String name, String value) {
        confinement.sysctls.put(name, value);
        return this;
    }

    /**
     * Gives up every protection: all capabilities, no filter of system calls, nothing masked or
     * read-only, all devices. What runs in such a container can take over the machine. Capabilities
     * that the JVM itself does not have are a warning.
     *
     * @return this
     */
    public ContainerBuilder privileged() {
        confinement.giveUp();
        return this;
    }

    /**
     * Limits memory; what exceeds it is ended. No swap is used beside it.
     *
     * @param max how much
     * @return this
     */
    public ContainerBuilder memory(ByteSize max) {
        return attempt("memory", () -> resources.memory(max));
    }

    /**
     * Sets whether all processes are ended together when memory has run out, rather than the one
     * that uses the most; they are unless set, where {@link #memory} is limited. It takes cgroup
     * v2.
     *
     * @param together whether the container ends as a whole
     * @return this
     */
    public ContainerBuilder oomGroup(boolean together) {
        return attempt("oomGroup", () -> resources.oomGroup(together));
    }

    /**
     * Limits how long all threads together may use processors.
     *
     * @param cpus how many processors, such as 1.5
     * @return this
     */
    public ContainerBuilder cpus(double cpus) {
        return attempt("cpus", () -> resources.cpus(cpus));
    }

    /**
     * Limits the number of processes and threads.
     *
     * @param max how many, at least 1
     * @return this
     */
    public ContainerBuilder pids(long max) {
        return attempt("pids", () -> resources.pids(max));
    }

    /**
     * Sets all limits at once.
     *
     * @param limits the limits
     * @return this
     */
    public ContainerBuilder resources(Resources limits) {
        resources.replace(limits);
        return this;
    }

    /**
     * Makes the container's cgroup below another than the JVM's own.
     *
     * @param path relative to the root of the hierarchy
     * @return this
     */
    public ContainerBuilder cgroupParent(String path) {
        return attempt("cgroupParent", () -> resources.parent(path));
    }

    /**
     * Makes it an error, instead of a warning, when a limit cannot be had on this host.
     *
     * @return this
     */
    public ContainerBuilder required() {
        return attempt("required", resources::required);
    }

    /**
     * Returns what was described so far as a value.
     *
     * @return the specification
     * @throws InvalidSpecException when an option cannot be as it is
     */
    public ContainerSpec spec() {
        if (!problems.isEmpty()) {
            var first = problems.getFirst();
            throw new InvalidSpecException(first.option(), first.reason());
        }
        var program = checked("process", () -> process.process(rootfs::root));
        var confined = checked("confinement", confinement::confinement);
        var spec =
                checked(
                        "container",
                        () ->
                                new ContainerSpec(
                                        name,
                                        rootfs.root(),
                                        readOnlyRoot,
                                        rootPropagation,
                                        defaultMounts,
                                        mounts,
                                        devices,
                                        program,
                                        stream(stdin),
                                        stream(stdout),
                                        stream(stderr),
                                        namespaces.modes,
                                        namespaces.uidMap,
                                        namespaces.gidMap,
                                        namespaces.clocks,
                                        hostname,
                                        domainname,
                                        confined,
                                        resources.resources(),
                                        init,
                                        supervision,
                                        stopSignal,
                                        timeout,
                                        labels,
                                        annotations));
        if (namespaces.automaticIds) {
            spec = pelagos().withAutomaticIds(spec);
        }
        SpecRules.check(spec);
        return spec;
    }

    /** A pipe unless chosen; a container that outlives the JVM has nobody at the other end. */
    private Stdio stream(@Nullable Stdio chosen) {
        if (chosen != null) {
            return chosen;
        }
        return supervision == Supervision.DETACHED ? Stdio.NULL : Stdio.PIPE;
    }

    /**
     * Starts the container, and waits until it is ready if that {@linkplain #awaitReady was asked
     * for}.
     *
     * @return the running container
     * @throws InvalidSpecException when an option cannot be as it is; nothing was touched
     * @throws CommandException when the program cannot be executed; nothing is left
     * @throws SyscallFailedException when the kernel refuses something; nothing is left
     * @throws NotReadyException when it has ended, time is up or the thread is interrupted before
     *     it was ready; nothing is left
     */
    public Container start() {
        var spec = spec();
        Starts.checkReady(spec, ready, healthCheck);
        var started = pelagos().start(spec, handlers, healthCheck);
        if (!ready.isEmpty()) {
            Starts.awaitReady(started, ready, readyAtMost);
        }
        return started;
    }

    /**
     * Has {@link #start} and {@link #startDetached} wait until the container is ready, a minute at
     * the most. No line is missed: the pipes are there before the program is. What is read of them
     * meanwhile is what the application reads first, see {@link Container#awaitReady}.
     *
     * @param conditions what that means: all of these, beside those that were given before
     * @return this
     */
    public ContainerBuilder awaitReady(Ready... conditions) {
        ready.addAll(Arrays.asList(conditions));
        return this;
    }

    /**
     * Has {@link #start} and {@link #startDetached} wait until the container is ready.
     *
     * @param atMost how long for everything together
     * @param conditions what that means: all of these, beside those that were given before
     * @return this
     */
    public ContainerBuilder awaitReady(Duration atMost, Ready... conditions) {
        return attempt(
                "awaitReady",
                () -> {
                    if (atMost.isNegative() || atMost.isZero()) {
                        throw new IllegalArgumentException(atMost + ": must be positive");
                    }
                    readyAtMost = atMost;
                    ready.addAll(Arrays.asList(conditions));
                });
    }

    /**
     * Sets when a detached container is started again after it has ended; never unless set.
     *
     * @param policy when
     * @return this
     */
    public ContainerBuilder restart(Restart policy) {
        restart = policy;
        return this;
    }

    /**
     * Sets how it is found out whether the container does what it is for. A detached one keeps what
     * comes of it in its state; that of another is asked for by {@link Container#health}.
     *
     * @param check how
     * @return this
     */
    public ContainerBuilder healthCheck(HealthCheck check) {
        healthCheck = check;
        return this;
    }

    /**
     * Bounds the logs of a detached container; 8 MiB unless set. A log that has reached the bound
     * is kept once more while the next one is written.
     *
     * @param bound the size of one log, a power of two from 4 KiB to 1 GiB
     * @return this
     */
    public ContainerBuilder logBound(ByteSize bound) {
        return attempt("logBound", () -> logBound = new Logs(-1, -1, bound.bytes()).bound());
    }

    /**
     * Removes a detached container when it has ended, by whatever JVM is there to do it.
     *
     * @return this
     */
    public ContainerBuilder removeAtExit() {
        removeAtExit = true;
        return this;
    }

    /**
     * Starts the container so that it survives this JVM. Its outputs go to logs unless they were
     * set to something else; its input is nothing unless set: a pipe is kept open for whoever comes
     * and writes, see {@link DetachedContainer#stdin}.
     *
     * @return the container, which any later JVM finds by {@link Pelagos#containers}
     * @throws InvalidSpecException when an option cannot be as it is; nothing was touched
     * @throws ContainerStateException when a running container has the name
     * @throws CommandException when the program cannot be executed; nothing is left
     * @throws SyscallFailedException when the kernel refuses something; nothing is left
     * @throws NotReadyException when it {@linkplain #awaitReady should} be ready, and has ended,
     *     time is up or the thread is interrupted before; it is removed
     */
    public DetachedContainer startDetached() {
        supervision = Supervision.DETACHED;
        stdout = stdout == null ? Stdio.PIPE : stdout;
        stderr = stderr == null ? Stdio.PIPE : stderr;
        stdin = stdin == null && process.terminal ? Stdio.PIPE : stdin;
        var spec = spec();
        SpecRules.checkHandlers(spec, handlers.keySet());
        Starts.checkReady(spec, ready, healthCheck);
        var upkeep = new ContainerState.Upkeep(restart, healthCheck, logBound, removeAtExit);
        var started = pelagos().startDetached(spec, upkeep);
        if (!ready.isEmpty()) {
            Starts.awaitReady(started, ready, readyAtMost);
        }
        return started;
    }

    /**
     * Starts the container, gives it no input, reads both its outputs up to 1 MiB each, waits for
     * its end, and removes it.
     *
     * @return what came of it
     * @throws InvalidSpecException when an option cannot be as it is; nothing was touched
     * @throws CommandException when the program cannot be executed; nothing is left
     * @throws SyscallFailedException when the kernel refuses something; nothing is left
     * @throws InterruptedException when the thread is interrupted; the container has been ended
     */
    public Result run() throws InterruptedException {
        return run(Runs.BOUND);
    }

    /**
     * Starts the container, gives it no input, reads both its outputs, waits for its end, and
     * removes it. What it writes beyond the bound is read and dropped.
     *
     * @param bound how much of each output is kept
     * @return what came of it
     * @throws InterruptedException when the thread is interrupted; the container has been ended
     */
    public Result run(ByteSize bound) throws InterruptedException {
        if (stdin == null) {
            stdin = Stdio.NULL;
        }
        return Runs.run(start(), bound);
    }

    /**
     * Prints the plan of the container: every system call of the new process, in order, with what
     * it is for. Nothing is started and no privileges are needed.
     *
     * @return one line a step, numbered, purpose first
     * @throws InvalidSpecException when an option cannot be as it is
     */
    public String explain() {
        return pelagos().explain(spec());
    }

    private ContainerBuilder mode(NamespaceMode mode, Namespace... kinds) {
        namespaces.set(mode, kinds);
        return this;
    }

    private ContainerBuilder remove(List<String> from, String... paths) {
        if (paths.length == 0) {
            from.clear();
        }
        from.removeAll(Arrays.asList(paths));
        return this;
    }

    /**
     * Keeps a refusal until the container is started, so that the chain of options is not broken.
     */
    private ContainerBuilder attempt(String option, Runnable change) {
        try {
            change.run();
        } catch (IllegalArgumentException e) {
            problems.add(new Problem(option, e));
        }
        return this;
    }

    private static <T> T checked(String part, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new InvalidSpecException(part, e);
        }
    }
}
