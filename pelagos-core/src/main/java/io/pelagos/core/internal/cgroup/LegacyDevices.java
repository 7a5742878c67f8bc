package io.pelagos.core.internal.cgroup;

import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.Resources.DeviceRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Device rules in the form of the v1 devices controller: one answer for everything, and exceptions
 * to it. The kernel knows no order among exceptions, and an access is an exception only if a single
 * one covers all of it; so exceptions that overlap are joined here by a further one for what they
 * have in common. What denies a part of what another rule allows as a range cannot be said.
 *
 * @param allowed the answer for everything without an exception
 * @param exceptions lines for {@code devices.allow} or {@code devices.deny}
 * @param inexpressible rules that cannot be said in this form
 */
record LegacyDevices(boolean allowed, List<String> exceptions, List<DeviceRule> inexpressible) {

    static LegacyDevices of(DeviceRules rules) {
        var form = new Form();
        rules.rules().forEach(form::add);
        return new LegacyDevices(form.allowed, form.lines(), List.copyOf(form.inexpressible));
    }

    /** Writes the form into a cgroup of the devices hierarchy. */
    void write(CgroupDirectory directory) {
        directory.write(allowed ? "devices.allow" : "devices.deny", "a");
        directory.write(allowed ? "devices.deny" : "devices.allow", exceptions);
    }

    /** A range of devices; null means all. */
    private record Range(Device.Type type, @Nullable Integer major, @Nullable Integer minor) {
        boolean covers(Range other) {
            return type == other.type
                    && (major == null || major.equals(other.major))
                    && (minor == null || minor.equals(other.minor));
        }

        @Nullable Range common(Range other) {
            if (type != other.type || differ(major, other.major) || differ(minor, other.minor)) {
                return null;
            }
            return new Range(
                    type, major == null ? other.major : major, minor == null ? other.minor : minor);
        }

        private static boolean differ(@Nullable Integer a, @Nullable Integer b) {
            return a != null && b != null && !a.equals(b);
        }

        String line(int access) {
            return type.letter()
                    + " "
                    + (major == null ? "*" : major)
                    + ":"
                    + (minor == null ? "*" : minor)
                    + " "
                    + ((access & 2) == 0 ? "" : "r")
                    + ((access & 4) == 0 ? "" : "w")
                    + ((access & 1) == 0 ? "" : "m");
        }
    }

    /** Takes the rules in, one after the other. */
    private static final class Form {
        boolean allowed;
        final Map<Range, Integer> exceptions = new LinkedHashMap<>();
        final List<DeviceRule> inexpressible = new ArrayList<>();

        void add(DeviceRule rule) {
            if (DeviceRules.isForAll(rule)) {
                allowed = rule.allow();
                exceptions.clear();
                inexpressible.clear();
                return;
            }
            var types =
                    rule.type() == null
                            ? List.of(Device.Type.CHARACTER, Device.Type.BLOCK)
                            : List.of(rule.type());
            for (var type : types) {
                var range = new Range(type, rule.major(), rule.minor());
                int access = DeviceProgram.bits(rule.access());
                if (rule.allow() != allowed) {
                    except(range, access);
                } else if (!restore(range, access) && !inexpressible.contains(rule)) {
                    inexpressible.add(rule);
                }
            }
        }

        private void except(Range range, int access) {
            var joined = new LinkedHashMap<Range, Integer>();
            joined.put(range, access);
            exceptions.forEach(
                    (other, had) -> {
                        var common = range.common(other);
                        if (common != null) {
                            joined.merge(common, access | had, (a, b) -> a | b);
                        }
                    });
            joined.forEach((key, value) -> exceptions.merge(key, value, (a, b) -> a | b));
        }

        private boolean restore(Range range, int access) {
            boolean whole = true;
            for (var exception : exceptions.entrySet()) {
                if (range.covers(exception.getKey())) {
                    exception.setValue(exception.getValue() & ~access);
                } else if (range.common(exception.getKey()) != null
                        && (exception.getValue() & access) != 0) {
                    whole = false;
                }
            }
            exceptions.values().removeIf(bits -> bits == 0);
            return whole;
        }

        List<String> lines() {
            var lines = new ArrayList<String>();
            exceptions.forEach((range, access) -> lines.add(range.line(access)));
            return List.copyOf(lines);
        }
    }
}
