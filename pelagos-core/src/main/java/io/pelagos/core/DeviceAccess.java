package io.pelagos.core;

import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Resources.DeviceRule;
import java.util.ArrayList;
import java.util.List;

/** Which devices the cgroup of a container lets it use, beside the usual ones. */
final class DeviceAccess {
    private static final String ALL = "rwm";

    private DeviceAccess() {}

    /** Returns the limits of a container with all rules for devices that follow from the rest. */
    static Resources of(ContainerSpec spec) {
        var limits = spec.resources();
        return new Resources(
                limits.memory(),
                limits.cpu(),
                limits.pids(),
                limits.io(),
                limits.hugetlb(),
                rules(spec),
                limits.unified(),
                limits.parent(),
                limits.required());
    }

    /** A privileged container may use all, any other those it is given; the caller's rules win. */
    private static List<DeviceRule> rules(ContainerSpec spec) {
        var rules = new ArrayList<DeviceRule>();
        if (spec.confinement().privileged()) {
            rules.add(new DeviceRule(true, null, null, null, ALL));
        }
        for (var device : spec.devices()) {
            if (device.type() != Device.Type.FIFO) {
                rules.add(
                        new DeviceRule(
                                true,
                                device.type(),
                                device.major(),
                                device.minor(),
                                device.access()));
            }
        }
        rules.addAll(spec.resources().devices());
        return rules;
    }
}
