package io.pelagos.core.paths;

import java.nio.file.Path;

/**
 * Where the files of one container lie that nothing needs after it: the mount of its root file
 * system, the files generated for it.
 *
 * <p>Each place carries the pid of the process that made it, by which what a dead process left is
 * found, and a number that this process counts.
 */
public final class ScratchPaths {
    private final Path scratchRoot;
    private final Path overlayRoot;
    private final Path runtimeDir;

    ScratchPaths(Path scratchRoot, Path overlayRoot, Path runtimeDir) {
        this.scratchRoot = scratchRoot;
        this.overlayRoot = overlayRoot;
        this.runtimeDir = runtimeDir;
    }

    /**
     * Returns the root of writable layers: on disk, so that they cannot exhaust memory, and private
     * to each user even where the data directory is shared.
     *
     * @return {@code /var/lib/pelagos/scratch} for root, {@code scratch} in the user's own data
     *     directory for others, mode 0700
     */
    public Path scratchRoot() {
        return scratchRoot;
    }

    /**
     * Returns the directory that {@link #overlayBase} is in: the scratch root, unless {@code
     * PELAGOS_OVERLAY_DIR} names another directory or {@code PELAGOS_OVERLAY_TMPFS} is {@code 1} or
     * {@code true}, which chooses the runtime directory.
     *
     * @return the directory in use
     */
    public Path overlayRoot() {
        return overlayRoot;
    }

    /**
     * Returns the directory of a container's overlay mount.
     *
     * @param pid the process that sets the container up
     * @param counter tells the containers of one process apart
     * @return {@code S/overlay-PID-COUNTER}
     * @throws IllegalArgumentException if the pid is not positive or the counter is negative
     */
    public Path overlayBase(long pid, int counter) {
        return numbered(overlayRoot, "overlay", pid, counter);
    }

    /**
     * Returns the directory of a snapshot of a container's writable layer.
     *
     * @param pid the process that takes the snapshot
     * @param counter tells the snapshots of one process apart
     * @return {@code S/snapshot-PID-COUNTER}
     * @throws IllegalArgumentException if the pid is not positive or the counter is negative
     */
    public Path snapshotBase(long pid, int counter) {
        return numbered(overlayRoot, "snapshot", pid, counter);
    }

    /**
     * Returns the directory of the overlay mount of a container that asked for a writable layer in
     * memory.
     *
     * @param pid the process that sets the container up
     * @param counter tells the containers of one process apart
     * @return {@code R/overlay-PID-COUNTER}
     * @throws IllegalArgumentException if the pid is not positive or the counter is negative
     */
    public Path overlayInMemoryBase(long pid, int counter) {
        return numbered(runtimeDir, "overlay", pid, counter);
    }

    /**
     * Returns the directory of the resolver configuration generated for a container.
     *
     * @param pid the process that sets the container up
     * @param counter tells the containers of one process apart
     * @return {@code R/dns-PID-COUNTER}
     * @throws IllegalArgumentException if the pid is not positive or the counter is negative
     */
    public Path dnsDir(long pid, int counter) {
        return numbered(runtimeDir, "dns", pid, counter);
    }

    /**
     * Returns the resolver configuration generated for a container, resolv.conf(5).
     *
     * @param pid the process that sets the container up
     * @param counter tells the containers of one process apart
     * @return {@code R/dns-PID-COUNTER/resolv.conf}
     * @throws IllegalArgumentException if the pid is not positive or the counter is negative
     */
    public Path resolvConf(long pid, int counter) {
        return dnsDir(pid, counter).resolve("resolv.conf");
    }

    /**
     * Returns the directory of the host table generated for a container.
     *
     * @param pid the process that sets the container up
     * @param counter tells the containers of one process apart
     * @return {@code R/hosts-PID-COUNTER}
     * @throws IllegalArgumentException if the pid is not positive or the counter is negative
     */
    public Path hostsDir(long pid, int counter) {
        return numbered(runtimeDir, "hosts", pid, counter);
    }

    /**
     * Returns the host table generated for a container, hosts(5).
     *
     * @param pid the process that sets the container up
     * @param counter tells the containers of one process apart
     * @return {@code R/hosts-PID-COUNTER/hosts}
     * @throws IllegalArgumentException if the pid is not positive or the counter is negative
     */
    public Path hostsFile(long pid, int counter) {
        return hostsDir(pid, counter).resolve("hosts");
    }

    private static Path numbered(Path directory, String kind, long pid, int counter) {
        if (counter < 0) {
            throw new IllegalArgumentException("counter: " + counter + " is negative");
        }
        return directory.resolve(kind + "-" + Pid.require(pid) + "-" + counter);
    }
}
