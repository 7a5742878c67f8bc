package io.pelagos.image.internal.store;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.paths.ImagePaths;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * A place of the store for files that are needed for a while, under a name of its own and a lock,
 * so that whoever opens the store after a crash removes it, see {@link LayerStore#open}.
 */
public final class Scratch implements AutoCloseable {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final FileCalls calls;
    private final DigestLock lock;
    private final Path path;

    private Scratch(FileCalls calls, DigestLock lock, Path path) {
        this.calls = calls;
        this.lock = lock;
        this.path = path;
    }

    /** Takes a name that nobody has, and makes nothing there. */
    static Scratch begin(FileCalls calls, ImagePaths images) {
        var bytes = new byte[LayerStore.HEX_LENGTH / 2];
        RANDOM.nextBytes(bytes);
        var name = HexFormat.of().formatHex(bytes);
        var lock = DigestLock.acquire(calls, images.layersDir(), name + LayerStore.LOCK);
        return new Scratch(calls, lock, images.blobsDir().resolve(name + LayerStore.PARTIAL));
    }

    /**
     * Returns the place.
     *
     * @return a path in the store
     */
    public Path path() {
        return path;
    }

    /** Removes whatever is there, however much it is. */
    @Override
    public void close() {
        try (lock;
                var parent =
                        calls.openPath(
                                String.valueOf(path.getParent()),
                                Constant.flags(O_RDONLY, O_DIRECTORY))) {
            TreeRemoval.remove(calls, parent, String.valueOf(path.getFileName()));
        } catch (ErrnoException e) {
            throw StoreFailure.of("removing " + path, e);
        }
    }
}
