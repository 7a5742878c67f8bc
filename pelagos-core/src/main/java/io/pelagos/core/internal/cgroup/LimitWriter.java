package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.spec.Resources;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the tables of limits into the directories of one container: each setting where its
 * controller is, v1 hierarchies before version 2.
 *
 * @param unified the directory of version 2, or null
 * @param legacy the directories of version 1 by controller
 * @param v1 the controllers that this host has in v1 hierarchies, whether there is a directory or
 *     not
 * @param reasons why a controller cannot be used, as far as that is known
 * @param shortfalls where to report what cannot be set
 */
record LimitWriter(
        @Nullable CgroupDirectory unified,
        Map<String, CgroupDirectory> legacy,
        Set<String> v1,
        Map<String, String> reasons,
        Shortfalls shortfalls) {

    /** Writes every limit. */
    void write(Resources resources) {
        for (var setting : LegacyLimits.legacy(resources)) {
            if (v1.contains(v1Name(setting.controller()))) {
                set(legacy.get(v1Name(setting.controller())), setting);
            }
        }
        if (v1.contains("memory")) {
            var directory = legacy.get("memory");
            var inForce =
                    directory == null
                            ? new LegacyMemory(LegacyMemory.UNLIMITED, LegacyMemory.UNLIMITED)
                            : LegacyMemory.of(directory);
            inForce.to(resources.memory()).forEach(setting -> set(directory, setting));
        }
        for (var setting : Limits.unified(resources)) {
            if (!v1.contains(v1Name(setting.controller()))) {
                set(unified, setting);
            }
        }
    }

    /** Returns the controllers of version 2 that the limits need. */
    static Set<String> needed(Resources resources, Set<String> v1) {
        var needed = new java.util.LinkedHashSet<String>();
        for (var setting : Limits.unified(resources)) {
            if (!setting.writes().isEmpty()
                    && !setting.controller().equals("cgroup")
                    && !v1.contains(v1Name(setting.controller()))) {
                needed.add(setting.controller());
            }
        }
        return needed;
    }

    /** Returns the name that version 1 has for a controller of version 2. */
    static String v1Name(String controller) {
        return controller.equals("io") ? "blkio" : controller;
    }

    private void set(@Nullable CgroupDirectory directory, Setting setting) {
        if (setting.unsupported() != null) {
            shortfalls.report(
                    new Shortfall(setting.option(), setting.unsupported(), "leave it out"), null);
            return;
        }
        if (directory != null) {
            for (var write : setting.writes()) {
                if (directory.has(write.file())) {
                    write(directory, setting, write);
                    return;
                }
            }
        }
        shortfalls.report(missing(directory, setting), null);
    }

    private void write(CgroupDirectory directory, Setting setting, Setting.Write write) {
        try {
            directory.write(write.file(), write.text());
        } catch (ErrnoException e) {
            var why = directory + ": " + e.getMessage();
            switch (e.errno()) {
                case EACCES, EPERM, EROFS ->
                        shortfalls.report(
                                new Shortfall(setting.option(), why, Remedies.DELEGATE), e);
                case EOPNOTSUPP ->
                        shortfalls.report(
                                new Shortfall(
                                        setting.option(), why, "use a kernel that supports it"),
                                e);
                case EBUSY ->
                        shortfalls.report(
                                new Shortfall(
                                        setting.option(),
                                        why,
                                        "more is in use; try again with less in use or a higher"
                                                + " limit"),
                                e);
                default ->
                        throw new CgroupException(
                                new Shortfall(
                                        setting.option(),
                                        why,
                                        "check the value against what the machine and the cgroup"
                                                + " above have"),
                                e);
            }
        }
    }

    private Shortfall missing(@Nullable CgroupDirectory directory, Setting setting) {
        var controller = setting.controller();
        var reason = reasons.get(controller);
        if (reason == null) {
            reason = reasons.get(v1Name(controller));
        }
        if (reason != null) {
            return new Shortfall(setting.option(), reason, Remedies.of(reason));
        }
        if (directory == null) {
            return new Shortfall(
                    setting.option(),
                    "no cgroup hierarchy with the " + controller + " controller is mounted",
                    "mount cgroup2 at /sys/fs/cgroup");
        }
        var files = setting.writes().stream().map(Setting.Write::file).toList();
        return new Shortfall(
                setting.option(),
                directory + " has no " + String.join(" and no ", files),
                "use a kernel with that part of the "
                        + controller
                        + " controller, or leave it out");
    }

    /** What to do about the usual reasons. */
    static final class Remedies {
        static final String DELEGATE =
                "run as root, or start the JVM in a cgroup that is delegated to this user"
                        + " (systemd-run --user --scope -p Delegate=yes java …)";
        static final String BUSY_REASON = "has processes beside the JVM";
        private static final String ALONE =
                "start the JVM in a cgroup of its own (systemd-run --user --scope -p Delegate=yes"
                        + " java …; as root without --user), or name an empty cgroup with cgroupParent";
        private static final List<String> DENIED = List.of("EACCES", "EPERM", "EROFS");

        private Remedies() {}

        static String of(String reason) {
            if (reason.contains(BUSY_REASON)) {
                return ALONE;
            }
            return DENIED.stream().anyMatch(reason::contains)
                    ? DELEGATE
                    : "enable the controller in the cgroup above, or leave the limit out";
        }
    }
}
