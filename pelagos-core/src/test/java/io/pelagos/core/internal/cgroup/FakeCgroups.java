package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Cgroup hierarchies of plain files, for controllers and files that no kernel at hand has: a kernel
 * that fills each directory made below a hierarchy with that hierarchy's files, takes what is
 * written into them as cgroupfs does, and removes directories with their files. Any call can be
 * made to fail once.
 */
final class FakeCgroups implements Kernel {
    /** What a JVM cannot fail at, or what frees. */
    private static final Set<Syscall> SURE =
            Set.of(Syscall.CLOSE, Syscall.GETEUID, Syscall.GETPID, Syscall.UNLINKAT);

    /** W_OK of faccessat2(2). */
    private static final int WRITABLE = 2;

    private final Kernel linux = new LinuxKernel();
    private final Path root;
    private final Map<Path, Map<String, String>> templates = new LinkedHashMap<>();
    private final List<Hierarchy> hierarchies = new ArrayList<>();
    private final List<String> written = new ArrayList<>();
    private final Set<Long> open = new TreeSet<>();
    private final Set<String> marked = new TreeSet<>();
    private @Nullable Integer user;
    private int countdown = Integer.MAX_VALUE;
    private String denied = "";
    private Errno failure = Errno.EIO;

    FakeCgroups(Path root) {
        this.root = root;
    }

    /** Adds the hierarchy of version 2, whose directories have these files. */
    FakeCgroups unified(Map<String, String> files, String... controllers) {
        var all = new LinkedHashMap<>(files);
        all.put("cgroup.controllers", String.join(" ", controllers) + "\n");
        for (var file : List.of("cgroup.procs", "cgroup.subtree_control", "cgroup.kill")) {
            all.put(file, "");
        }
        all.put("cgroup.events", "populated 0\nfrozen 0\n");
        all.put("cgroup.freeze", "0\n");
        all.put("cgroup.type", "domain\n");
        var mount = mount("unified", all);
        hierarchies.add(Hierarchy.unified(mount.toString(), List.of(controllers), "/"));
        return this;
    }

    /** Adds a hierarchy of version 1. */
    FakeCgroups legacy(String controller, Map<String, String> files) {
        var all = new LinkedHashMap<>(files);
        all.put("cgroup.procs", "");
        all.put("tasks", "");
        var mount = mount(controller, all);
        hierarchies.add(Hierarchy.legacy(mount.toString(), List.of(controller), "/"));
        return this;
    }

