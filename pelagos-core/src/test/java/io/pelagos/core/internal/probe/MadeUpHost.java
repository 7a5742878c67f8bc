package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.Syscall;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A host that a test describes: by default a recent one with everything, used by root. */
final class MadeUpHost implements Kernel, HostFiles {
    private static final String ALL_CAPABILITIES = "000001ffffffffff";

    final List<Syscall> called = new ArrayList<>();
    private final Map<Syscall, Long> results = new EnumMap<>(Syscall.class);
    private final Map<String, String> files = new HashMap<>();
    private final Map<String, String> variables = new HashMap<>();
    private final Set<String> unwritable = new HashSet<>();
    private final Set<String> programs = new HashSet<>();
    private final Set<String> privileged = new HashSet<>();
    private final Map<String, String> versions = new HashMap<>();
    private String userName = "root";

    MadeUpHost() {
        release("6.18.5").capabilities(ALL_CAPABILITIES);
        file("/proc/self/uid_map", "         0          0 4294967295\n");
        for (var kind : List.of("user", "mnt", "pid", "uts", "ipc", "net", "cgroup", "time")) {
            file("/proc/self/ns/" + kind, "");
            file("/proc/sys/user/max_" + kind + "_namespaces", "60000\n");
        }
        file("/proc/filesystems", "nodev\tproc\nnodev\toverlay\n\text4\n");
        file("/sys/kernel/security/lsm", "lockdown,capability,landlock,yama,apparmor");
        file("/proc/sys/vm/memfd_noexec", "0\n");
        file("/sys/module/bridge", "").answers(Syscall.SOCKET, 78);
        file("/dev/fuse", "").file("/dev/net/tun", "");
        file("/proc/self/cgroup", "0::/user.slice/me.scope\n");
        file(
                "/proc/self/mountinfo",
                """
                25 1 0:22 / / rw - ext4 /dev/vda rw
                31 25 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw
                """);
        file(
                "/sys/fs/cgroup/user.slice/me.scope/cgroup.controllers",
                "cpuset cpu io memory hugetlb pids rdma misc\n");
        fails(Syscall.CLONE3, Errno.EINVAL).fails(Syscall.PIDFD_OPEN, Errno.EINVAL);
        fails(Syscall.PIDFD_SEND_SIGNAL, Errno.EBADF).fails(Syscall.FSOPEN, Errno.ENODEV);
        fails(Syscall.OPEN_TREE, Errno.EINVAL).fails(Syscall.MOVE_MOUNT, Errno.EINVAL);
        fails(Syscall.MOUNT_SETATTR, Errno.EINVAL);
        answers(Syscall.LANDLOCK_CREATE_RULESET, 7).answers(Syscall.SECCOMP, 0);
        answers(Syscall.MEMFD_CREATE, 77).answers(Syscall.CLOSE, 0);
        answers(Syscall.GETUID, 0).answers(Syscall.GETEUID, 0);
        for (var name : List.of("newuidmap", "newgidmap", "pasta", "nft", "fuse-overlayfs")) {
            program(name);
        }
        privileged.add("/usr/bin/newuidmap");
        privileged.add("/usr/bin/newgidmap");
        file("/etc/subuid", "root:100000:65536\n").file("/etc/subgid", "root:100000:65536\n");
    }

    Finding probe(String name) {
        return HostProbe.probe(this, this).stream()
                .filter(finding -> finding.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no finding is named " + name));
    }

    MadeUpHost release(String release) {
        return file("/proc/sys/kernel/osrelease", release + "\n");
    }

    MadeUpHost capabilities(String hex) {
        return file("/proc/self/status", "Name:\tjava\nCapEff:\t" + hex + "\nCapBnd:\t0\n");
    }

    MadeUpHost user(String name, int uid) {
        userName = name;
        return answers(Syscall.GETUID, uid)
                .answers(Syscall.GETEUID, uid)
                .capabilities("0000000000000000");
    }

    MadeUpHost file(String path, String text) {
        files.put(path, text);
        return this;
    }

    MadeUpHost variable(String name, String value) {
        variables.put(name, value);
        return this;
    }

    MadeUpHost absent(String path) {
        files.remove(path);
        return this;
    }

    MadeUpHost unwritable(String path) {
        unwritable.add(path);
        return this;
    }

    MadeUpHost program(String name) {
        programs.add("/usr/bin/" + name);
        return this;
    }

    MadeUpHost withoutProgram(String name) {
        programs.remove("/usr/bin/" + name);
        return this;
    }

    MadeUpHost unprivilegedProgram(String name) {
        privileged.remove("/usr/bin/" + name);
        return this;
    }

    MadeUpHost answers(Syscall syscall, long result) {
        results.put(syscall, result);
        return this;
    }

    MadeUpHost fails(Syscall syscall, Errno errno) {
        return answers(syscall, -errno.number());
    }

    @Override
    public Architecture architecture() {
        return Architecture.X86_64;
    }

    @Override
    public long call(Syscall syscall, long... arguments) {
        called.add(syscall);
        var result = results.get(syscall);
        if (result == null) {
            throw new AssertionError("nobody told what " + syscall + " answers");
        }
        return result;
    }

    @Override
    public int launch(LaunchPlan plan, LaunchRequest request) {
        throw new AssertionError("probing starts no process");
    }

    @Override
    public Optional<String> read(String path) {
        return Optional.ofNullable(files.get(path));
    }

    @Override
    public boolean exists(String path) {
        return files.containsKey(path);
    }

    @Override
    public boolean writable(String path) {
        return !unwritable.contains(path);
    }

    @Override
    public boolean executable(String path) {
        return programs.contains(path);
    }

    @Override
    public Optional<String> version(String path) {
        return Optional.ofNullable(versions.get(path));
    }

    MadeUpHost version(String path, String output) {
        versions.put(path, output);
        return this;
    }

    @Override
    public boolean raisesPrivileges(String path) {
        return privileged.contains(path);
    }

    @Override
    public List<String> searchPath() {
        return List.of("/usr/local/bin", "/usr/bin");
    }

    @Override
    public Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name));
    }

    @Override
    public String userName() {
        return userName;
    }
}
