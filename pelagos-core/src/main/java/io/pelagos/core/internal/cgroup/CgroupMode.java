package io.pelagos.core.internal.cgroup;

/** Which versions of cgroups a host has mounted. */
public enum CgroupMode {
    /** Version 2 only. */
    UNIFIED,
    /** Controllers in hierarchies of version 1, and version 2 beside them. */
    HYBRID,
    /** Version 1 only. */
    LEGACY,
    /** None at all. */
    NONE
}