    /** Lets the JVM be in a cgroup below the top of version 2, which is made. */
    FakeCgroups own(String cgroup) {
        var unified = hierarchies.getFirst();
        var at = Path.of(unified.mountPoint());
        try {
            for (var name : Path.of(cgroup.substring(1))) {
                at = Files.createDirectory(at.resolve(name));
                populate(at);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        hierarchies.set(0, Hierarchy.unified(unified.mountPoint(), unified.controllers(), cgroup));
        return this;
    }

    /** Lets the JVM run as a user. */
    FakeCgroups user(int uid) {
        user = uid;
        return this;
    }

    /** Marks a cgroup as systemd marks what it delegates. */
    FakeCgroups delegated(String cgroup) {
        marked.add(cgroup);
        return this;
    }

    /** Adds a process as procfs shows it. */
    FakeCgroups process(int pid, String name, int parent, int uid) {
        try {
            var file = Files.createDirectories(root.resolve("proc/" + pid)).resolve("status");
            Files.writeString(
                    file,
                    "Name:\t%s\nPPid:\t%d\nUid:\t%d\t%d\t%d\t%d\n"
                            .formatted(name, parent, uid, uid, uid, uid));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    private Path mount(String name, Map<String, String> files) {
        try {
            var mount = Files.createDirectories(root.resolve(name));
            templates.put(mount, files);
            populate(mount);
            return mount;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    CgroupHost host() {
        return new CgroupHost(new SystemCalls(this), hierarchies);
    }

    /** Lets one call fail, the first being 1. */
    void fail(int call, Errno errno) {
        countdown = call;
        failure = errno;
    }

    /**
     * Denies, from now on, what this user may not do: {@code mkdir}; the name of a file that is
     * opened; {@code rmdir:} with the path of a directory below the folder, which is EIO; {@code
     * mine:} with the path of all that may be written.
     */
    void deny(String what) {
        denied = what;
    }

    /** Whether the call that was to fail has come. */
    boolean failed() {
        return countdown <= 0;
    }

    /** Returns what was written: the path below the folder, and the text. */
    List<String> written() {
        return List.copyOf(written);
    }

    /** Returns the descriptors that are open. */
    Set<Long> open() {
        return Set.copyOf(open);
    }

    /** Returns the directories below the hierarchies. */
    List<String> directories() {
        var found = new ArrayList<String>();
        for (var mount : templates.keySet()) {
            try (var files = Files.walk(mount)) {
                files.filter(f -> Files.isDirectory(f) && !f.equals(mount))
                        .forEach(f -> found.add(root.relativize(f).toString()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return found;
    }

    /** Writes a file as the kernel would, which counts and reports. */
    void show(String file, String text) {
        try {
            Files.writeString(root.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String text(String file) {
        try {
            return Files.readString(root.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Architecture architecture() {
        return linux.architecture();
    }

    @Override
    public int launch(LaunchPlan plan, LaunchRequest request) {
        throw new UnsupportedOperationException("no process is made here");
    }

    @Override
    public long call(Syscall syscall, long... arguments) {
        if (!SURE.contains(syscall)) {
            countdown--;
            if (countdown == 0) {
                return -failure.number();
            }
        }
        try {
            return switch (syscall) {
                case BPF -> -Errno.EPERM.number();
                case WRITE -> write(file(arguments[0]), string(arguments[1], arguments[2]));
                case MKDIRAT -> {
                    if (denied.equals("mkdir") || isDenied(resolve(arguments))) {
                        yield -Errno.EACCES.number();
                    }
                    long result = linux.call(syscall, arguments);
                    if (result == 0) {
                        populate(resolve(arguments));
                    }
                    yield result;
                }
                case UNLINKAT ->
                        denied.equals("rmdir:" + root.relativize(resolve(arguments)))
                                ? -Errno.EIO.number()
                                : remove(resolve(arguments));
                case GETEUID -> user == null ? linux.call(syscall, arguments) : user;
                case FACCESSAT2 ->
                        arguments[2] == WRITABLE && isDenied(resolve(arguments))
                                ? -Errno.EACCES.number()
                                : linux.call(syscall, arguments);
                case FGETXATTR -> {
                    boolean delegated =
                            string(arguments[1], -1).equals("user.delegate")
                                    && marked.contains(below(file(arguments[0])));
                    yield delegated ? one(arguments[2]) : -Errno.ENODATA.number();
                }
                case OPENAT, OPENAT2 -> {
                    var path = string(arguments[1], -1);
                    if (path.startsWith("/proc/")) {
                        yield openProcess(path, arguments[2]);
                    }
                    // What is written is opened by openat(2).
                    if (syscall == Syscall.OPENAT
                            && (arguments[2] & 3) != 0
                            && isDenied(resolve(arguments))) {
                        yield -Errno.EACCES.number();
                    }
                    if (string(arguments[1], -1).equals(denied)) {
                        yield -Errno.EACCES.number();
                    }
                    long fd = linux.call(syscall, arguments);
                    if (fd >= 0) {
                        open.add(fd);
                    }
                    yield fd;
                }
                case CLOSE -> {
                    open.remove(arguments[0]);
                    yield linux.call(syscall, arguments);
                }
                default -> linux.call(syscall, arguments);
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String below(Path path) {
        return root.relativize(path).toString();
    }

    /** Everything that a user has not been given, as {@code mine:} with what has been. */
    private boolean isDenied(Path path) {
        return denied.startsWith("mine:")
                && !("/" + below(path.normalize())).startsWith("/" + denied.substring(5));
    }

    private long openProcess(String path, long flags) {
        try (var memory = Memory.open()) {
            long fd = linux.call(Syscall.OPENAT, -100, memory.string(root + path), flags, 0);
            if (fd >= 0) {
                open.add(fd);
            }
            return fd;
        }
    }

    @SuppressWarnings("restricted")
    private static long one(long address) {
        MemorySegment.ofAddress(address)
                .reinterpret(1)
                .set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) '1');
        return 1;
    }

    private void populate(Path directory) throws IOException {
        for (var hierarchy : templates.entrySet()) {
            if (directory.startsWith(hierarchy.getKey())) {
                for (var file : hierarchy.getValue().entrySet()) {
                    if (!offers(directory, hierarchy.getKey(), file.getKey())) {
                        continue;
                    }
                    Files.writeString(directory.resolve(file.getKey()), file.getValue());
                }
            }
        }
    }

    /** In version 2 the files of a controller are there once the cgroup above has enabled it. */
    private static boolean offers(Path directory, Path mount, String file) throws IOException {
        var controller = file.substring(0, Math.max(0, file.indexOf('.')));
        var enabled = directory.resolveSibling("cgroup.subtree_control");
        return directory.equals(mount)
                || controller.equals("cgroup")
                || !Files.exists(enabled)
                || List.of(Files.readString(enabled).split(" ", -1)).contains(controller);
    }

    private long write(Path file, String text) throws IOException {
        var name = file.getFileName().toString();
        var directory = file.resolveSibling("");
        switch (name) {
            case "cgroup.subtree_control" -> {
                if (!Files.readString(directory.resolve("cgroup.procs")).isBlank()) {
                    return -Errno.EBUSY.number();
                }
                Files.writeString(file, Files.readString(file) + text.substring(1) + " ");
                handDown(directory, text.substring(1));
            }
            case "cgroup.procs" -> {
                var above = directory.resolveSibling("cgroup.procs");
                var left = new ArrayList<>(Files.readAllLines(above));
                left.remove(text);
                Files.write(above, left);
                Files.writeString(file, Files.readString(file) + text + "\n");
            }
            case "cgroup.freeze" -> {
                Files.writeString(file, text);
                Files.writeString(
                        directory.resolve("cgroup.events"), "populated 0\nfrozen " + text + "\n");
            }
            default -> Files.writeString(file, text);
        }
        written.add(root.relativize(file) + " " + text);
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static void handDown(Path directory, String controller) throws IOException {
        try (var files = Files.list(directory)) {
            for (var child : files.filter(Files::isDirectory).toList()) {
                var file = child.resolve("cgroup.controllers");
                var controllers = Files.readString(file);
                if (!List.of(controllers.strip().split(" ", -1)).contains(controller)) {
                    Files.writeString(file, controllers.strip() + " " + controller + "\n");
                }
            }
        }
    }

    private static long remove(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return -Errno.ENOENT.number();
        }
        try (var files = Files.list(directory)) {
            var all = files.toList();
            if (all.stream().anyMatch(Files::isDirectory)) {
                return -Errno.EBUSY.number();
            }
            for (var file : all) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
        return 0;
    }

    private static Path resolve(long[] arguments) throws IOException {
        var name = string(arguments[1], -1);
        return name.startsWith("/") ? Path.of(name) : file(arguments[0]).resolve(name);
    }

    private static Path file(long fd) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd));
    }

    /** Reads an argument of a call: a number of bytes, or up to the first zero when negative. */
    @SuppressWarnings("restricted")
    private static String string(long address, long size) {
        var memory = MemorySegment.ofAddress(address).reinterpret(size < 0 ? 4096 : size);
        return size < 0
                ? memory.getString(0)
                : new String(
                        memory.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE),
                        StandardCharsets.UTF_8);
    }
}
