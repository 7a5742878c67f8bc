package io.pelagos.core.spec;

import io.pelagos.core.kernel.CloneFlag;

/** A kind of namespace, see namespaces(7). */
public enum Namespace {
    /** Mount points, see mount_namespaces(7). */
    MOUNT("mnt", "mount", CloneFlag.CLONE_NEWNS),
    /** Host and domain name, see uts_namespaces(7). */
    UTS("uts", "uts", CloneFlag.CLONE_NEWUTS),
    /** System V IPC and POSIX message queues, see ipc_namespaces(7). */
    IPC("ipc", "ipc", CloneFlag.CLONE_NEWIPC),
    /** User and group ids and capabilities, see user_namespaces(7). */
    USER("user", "user", CloneFlag.CLONE_NEWUSER),
    /** Process ids, see pid_namespaces(7). */
    PID("pid", "pid", CloneFlag.CLONE_NEWPID),
    /** Network devices, addresses, ports, see network_namespaces(7). */
    NETWORK("net", "network", CloneFlag.CLONE_NEWNET),
    /** The root of the cgroup hierarchy, see cgroup_namespaces(7). */
    CGROUP("cgroup", "cgroup", CloneFlag.CLONE_NEWCGROUP),
    /** Boot and monotonic clocks, see time_namespaces(7). */
    TIME("time", "time", CloneFlag.CLONE_NEWTIME);

    private final String procName;
    private final String ociName;
    private final CloneFlag cloneFlag;

    Namespace(String procName, String ociName, CloneFlag cloneFlag) {
        this.procName = procName;
        this.ociName = ociName;
        this.cloneFlag = cloneFlag;
    }

    /**
     * Returns the name of its file below {@code /proc/PID/ns}.
     *
     * @return for example {@code mnt}
     */
    public String procName() {
        return procName;
    }

    /**
     * Returns its {@code type} in the OCI runtime specification.
     *
     * @return for example {@code mount}
     */
    public String ociName() {
        return ociName;
    }

    /**
     * Returns the flag that makes a new one.
     *
     * @return the flag of clone(2), unshare(2) and setns(2)
     */
    public CloneFlag cloneFlag() {
        return cloneFlag;
    }
}
