package io.pelagos.core.paths;

import java.nio.file.Path;

/**
 * Where networks are defined, and where it is written who uses them.
 *
 * <p>Definitions persist; leases, NAT users and forwarded ports end with a boot. A network's name
 * contains no dot, which is what {@link DnsPaths} tells names from its other files by.
 */
public final class NetworkPaths {
    private final Path dataDir;
    private final Path runtimeDir;
    private final Path netnsDir;

    NetworkPaths(Path dataDir, Path runtimeDir, Path netnsDir) {
        this.dataDir = dataDir;
        this.runtimeDir = runtimeDir;
        this.netnsDir = netnsDir;
    }

    /**
     * Returns the directory that holds one directory for each defined network.
     *
     * @return {@code D/networks}
     */
    public Path configDir() {
        return dataDir.resolve("networks");
    }

    /**
     * Returns the directory of one network's definition.
     *
     * @param network the name of the network
     * @return {@code D/networks/NETWORK}
     * @throws IllegalArgumentException if the name cannot be one element of a path, or contains a
     *     dot
     */
    public Path configDir(String network) {
        return NetworkName.of(network).in(configDir());
    }

    /**
     * Returns the file with a network's definition, as JSON.
     *
     * @param network the name of the network
     * @return {@code D/networks/NETWORK/config.json}
     * @throws IllegalArgumentException if the name cannot be one element of a path, or contains a
     *     dot
     */
    public Path configFile(String network) {
        return configDir(network).resolve("config.json");
    }

    /**
     * Returns the directory that holds one directory for each network in use.
     *
     * @return {@code R/networks}
     */
    public Path runtimeDir() {
        return runtimeDir.resolve("networks");
    }

    /**
     * Returns the directory of what is known about one network in use.
     *
     * @param network the name of the network
     * @return {@code R/networks/NETWORK}
     * @throws IllegalArgumentException if the name cannot be one element of a path, or contains a
     *     dot
     */
    public Path runtimeDir(String network) {
        return NetworkName.of(network).in(runtimeDir());
    }

    /**
     * Returns the file with the IPv4 address to try next; its users lock it with flock(2).
     *
     * @param network the name of the network
     * @return {@code R/networks/NETWORK/next_ip}: dotted decimal
     * @throws IllegalArgumentException if the name cannot be one element of a path, or contains a
     *     dot
     */
    public Path ipamFile(String network) {
        return runtimeDir(network).resolve("next_ip");
    }

    /**
     * Returns the file with the IPv6 host number to try next; its users lock it with flock(2).
     *
     * @param network the name of the network
     * @return {@code R/networks/NETWORK/next_ipv6}: a decimal number, from 2
     * @throws IllegalArgumentException if the name cannot be one element of a path, or contains a
     *     dot
     */
    public Path ipv6IpamFile(String network) {
        return runtimeDir(network).resolve("next_ipv6");
    }

    /**
     * Returns the file that lists the network namespaces that use NAT; its users lock it with
     * flock(2).
     *
     * @param network the name of the network
     * @return {@code R/networks/NETWORK/nat_refcount}: one name on each line, the last without
     *     newline
     * @throws IllegalArgumentException if the name cannot be one element of a path, or contains a
     *     dot
     */
    public Path natRefcountFile(String network) {
        return runtimeDir(network).resolve("nat_refcount");
    }

    /**
     * Returns the file that lists the forwarded ports; its users lock it with flock(2).
     *
     * @param network the name of the network
     * @return {@code R/networks/NETWORK/port_forwards}: one {@code
     *     namespace:ipv4:hostport:containerport:protocol[:ipv6]} on each line
     * @throws IllegalArgumentException if the name cannot be one element of a path, or contains a
     *     dot
     */
    public Path portForwardsFile(String network) {
        return runtimeDir(network).resolve("port_forwards");
    }

    /**
     * Returns where versions that knew one network only kept what {@link #ipamFile} keeps.
     *
     * @return {@code R/next_ip}
     */
    public Path legacyIpamFile() {
        return runtimeDir.resolve("next_ip");
    }

    /**
     * Returns where versions that knew one network only kept what {@link #natRefcountFile} keeps.
     *
     * @return {@code R/nat_refcount}
     */
    public Path legacyNatRefcountFile() {
        return runtimeDir.resolve("nat_refcount");
    }

    /**
     * Returns where versions that knew one network only kept what {@link #portForwardsFile} keeps.
     *
     * @return {@code R/port_forwards}
     */
    public Path legacyPortForwardsFile() {
        return runtimeDir.resolve("port_forwards");
    }

    /**
     * Returns the directory of named network namespaces.
     *
     * @return {@code /run/netns}, which ip-netns(8) shows, for root; else {@code R/netns}
     */
    public Path netnsDir() {
        return netnsDir;
    }

    /**
     * Returns the file that a network namespace is bound to, which keeps it and names it.
     *
     * @param name the name of the namespace
     * @return {@code /run/netns/NAME} or {@code R/netns/NAME}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path netnsFile(String name) {
        return new PathElement("network namespace", name).in(netnsDir);
    }

    /**
     * Returns the directory of the network namespaces that pasta(1) is given by path.
     *
     * @return {@code R/pasta-ns}
     */
    public Path pastaNetnsDir() {
        return runtimeDir.resolve("pasta-ns");
    }

    /**
     * Returns the file that the network namespace of a process is bound to for pasta(1).
     *
     * @param pid a process in the namespace
     * @return {@code R/pasta-ns/PID}
     * @throws IllegalArgumentException if the pid is not positive
     */
    public Path pastaNetnsFile(long pid) {
        return pastaNetnsDir().resolve(Long.toString(Pid.require(pid)));
    }
}
