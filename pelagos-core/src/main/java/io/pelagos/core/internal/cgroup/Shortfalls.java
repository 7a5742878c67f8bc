package io.pelagos.core.internal.cgroup;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects shortfalls as warnings, or turns the first into an exception when limits are required.
 */
final class Shortfalls {
    private final boolean required;
    private final List<String> warnings = new ArrayList<>();

    Shortfalls(boolean required) {
        this.required = required;
    }

    /** Reports something the caller asked for. */
    void report(Shortfall shortfall, @Nullable Throwable cause) {
        if (required) {
            throw new CgroupException(shortfall, cause);
        }
        warn(shortfall);
    }

    /** Reports something that is missing although nobody asked for it by name. */
    void warn(Shortfall shortfall) {
        var warning = shortfall.toString();
        if (!warnings.contains(warning)) {
            warnings.add(warning);
        }
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }
}
