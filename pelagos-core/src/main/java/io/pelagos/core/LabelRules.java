package io.pelagos.core;

import io.pelagos.core.internal.plan.HostFacts;
import io.pelagos.core.security.Lsm;
import io.pelagos.core.security.LsmLabels;
import io.pelagos.core.spec.ContainerSpec;

/** That a label is demanded only where there is a security module which it means something to. */
final class LabelRules {
    private LabelRules() {}

    /**
     * Refuses what would leave a container less confined than was asked for.
     *
     * @throws UnsupportedHostException naming the option, its value and the module
     */
    static void check(ContainerSpec spec, HostFacts facts) {
        var labels = spec.confinement().labels();
        for (var required : labels.required()) {
            if (!facts.modules().contains(required)) {
                throw missing(required, labels);
            }
        }
    }

    private static UnsupportedHostException missing(Lsm required, LsmLabels labels) {
        var option =
                required == Lsm.APPARMOR
                        ? "apparmorProfile \"" + labels.apparmorProfile() + "\""
                        : labels.selinuxLabel() != null
                                ? "selinuxLabel \"" + labels.selinuxLabel() + "\""
                                : "mountLabel \"" + labels.mountLabel() + "\"";
        return new UnsupportedHostException(
                option
                        + ": "
                        + required.title()
                        + " is not in force on this machine ("
                        + required.absence()
                        + "): leave the option out, or boot with a security= or lsm= parameter that"
                        + " has it");
    }
}
