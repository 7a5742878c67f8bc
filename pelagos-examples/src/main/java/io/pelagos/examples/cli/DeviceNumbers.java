package io.pelagos.examples.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The numbers of a device, see makedev(3).
 *
 * @param major the major number
 * @param minor the minor number
 */
record DeviceNumbers(int major, int minor) {
    /** Returns the numbers of a device node of the host. */
    static DeviceNumbers of(Path node) {
        try {
            return ofRdev(((Number) Files.getAttribute(node, "unix:rdev")).longValue());
        } catch (IOException e) {
            throw new UncheckedIOException("device " + node + ": cannot be looked at", e);
        }
    }

    /** Takes a {@code dev_t} apart: 12 + 20 bits of the kernel, spread for old programs. */
    static DeviceNumbers ofRdev(long rdev) {
        int major = (int) (((rdev >>> 8) & 0xfff) | ((rdev >>> 32) & ~0xfffL));
        int minor = (int) ((rdev & 0xff) | ((rdev >>> 12) & 0xfff00));
        return new DeviceNumbers(major, minor);
    }
}
