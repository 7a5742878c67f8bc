package io.pelagos.core.oci;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code freebsd} of a config.json.
 *
 * @param devices devices that can be seen
 * @param jail parameters of jail(8)
 */
public record OciFreeBsd(List<FreeBsdDevice> devices, @Nullable Jail jail) {
    /** Checks what the schema says and copies collections. */
    public OciFreeBsd {
        devices = Checks.copy(devices);
    }

    /**
     * A device that can be seen.
     *
     * @param path relative to /dev
     * @param mode permissions
     */
    public record FreeBsdDevice(@Nullable String path, @Nullable Long mode) {
        /** Checks what the schema says and copies collections. */
        public FreeBsdDevice {
            Checks.range("mode", mode, 0, 0777);
        }
    }

    /** Whether something is the jail's own. */
    public enum Sharing {
        /** {@code disable}. */
        DISABLE("disable"),
        /** {@code new}. */
        NEW("new"),
        /** {@code inherit}. */
        INHERIT("inherit");

        private final String text;

        Sharing(String text) {
            this.text = text;
        }

        /** Returns the text of the specification. */
        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Parameters of jail(8).
     *
     * @param parent the parent jail
     * @param host host name; not disable
     * @param ip4 IPv4
     * @param ip4Addr addresses
     * @param ip6 IPv6
     * @param ip6Addr addresses
     * @param vnet the network stack; not disable
     * @param networkInterface where addresses are added, {@code interface} in the document
     * @param vnetInterfaces network interfaces of the jail
     * @param sysvmsg System V messages
     * @param sysvsem System V semaphores
     * @param sysvshm System V shared memory
     * @param enforceStatfs 0 to 255
     * @param allow what is allowed
     */
    public record Jail(
            @Nullable String parent,
            @Nullable Sharing host,
            @Nullable Sharing ip4,
            List<String> ip4Addr,
            @Nullable Sharing ip6,
            List<String> ip6Addr,
            @Nullable Sharing vnet,
            @Nullable String networkInterface,
            List<String> vnetInterfaces,
            @Nullable Sharing sysvmsg,
            @Nullable Sharing sysvsem,
            @Nullable Sharing sysvshm,
            @Nullable Long enforceStatfs,
            @Nullable Allow allow) {
        /** Checks what the schema says and copies collections. */
        public Jail {
            ip4Addr = Checks.copy(ip4Addr);
            ip6Addr = Checks.copy(ip6Addr);
            vnetInterfaces = Checks.copy(vnetInterfaces);
            Checks.not("host", host, Sharing.DISABLE);
            Checks.not("vnet", vnet, Sharing.DISABLE);
            Checks.range("enforceStatfs", enforceStatfs, 0, 255);
        }
    }

    /**
     * What a jail is allowed.
     *
     * @param setHostname to set the host name
     * @param rawSockets raw sockets
     * @param chflags file flags
     * @param mount types of file systems
     * @param quotas quotas
     * @param socketAf other address families
     * @param mlock locked memory
     * @param reservedPorts ports below 1024
     * @param suser what root may do
     */
    public record Allow(
            @Nullable Boolean setHostname,
            @Nullable Boolean rawSockets,
            @Nullable Boolean chflags,
            List<String> mount,
            @Nullable Boolean quotas,
            @Nullable Boolean socketAf,
            @Nullable Boolean mlock,
            @Nullable Boolean reservedPorts,
            @Nullable Boolean suser) {
        /** Checks what the schema says and copies collections. */
        public Allow {
            mount = Checks.copy(mount);
        }
    }
}
