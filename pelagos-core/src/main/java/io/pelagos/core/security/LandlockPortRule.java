package io.pelagos.core.security;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.nio.ByteBuffer;

/**
 * Allows something with a TCP port.
 *
 * @param access what is allowed
 * @param port 0 to 65535; binding to 0 takes any port of {@code ip_local_port_range}
 */
public record LandlockPortRule(LandlockNet access, int port) {
    /**
     * Checks the port.
     *
     * @param access what is allowed
     * @param port 0 to 65535
     */
    public LandlockPortRule {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException(
                    "Landlock rule: port: not a port from 0 to 65535: " + port);
        }
    }

    /**
     * Returns {@code struct landlock_net_port_attr}.
     *
     * @return 16 bytes
     */
    public byte[] attr() {
        return ByteBuffer.allocate(16)
                .order(LITTLE_ENDIAN)
                .putLong(access.mask())
                .putLong(port)
                .array();
    }
}
