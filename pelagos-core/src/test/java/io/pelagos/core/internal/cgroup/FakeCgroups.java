package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.LinuxKernel;
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

    private final Kernel linux = new LinuxKernel();
    private final Path root;
    private final Map<Path, Map<String, String>> templates = new LinkedHashMap<>();
    private final List<Hierarchy> hierarchies = new ArrayList<>();
    private final List<String> written = new ArrayList<>();
    private final Set<Long> open = new TreeSet<>();
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
     * opened; {@code rmdir:} with the path of a directory below the folder, which is EIO.
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
                    if (denied.equals("mkdir")) {
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
                case OPENAT, OPENAT2 -> {
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
            }
            case "cgroup.procs" -> {
                var above = directory.resolveSibling("cgroup.procs");
                Files.writeString(above, Files.readString(above).replace(text + "\n", ""));
                Files.writeString(file, text + "\n");
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
