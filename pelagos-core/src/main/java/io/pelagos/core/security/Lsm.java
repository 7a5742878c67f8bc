package io.pelagos.core.security;

/** A security module of the kernel that labels processes. */
public enum Lsm {
    /** Profiles by name, see apparmor(7). */
    APPARMOR("AppArmor", "/sys/module/apparmor/parameters/enabled is not Y"),
    /** Contexts by a policy, see selinux(8). */
    SELINUX("SELinux", "/sys/fs/selinux/enforce is absent");

    private final String title;
    private final String sign;

    Lsm(String title, String sign) {
        this.title = title;
        this.sign = sign;
    }

    /**
     * Returns what it is called.
     *
     * @return the name as its authors write it
     */
    public String title() {
        return title;
    }

    /**
     * Returns by what it is known that it is not in force.
     *
     * @return a sentence without its end
     */
    public String absence() {
        return sign;
    }
}
