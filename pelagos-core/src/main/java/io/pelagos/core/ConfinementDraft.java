package io.pelagos.core;

import io.pelagos.core.security.Capability;
import io.pelagos.core.security.DefaultPaths;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.LsmLabels;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.spec.Confinement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a container may do while it is being described; it begins with the default protection. */
final class ConfinementDraft {
    final EnumSet<Capability> capabilities = EnumSet.copyOf(Capability.DEFAULTS);
    final EnumSet<Capability> ambient = EnumSet.noneOf(Capability.class);
    final List<String> maskedPaths = new ArrayList<>(DefaultPaths.MASKED);
    final List<String> readOnlyPaths = new ArrayList<>(DefaultPaths.READ_ONLY);
    final Map<String, String> sysctls = new LinkedHashMap<>();
    boolean noNewPrivileges = true;
    SeccompProfile seccomp = SeccompProfile.dockerDefault();
    LandlockRules landlock = LandlockRules.none();
    @Nullable String apparmorProfile;
    @Nullable String selinuxLabel;
    @Nullable String mountLabel;
    private boolean privileged;

    /** Takes over everything of a confinement. */
    void copy(Confinement confinement) {
        capabilities.clear();
        capabilities.addAll(confinement.capabilities());
        ambient.addAll(confinement.ambient());
        noNewPrivileges = confinement.noNewPrivileges();
        seccomp = confinement.seccomp();
        landlock = confinement.landlock();
        maskedPaths.clear();
        maskedPaths.addAll(confinement.maskedPaths());
        readOnlyPaths.clear();
        readOnlyPaths.addAll(confinement.readOnlyPaths());
        sysctls.putAll(confinement.sysctls());
        privileged = confinement.privileged();
        copy(confinement.labels());
    }

    private void copy(LsmLabels labels) {
        apparmorProfile = labels.apparmorProfile();
        selinuxLabel = labels.selinuxLabel();
        mountLabel = labels.mountLabel();
    }

    /** Gives up every protection. */
    void giveUp() {
        privileged = true;
        capabilities.addAll(EnumSet.allOf(Capability.class));
        noNewPrivileges = false;
        seccomp = SeccompProfile.unconfined();
        maskedPaths.clear();
        readOnlyPaths.clear();
    }

    /**
     * Returns what the container may do.
     *
     * @throws IllegalArgumentException when something cannot be as it is
     */
    Confinement confinement() {
        return new Confinement(
                capabilities,
                ambient,
                noNewPrivileges,
                seccomp,
                landlock,
                maskedPaths,
                readOnlyPaths,
                sysctls,
                privileged,
                new LsmLabels(apparmorProfile, selinuxLabel, mountLabel));
    }
}
