package io.pelagos.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * An OCI bundle that asks for what ours does by default: six namespaces, the usual mounts, masked
 * and read-only paths, 11 capabilities, no new privileges.
 */
final class Bundle {
    private static final List<String> CAPABILITIES =
            List.of(
                    "CAP_CHOWN",
                    "CAP_DAC_OVERRIDE",
                    "CAP_FOWNER",
                    "CAP_FSETID",
                    "CAP_KILL",
                    "CAP_NET_BIND_SERVICE",
                    "CAP_SETFCAP",
                    "CAP_SETGID",
                    "CAP_SETPCAP",
                    "CAP_SETUID",
                    "CAP_SYS_CHROOT");
    private static final List<String> MASKED =
            List.of(
                    "/proc/acpi",
                    "/proc/asound",
                    "/proc/kcore",
                    "/proc/keys",
                    "/proc/latency_stats",
                    "/proc/timer_list",
                    "/proc/timer_stats",
                    "/proc/sched_debug",
                    "/proc/scsi",
                    "/sys/firmware");
    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private Bundle() {}

    /** Writes a bundle; the cgroup is below the caller's own, or null for none. */
    static void write(Path directory, Path root, String cgroupName, String... command)
            throws IOException {
        var linux = new LinkedHashMap<String, Object>();
        linux.put(
                "namespaces",
                List.of("pid", "mount", "uts", "ipc", "network", "cgroup").stream()
                        .map(type -> Map.of("type", type))
                        .toList());
        linux.put("maskedPaths", MASKED);
        linux.put("readonlyPaths", READ_ONLY);
        if (!cgroupName.isEmpty()) {
            linux.put("cgroupsPath", cgroupName);
        }
        var config = new LinkedHashMap<String, Object>();
        config.put("ociVersion", "1.0.2");
        config.put("root", Map.of("path", root.toString(), "readonly", false));
        config.put("hostname", "bench");
        config.put("process", process(List.of(command)));
        config.put("mounts", mounts());
        config.put("linux", linux);
        Files.writeString(
                directory.resolve("config.json"), JsonMapper.shared().writeValueAsString(config));
    }

    private static Map<String, Object> process(List<String> command) {
        var process = new LinkedHashMap<String, Object>();
        process.put("terminal", false);
        process.put("user", Map.of("uid", 0, "gid", 0));
        process.put("args", command);
        process.put("env", List.of("PATH=/bin"));
        process.put("cwd", "/");
        process.put("noNewPrivileges", true);
        process.put(
                "capabilities",
                Map.of(
                        "bounding",
                        CAPABILITIES,
                        "effective",
                        CAPABILITIES,
                        "permitted",
                        CAPABILITIES));
        return process;
    }

    private static List<Map<String, Object>> mounts() {
        var mounts = new ArrayList<Map<String, Object>>();
        mounts.add(mount("/proc", "proc", "nosuid", "noexec", "nodev"));
        mounts.add(mount("/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"));
        mounts.add(
                mount(
                        "/dev/pts",
                        "devpts",
                        "nosuid",
                        "noexec",
                        "newinstance",
                        "ptmxmode=0666",
                        "mode=0620"));
        mounts.add(mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777"));
        mounts.add(mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev"));
        mounts.add(mount("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro"));
        return mounts;
    }

    private static Map<String, Object> mount(String target, String type, String... options) {
        return Map.of(
                "destination", target, "type", type, "source", type, "options", List.of(options));
    }
}
