package io.pelagos.examples.cli;

import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.FileMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A device of the host.
 *
 * @param host its node on the host
 * @param container where it appears
 * @param access letters of {@code rwm}
 */
record DeviceOption(Path host, String container, String access) {
    private static final int TYPE_MASK = 0170000;
    private static final int CHARACTER = 0020000;
    private static final int BLOCK = 0060000;

    /** Reads {@code HOST[:CONTAINER[:rwm]]}. */
    static DeviceOption parse(String text) {
        var parts = text.split(":", -1);
        boolean accessSecond = parts.length == 2 && parts[1].matches("r?w?m?");
        if (parts.length > 3 || !parts[0].startsWith("/")) {
            throw new IllegalArgumentException(
                    "\"" + text + "\": must be HOST[:CONTAINER[:rwm]], such as /dev/fuse");
        }
        var container = parts.length == 1 || accessSecond ? parts[0] : parts[1];
        var access = parts.length == 3 ? parts[2] : accessSecond ? parts[1] : "rwm";
        return new DeviceOption(Path.of(parts[0]), container, access);
    }

    /** Looks at the node and gives one with the same numbers, owner and permissions. */
    Device device() {
        var node = DeviceNumbers.of(host);
        int mode = attribute("unix:mode").intValue();
        var type =
                switch (mode & TYPE_MASK) {
                    case CHARACTER -> Device.Type.CHARACTER;
                    case BLOCK -> Device.Type.BLOCK;
                    default ->
                            throw new IllegalArgumentException(
                                    "--device " + host + ": is not a device");
                };
        return new Device(
                container,
                type,
                node.major(),
                node.minor(),
                new FileMode(mode & 0777),
                attribute("unix:uid").longValue(),
                attribute("unix:gid").longValue(),
                access);
    }

    private Number attribute(String name) {
        try {
            return (Number) Files.getAttribute(host, name);
        } catch (IOException e) {
            throw new UncheckedIOException("--device " + host + ": cannot be looked at", e);
        }
    }
}
