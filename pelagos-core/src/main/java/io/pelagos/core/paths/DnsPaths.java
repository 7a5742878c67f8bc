package io.pelagos.core.paths;

import java.nio.file.Path;
import java.util.Set;

/**
 * Where the name server finds the names of each network.
 *
 * <p>The files of all networks share one directory with files of other purposes. Three names would
 * meet one of those, {@code pid}, {@code backend} and {@code lock} (as {@code hosts.lock}); the
 * files of networks called so carry {@code .network} after the name, where no other network's can
 * be, since no network has a dot in its name.
 */
public final class DnsPaths {
    private static final Set<String> TAKEN = Set.of("pid", "backend", "lock");

    private final Path runtimeDir;

    DnsPaths(Path runtimeDir) {
        this.runtimeDir = runtimeDir;
    }

    /**
     * Returns the directory that the name server reads.
     *
     * @return {@code R/dns}
     */
    public Path configDir() {
        return runtimeDir.resolve("dns");
    }

    /**
     * Returns the file with the pid of the name server.
     *
     * @return {@code R/dns/pid}: a decimal number
     */
    public Path pidFile() {
        return configDir().resolve("pid");
    }

    /**
     * Returns the file that says which name server runs.
     *
     * @return {@code R/dns/backend}: {@code builtin} or {@code dnsmasq}
     */
    public Path backendFile() {
        return configDir().resolve("backend");
    }

    /**
     * Returns the configuration generated for dnsmasq(8).
     *
     * @return {@code R/dns/dnsmasq.conf}
     */
    public Path dnsmasqConf() {
        return configDir().resolve("dnsmasq.conf");
    }

    /**
     * Returns the file with the names of a network; it is there only while there are any.
     *
     * @param network the name of the network
     * @return {@code R/dns/NETWORK}: {@code gateway upstream,upstream}, then {@code name ipv4} on
     *     each line
     * @throws IllegalArgumentException if the name cannot be one element of a path, or contains a
     *     dot
     */
    public Path networkFile(String network) {
        return file("", network, "");
    }

    /**
     * Returns the file that whoever changes the names of a network locks with flock(2).
     *
     * @param network the name of the network
     * @return {@code R/dns/NETWORK.lock}
     * @throws IllegalArgumentException if the name cannot be one element of a path, or contains a
     *     dot
     */
    public Path lockFile(String network) {
        return file("", network, ".lock");
    }

    /**
     * Returns the host table of a network generated for dnsmasq(8).
     *
     * @param network the name of the network
     * @return {@code R/dns/hosts.NETWORK}
     * @throws IllegalArgumentException if the name cannot be one element of a path, or contains a
     *     dot
     */
    public Path hostsFile(String network) {
        return file("hosts.", network, "");
    }

    private Path file(String before, String network, String after) {
        var plain = NetworkName.of(network).in(configDir());
        var name = TAKEN.contains(network) ? network + ".network" : network;
        return plain.resolveSibling(before + name + after);
    }
}
