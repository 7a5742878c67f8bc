package io.pelagos.core.internal.plan;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.KernelVersion;
import io.pelagos.core.security.Lsm;
import io.pelagos.core.spec.Rlimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Reads the facts about this machine; needs no privileges. */
public final class HostFactsReader {
    private static final int LANDLOCK_CREATE_RULESET_VERSION = 1;
    private static final int UTS_RELEASE = 130;
    private static final int UTSNAME_SIZE = 390;

    /** Where programs and libraries are. */
    private static final List<String> TREES =
            List.of("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32");

    /** What programs need of /etc to resolve names, users, libraries, times and certificates. */
    private static final List<String> SETTINGS =
            List.of(
                    "/etc/alternatives",
                    "/etc/ca-certificates",
                    "/etc/group",
                    "/etc/host.conf",
                    "/etc/ld.so.cache",
                    "/etc/ld.so.conf",
                    "/etc/ld.so.conf.d",
                    "/etc/localtime",
                    "/etc/mime.types",
                    "/etc/nsswitch.conf",
                    "/etc/passwd",
                    "/etc/pki",
                    "/etc/protocols",
                    "/etc/resolv.conf",
                    "/etc/services",
                    "/etc/ssl/certs",
                    "/etc/ssl/openssl.cnf",
                    "/etc/timezone");

    private HostFactsReader() {}

    /** Reads the facts. */
    public static HostFacts read(SystemCalls calls, boolean cgroup2) {
        return new HostFacts(
                calls.kernel().architecture(),
                KernelVersion.parse(release(calls)),
                landlockAbi(calls),
                cgroup2,
                nofileHard(calls),
                boundingSet(readFile("/proc/self/status")),
                hostRoot(),
                effective(),
                isNested(readFile("/proc/self/uid_map")),
                modules());
    }

    /**
     * Reads the facts from files of procfs, without a system call of ours. The version of Landlock
     * is in no file and is given as 0.
     *
     * @throws UncheckedIOException when procfs cannot be read
     */
    public static HostFacts readFiles() {
        return new HostFacts(
                Architecture.current(),
                KernelVersion.parse(readFile("/proc/sys/kernel/osrelease").strip()),
                0,
                // The line of the cgroup2 hierarchy, see cgroups(7).
                readFile("/proc/self/cgroup").lines().anyMatch(line -> line.startsWith("0::")),
                nofileHard(readFile("/proc/self/limits")),
                boundingSet(readFile("/proc/self/status")),
                hostRoot(),
                effective(),
                isNested(readFile("/proc/self/uid_map")),
                modules());
    }

    /**
     * Reads what the JVM itself may do now, from a file of procfs.
     *
     * @throws UncheckedIOException when procfs cannot be read
     */
    public static Set<Capability> effective() {
        return effectiveSet(readFile("/proc/self/status"));
    }

    /** Known from sysfs, since securityfs is often not mounted. */
    private static Set<Lsm> modules() {
        var modules = EnumSet.noneOf(Lsm.class);
        var enabled = Path.of("/sys/module/apparmor/parameters/enabled");
        if (Files.isReadable(enabled) && readFile(enabled.toString()).startsWith("Y")) {
            modules.add(Lsm.APPARMOR);
        }
        if (Files.exists(Path.of("/sys/fs/selinux/enforce"))) {
            modules.add(Lsm.SELINUX);
        }
        return modules;
    }

    private static String readFile(String path) {
        try {
            return Files.readString(Path.of(path));
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + path, e);
        }
    }

    /** Finds the hard limit in a line such as {@code Max open files 1024 524288 files}. */
    static long nofileHard(String limits) {
        var line =
                limits.lines()
                        .filter(l -> l.startsWith("Max open files"))
                        .findFirst()
                        .orElseThrow(
                                () -> new IllegalStateException("/proc/self/limits: " + limits));
        var hard = line.split("\\s+", -1)[4];
        return hard.equals("unlimited") ? Rlimit.Limit.UNLIMITED : Long.parseLong(hard);
    }

    /** Finds the set in a line such as {@code CapBnd: 000001fffeffffff}, see capabilities(7). */
    static Set<Capability> boundingSet(String status) {
        return capabilities(status, "CapBnd:");
    }

    /** Finds the set in a line such as {@code CapEff: 0000000000000000}. */
    static Set<Capability> effectiveSet(String status) {
        return capabilities(status, "CapEff:");
    }

    private static Set<Capability> capabilities(String status, String which) {
        var set =
                status.lines()
                        .filter(l -> l.startsWith(which))
                        .findFirst()
                        .orElseThrow(
                                () -> new IllegalStateException("/proc/self/status: " + status));
        return Capability.ofMask(Long.parseUnsignedLong(set.split("\\s+", -1)[1], 16));
    }

    /** The machine's own user namespace maps every id to itself. */
    static boolean isNested(String uidMap) {
        return !uidMap.strip().matches("0\\s+0\\s+4294967295");
    }

    /** Returns the release of the kernel, see uname(2). */
    private static String release(SystemCalls calls) {
        try (var memory = Memory.open()) {
            var name = memory.block(UTSNAME_SIZE);
            SystemCalls.check(calls.retry(Syscall.UNAME, name.address()), Syscall.UNAME, "…");
            return name.getString(UTS_RELEASE);
        }
    }

    private static int landlockAbi(SystemCalls calls) {
        long abi =
                calls.retry(Syscall.LANDLOCK_CREATE_RULESET, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
        return (int) Math.max(abi, 0);
    }

    private static long nofileHard(SystemCalls calls) {
        try (var memory = Memory.open()) {
            var limit = memory.block(16);
            SystemCalls.check(
                    calls.retry(Syscall.PRLIMIT64, 0, Rlimit.NOFILE.number(), 0, limit.address()),
                    Syscall.PRLIMIT64,
                    0,
                    "RLIMIT_NOFILE",
                    "NULL",
                    "…");
            return limit.getLong(8);
        }
    }

    private static List<HostFacts.HostEntry> hostRoot() {
        var entries = new ArrayList<HostFacts.HostEntry>();
        for (var tree : TREES) {
            var path = Path.of(tree);
            if (Files.isSymbolicLink(path)) {
                entries.add(new HostFacts.HostEntry(tree, linkTarget(path), true));
            } else if (Files.isDirectory(path)) {
                entries.add(new HostFacts.HostEntry(tree, null, true));
            }
        }
        for (var setting : SETTINGS) {
            var path = Path.of(setting);
            if (Files.exists(path)) {
                entries.add(new HostFacts.HostEntry(setting, null, Files.isDirectory(path)));
            }
        }
        return entries;
    }

    private static String linkTarget(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
