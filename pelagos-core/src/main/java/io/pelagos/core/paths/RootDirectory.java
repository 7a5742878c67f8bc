package io.pelagos.core.paths;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/**
 * One of the few directories that everything else lies in: how it is made, and what is accepted
 * when it is there already.
 *
 * @param path where it is
 * @param mode its permission bits when it is made, less the umask of the process
 * @param trust what is accepted when it exists
 * @param uid who must own it, where that matters
 */
record RootDirectory(Path path, String mode, Trust trust, long uid) {
    private static final String PRIVATE = "rwx------";
    private static final String PUBLIC = "rwxr-xr-x";
    private static final int TYPE = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int WRITABLE_BY_OTHERS = 0022;

    /** How much of an existing directory is checked. */
    enum Trust {
        /** Its place is trusted: only root, or the one who chose it, can have put it there. */
        PLACE,
        /** Its own user's directory, not a link, and writable for nobody else. */
        OWNER,
        /**
         * As for OWNER, and nobody else may even look: its name is known to all, its parent is
         * shared.
         */
        OWNER_AND_MODE
    }

    static RootDirectory open(Path path) {
        return new RootDirectory(path, PUBLIC, Trust.PLACE, 0);
    }

    static RootDirectory hidden(Path path) {
        return new RootDirectory(path, PRIVATE, Trust.PLACE, 0);
    }

    static RootDirectory owned(Path path, long uid) {
        return new RootDirectory(path, PRIVATE, Trust.OWNER, uid);
    }

    static RootDirectory inSharedTmp(Path path, long uid) {
        return new RootDirectory(path, PRIVATE, Trust.OWNER_AND_MODE, uid);
    }

    /**
     * Makes the directory, or accepts the one that is there.
     *
     * <p>mkdir(2) gives it its mode at once, follows no link in the last element, and fails when
     * anything has the name; what has it is then looked at with lstat(2), never opened. A directory
     * that passes is ours, so in a parent with the sticky bit nobody else can put another in its
     * place afterwards.
     */
    Path create() throws IOException {
        var parent = path.getParent();
        if (parent != null) {
            Files.createDirectories(parent, withMode(PUBLIC));
        }
        try {
            Files.createDirectory(path, withMode(mode));
        } catch (FileAlreadyExistsException _) {
            // Whatever has the name, ours or not, is judged below like one just made.
        }
        switch (trust) {
            case PLACE -> requireDirectory();
            case OWNER -> requireOwner(WRITABLE_BY_OTHERS, 0);
            case OWNER_AND_MODE -> requireOwner(0777, 0700);
        }
        return path;
    }

    private void requireDirectory() throws IOException {
        if (!Files.isDirectory(path)) {
            throw refused("exists and is not a directory");
        }
    }

    private void requireOwner(int mask, int expected) throws IOException {
        var found = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
        var foundMode = number(found, "mode");
        if ((foundMode & TYPE) != DIRECTORY) {
            throw refused("exists and is a link or a file, not a directory");
        }
        var owner = Integer.toUnsignedLong(number(found, "uid"));
        if (owner != uid) {
            throw refused("belongs to user " + owner + ", not to user " + uid);
        }
        if ((foundMode & mask) != expected) {
            throw refused(
                    "has mode %04o where (mode & %04o) must be %04o"
                            .formatted(foundMode & 07777, mask, expected));
        }
    }

    private FileSystemException refused(String why) {
        return new FileSystemException(path.toString(), null, why + "; remove or repair it");
    }

    private static int number(Map<String, Object> attributes, String name) {
        return switch (attributes.get(name)) {
            case Integer value -> value;
            case null, default -> throw new IllegalStateException("no attribute unix:" + name);
        };
    }

    private static FileAttribute<Set<PosixFilePermission>> withMode(String mode) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode));
    }
}
