package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Resources.DeviceRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts device rules in force: by the v1 devices controller where a host has it and the rules can be
 * said in its form, else by a program in version 2.
 *
 * <p>An unprivileged JVM can do neither, and needs neither as long as its caller has no rules: its
 * containers are in user namespaces, where no node can be made and no device can be opened but
 * those its user may open anyway.
 *
 * @param unified the directory of version 2, or null
 * @param devices the directory in the devices hierarchy of version 1, or null
 * @param shortfalls where to report what cannot be enforced
 */
record DeviceLimiter(
        @Nullable CgroupDirectory unified,
        @Nullable CgroupDirectory devices,
        Shortfalls shortfalls) {

    /**
     * Puts the default rules and the caller's in force.
     *
     * @param calls where calls go
     * @param rules the caller's rules
     */
    void write(SystemCalls calls, List<DeviceRule> rules) {
        var all = DeviceRules.withDefaults(rules);
        if (rules.isEmpty() && calls.retry(Syscall.GETEUID) != 0) {
            return;
        }
        try {
            if (!enforce(all)) {
                report(rules, "no devices controller and no cgroup v2", "mount cgroup2", null);
            }
        } catch (ErrnoException e) {
            switch (e.errno()) {
                case EPERM, EACCES, EROFS ->
                        report(rules, message(e), "give the JVM CAP_BPF and CAP_SYS_ADMIN", e);
                case EINVAL, ENOSYS, EOPNOTSUPP, ENOENT ->
                        report(rules, message(e), "use a kernel with CONFIG_CGROUP_BPF", e);
                default -> throw e;
            }
        }
    }

    private boolean enforce(DeviceRules rules) {
        if (devices != null) {
            var form = LegacyDevices.of(rules);
            if (form.inexpressible().isEmpty()) {
                form.write(devices);
                return true;
            }
            if (unified == null) {
                report(
                        form.inexpressible(),
                        "the v1 devices controller cannot deny a part of an allowed range",
                        "allow the single devices instead",
                        null);
                form.write(devices);
                return true;
            }
        }
        if (unified == null) {
            return rules.unrestricted();
        }
        DeviceFilter.replace(unified, rules);
        return true;
    }

    private void report(
            List<DeviceRule> rules, String why, String remedy, @Nullable ErrnoException cause) {
        if (rules.isEmpty()) {
            shortfalls.warn(new Shortfall("the default device rules", why, remedy));
        } else {
            shortfalls.report(new Shortfall("the device rules " + rules, why, remedy), cause);
        }
    }

    private static String message(ErrnoException e) {
        return e.getMessage() == null ? e.errno().toString() : e.getMessage();
    }
}
