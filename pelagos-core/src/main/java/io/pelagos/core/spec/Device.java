package io.pelagos.core.spec;

/**
 * A device node made in a container, see mknod(2).
 *
 * @param path where, an absolute path inside the container
 * @param type what kind of node
 * @param major the major number; 0 for a FIFO
 * @param minor the minor number; 0 for a FIFO
 * @param mode its permissions
 * @param uid its owner in the container
 * @param gid its group in the container
 * @param access what the container may do with the device: letters of {@code rwm}
 */
public record Device(
        String path,
        Type type,
        int major,
        int minor,
        FileMode mode,
        long uid,
        long gid,
        String access) {
    /** The kind of a device node. */
    public enum Type {
        /** A character device. */
        CHARACTER('c'),
        /** A block device. */
        BLOCK('b'),
        /** A named pipe. */
        FIFO('p');

        private final char letter;

        Type(char letter) {
            this.letter = letter;
        }

        /**
         * Returns the letter of the OCI specification and mknod(1).
         *
         * @return {@code c}, {@code b} or {@code p}
         */
        public char letter() {
            return letter;
        }
    }

    /** Checks everything. */
    public Device {
        path = ContainerPath.normalize("device path", path);
        if (path.equals("/")) {
            throw new IllegalArgumentException("device path \"/\": is a directory");
        }
        if (major < 0 || major > 0xfff || minor < 0 || minor > 0xfffff) {
            throw new IllegalArgumentException(
                    "device " + major + ":" + minor + ": must be 0:0 to 4095:1048575");
        }
        if (uid < 0 || uid > User.MAX_ID || gid < 0 || gid > User.MAX_ID) {
            throw new IllegalArgumentException(
                    "device owner " + uid + ":" + gid + ": out of range");
        }
        if (!access.matches("r?w?m?") || access.isEmpty()) {
            throw new IllegalArgumentException(
                    "device access \"" + access + "\": must be letters of rwm in that order");
        }
    }

    /**
     * Returns a character device that everybody may read and write.
     *
     * @param path where, an absolute path inside the container
     * @param major the major number
     * @param minor the minor number
     * @return the device
     */
    public static Device character(String path, int major, int minor) {
        return new Device(path, Type.CHARACTER, major, minor, new FileMode(0666), 0, 0, "rwm");
    }
}
