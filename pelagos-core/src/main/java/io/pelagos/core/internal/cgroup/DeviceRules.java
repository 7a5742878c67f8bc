package io.pelagos.core.internal.cgroup;

import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.Resources.DeviceRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a container may do with devices: everything is denied at first, and of the rules that match
 * a device and an access the last one decides. Each of read, write and mknod is decided by itself,
 * so a rule that denies writing also denies opening for both.
 *
 * @param rules the rules in order
 */
record DeviceRules(List<DeviceRule> rules) {
    /**
     * What every container may do, as OCI runtimes have it: make any node (mknod(2) alone gives no
     * access), and use the devices of the default {@code /dev} and its terminals.
     */
    static final List<DeviceRule> DEFAULT =
            List.of(
                    allow(Device.Type.CHARACTER, null, null, "m"),
                    allow(Device.Type.BLOCK, null, null, "m"),
                    allow(Device.Type.CHARACTER, 1, 3, "rwm"), // null
                    allow(Device.Type.CHARACTER, 1, 5, "rwm"), // zero
                    allow(Device.Type.CHARACTER, 1, 7, "rwm"), // full
                    allow(Device.Type.CHARACTER, 1, 8, "rwm"), // random
                    allow(Device.Type.CHARACTER, 1, 9, "rwm"), // urandom
                    allow(Device.Type.CHARACTER, 5, 0, "rwm"), // tty
                    allow(Device.Type.CHARACTER, 5, 1, "rwm"), // console
                    allow(Device.Type.CHARACTER, 5, 2, "rwm"), // ptmx
                    allow(Device.Type.CHARACTER, 136, null, "rwm")); // pts/*

    /** Copies the list. */
    DeviceRules {
        rules = List.copyOf(rules);
    }

    /** Returns the default rules and the caller's after them. */
    static DeviceRules withDefaults(List<DeviceRule> rules) {
        var all = new ArrayList<>(DEFAULT);
        all.addAll(rules);
        return new DeviceRules(all);
    }

    /**
     * Decides, rule by rule; what the program and the v1 files do must be equal to this.
     *
     * @param access letters of {@code rwm}, at least one
     */
    boolean allows(Device.Type type, int major, int minor, String access) {
        return access.chars().allMatch(letter -> allows(type, major, minor, letter));
    }

    private boolean allows(Device.Type type, int major, int minor, int letter) {
        for (var rule : rules.reversed()) {
            if ((rule.type() == null || rule.type() == type)
                    && (rule.major() == null || rule.major() == major)
                    && (rule.minor() == null || rule.minor() == minor)
                    && rule.access().indexOf(letter) >= 0) {
                return rule.allow();
            }
        }
        return false;
    }

    /** Tells whether the rules allow everything, so that nothing needs to be enforced. */
    boolean unrestricted() {
        for (var rule : rules.reversed()) {
            if (!rule.allow()) {
                return false;
            }
            if (isForAll(rule)) {
                return true;
            }
        }
        return false;
    }

    /** Tells whether a rule matches every device and every access. */
    static boolean isForAll(DeviceRule rule) {
        return rule.type() == null
                && rule.major() == null
                && rule.minor() == null
                && rule.access().equals("rwm");
    }

    private static DeviceRule allow(
            Device.Type type, @Nullable Integer major, @Nullable Integer minor, String access) {
        return new DeviceRule(true, type, major, minor, access);
    }
}
