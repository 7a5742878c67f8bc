package io.pelagos.image.internal.store;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_NOCTTY;
import static io.pelagos.core.kernel.OpenFlag.O_NONBLOCK;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares two trees by descriptors: what should be there, and what is. Nothing is followed, and
 * nothing is opened but regular files and directories, whoever changes the trees meanwhile.
 */
final class TreeComparison {
    private static final Constant DIRECTORY = Constant.flags(O_RDONLY, O_DIRECTORY);
    private static final int CHUNK = 1 << 16;

    /** Who labels files decides by their place, which is another one. */
    private static final String LABEL = "security.selinux";

    private final FileCalls calls;
    private final String ignored;
    private final Instant begun;
    private final boolean exact;
    private final int most;
    private final List<String> differences = new ArrayList<>();
    private final byte[] expectedBytes = new byte[CHUNK];
    private final byte[] actualBytes = new byte[CHUNK];

    /**
     * Prepares a comparison.
     *
     * @param ignored a name at the top that is not looked at
     * @param begun when the first file was made of those that should be there: times that are not
     *     earlier are not of the layer, but of the unpacking
     * @param exact whether both trees were made with the same rights: else owners, attributes and
     *     devices are not compared
     * @param most how many differences are looked for
     */
    TreeComparison(FileCalls calls, String ignored, Instant begun, boolean exact, int most) {
        this.calls = calls;
        this.ignored = ignored;
        this.begun = begun;
        this.exact = exact;
        this.most = most;
    }

    /** Compares, and says each difference in a sentence for people, the first ones by name. */
    List<String> run(Fd expected, Fd actual) {
        compare("", calls.status(expected), calls.status(actual));
        compareXattrs("", expected, actual);
        directories("", expected, actual);
        return differences;
    }

    private boolean isEnough() {
        return differences.size() >= most;
    }

    private void differs(String path, String how) {
        if (!isEnough()) {
            differences.add((path.isEmpty() ? "its root" : SystemCalls.quote(path)) + " " + how);
        }
    }

    private void directories(String path, Fd expected, Fd actual) {
        var wanted = new TreeSet<>(calls.list(expected));
        var found = new TreeSet<>(calls.list(actual));
        if (path.isEmpty()) {
            wanted.remove(ignored);
            found.remove(ignored);
        }
        var all = new TreeSet<>(wanted);
        all.addAll(found);
        for (var name : all) {
            if (isEnough()) {
                return;
            }
            var inner = path.isEmpty() ? name : path + "/" + name;
            if (!found.contains(name)) {
                differs(inner, "is missing");
            } else if (!wanted.contains(name)) {
                addition(inner, actual, name);
            } else {
                entries(inner, expected, actual, name);
            }
        }
    }

    /** An ordinary user cannot make the devices that root has made. */
    private void addition(String path, Fd actual, String name) {
        var status = calls.status(actual, name);
        boolean isDevice =
                status.filter(it -> it.type() == 0020000 || it.type() == 0060000).isPresent();
        if (exact || !isDevice) {
            differs(path, "is not in the layer");
        }
    }

    private void entries(String path, Fd expected, Fd actual, String name) {
        try (var one = calls.openEntry(expected, name, O_PATH, 0);
                var other = calls.openEntry(actual, name, O_PATH, 0)) {
            var wanted = calls.status(one);
            var found = calls.status(other);
            if (!compare(path, wanted, found)) {
                return;
            }
            if (wanted.isSymlink()) {
                compareTargets(path, expected, actual, name);
            } else if (wanted.isRegular() || wanted.isDirectory()) {
                open(path, one, other, wanted);
            }
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            differs(path, "is missing");
        }
    }

    private void compareTargets(String path, Fd expected, Fd actual, String name) {
        var target = calls.readLink(actual, name);
        if (!calls.readLink(expected, name).equals(target)) {
            differs(path, "leads to " + SystemCalls.quote(target) + ", where the layer's does not");
        }
    }

    /** Says what differs of what statx(2) tells; false when there is nothing else to compare. */
    private boolean compare(String path, FileStatus wanted, FileStatus found) {
        if (wanted.type() != found.type()) {
            differs(path, "is of another type than in the layer");
            return false;
        }
        if (wanted.major() != found.major() || wanted.minor() != found.minor()) {
            differs(path, "is another device than in the layer");
        }
        if (wanted.permissions() != found.permissions()) {
            differs(
                    path,
                    "has the permissions %04o instead of %04o"
                            .formatted(found.permissions(), wanted.permissions()));
        }
        if (exact && (wanted.uid() != found.uid() || wanted.gid() != found.gid())) {
            differs(
                    path,
                    "belongs to %d:%d instead of %d:%d"
                            .formatted(found.uid(), found.gid(), wanted.uid(), wanted.gid()));
        }
        if (wanted.modified().isBefore(begun) && !wanted.modified().equals(found.modified())) {
            differs(
                    path,
                    "was changed at " + found.modified() + " instead of " + wanted.modified());
        }
        if (!wanted.isDirectory() && found.links() < wanted.links()) {
            differs(path, "is not the same file as its other names");
        }
        if (wanted.isRegular() && wanted.size() != found.size()) {
            differs(path, "has " + found.size() + " bytes instead of " + wanted.size());
            return false;
        }
        return true;
    }

    private void open(String path, Fd one, Fd other, FileStatus status) {
        var flags =
                status.isDirectory() ? DIRECTORY : Constant.flags(O_RDONLY, O_NOCTTY, O_NONBLOCK);
        try (var expected = calls.reopen(one, flags);
                var actual = calls.reopen(other, flags)) {
            compareXattrs(path, expected, actual);
            if (status.isDirectory()) {
                directories(path, expected, actual);
            } else if (!isSame(expected, actual)) {
                differs(path, "has other contents than in the layer");
            }
        } catch (ErrnoException e) {
            // What its own user may not read cannot be compared by it.
            if (e.errno() != Errno.EACCES) {
                throw e;
            }
        }
    }

    private void compareXattrs(String path, Fd expected, Fd actual) {
        if (!exact) {
            return;
        }
        var wanted = xattrs(expected);
        var found = xattrs(actual);
        if (!wanted.equals(found)) {
            var names = new TreeSet<>(wanted.keySet());
            names.addAll(found.keySet());
            names.removeIf(it -> Objects.equals(wanted.get(it), found.get(it)));
            differs(path, "has not the extended attributes of the layer: " + names);
        }
    }

    private Map<String, Bytes> xattrs(Fd file) {
        var all = new TreeMap<>(calls.xattrs(file));
        all.remove(LABEL);
        return all;
    }

    private boolean isSame(Fd expected, Fd actual) {
        while (true) {
            int count = fill(expected, expectedBytes);
            if (fill(actual, actualBytes) != count
                    || !Arrays.equals(expectedBytes, 0, count, actualBytes, 0, count)) {
                return false;
            }
            if (count < CHUNK) {
                return true;
            }
        }
    }

    private int fill(Fd file, byte[] buffer) {
        int at = 0;
        while (at < buffer.length) {
            int count = calls.calls().read(file.number(), buffer, at, buffer.length - at);
            if (count == 0) {
                break;
            }
            at += count;
        }
        return at;
    }
}
