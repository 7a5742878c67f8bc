package io.pelagos.core.security;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a container is labelled for the security modules of the kernel, see apparmor(7) and
 * selinux(8). What is labelled for a module that is not in force can be described, but not started.
 *
 * @param apparmorProfile the profile of AppArmor that the program is executed under, which must be
 *     loaded; or null for none
 * @param selinuxLabel the context of SELinux that the program is executed in, such as {@code
 *     system_u:system_r:container_t:s0:c1,c2}; or null for none
 * @param mountLabel the context of SELinux that files get in file systems made for the container;
 *     or null for none
 */
public record LsmLabels(
        @Nullable String apparmorProfile,
        @Nullable String selinuxLabel,
        @Nullable String mountLabel) {
    /** No label. */
    public static final LsmLabels NONE = new LsmLabels(null, null, null);

    /** What no loaded profile confines, see aa_change_profile(2). */
    private static final String UNCONFINED = "unconfined";

    /** The most that the kernel takes of a file in {@code /proc/self/attr}. */
    private static final int PAGE = 4096;

    /** Checks the texts. */
    public LsmLabels {
        check("apparmorProfile", apparmorProfile);
        check("selinuxLabel", selinuxLabel);
        check("mountLabel", mountLabel);
        context("selinuxLabel", selinuxLabel);
        context("mountLabel", mountLabel);
    }

    private static void check(String what, @Nullable String text) {
        if (text != null
                && (text.isBlank()
                        || text.length() >= PAGE / 2
                        || text.chars().anyMatch(c -> c < ' ' || c == '"' || c == 0x7f))) {
            throw new IllegalArgumentException(
                    what
                            + " \""
                            + text
                            + "\": must be a name of less than "
                            + PAGE / 2
                            + " characters without quotes and control characters");
        }
    }

    private static void context(String what, @Nullable String text) {
        if (text != null && !text.matches("[^:\\s]+:[^:\\s]+:[^:\\s]+(:[^\\s]+)?")) {
            throw new IllegalArgumentException(
                    what + " \"" + text + "\": must be like user:role:type:level");
        }
    }

    /**
     * Returns which modules have to be in force.
     *
     * @return the modules; none when there is nothing to label, or when AppArmor is only asked not
     *     to confine
     */
    public Set<Lsm> required() {
        var required = EnumSet.noneOf(Lsm.class);
        if (apparmorProfile != null && !apparmorProfile.equals(UNCONFINED)) {
            required.add(Lsm.APPARMOR);
        }
        if (selinuxLabel != null || mountLabel != null) {
            required.add(Lsm.SELINUX);
        }
        return Collections.unmodifiableSet(required);
    }
}
