package io.pelagos.image.internal.store;

import static io.pelagos.core.kernel.OpenFlag.O_CREAT;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_EXCL;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.paths.ImagePaths;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.internal.layer.BulkInput;
import io.pelagos.image.internal.layer.Decompression;
import io.pelagos.image.internal.layer.LayerUnpacker;
import io.pelagos.image.internal.layer.UnpackLimits;
import io.pelagos.image.internal.layer.UnpackMode;
import io.pelagos.image.internal.layer.Unpacked;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.StoreException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Layers on disk: compressed as they came, and unpacked for overlayfs. A layer is there when its
 * directory has the mark that is written after everything else has reached the disk.
 */
public final class LayerStore {
    private static final System.Logger LOG = System.getLogger(LayerStore.class.getName());
    private static final int BUFFER = 1 << 16;
    static final String LOCK = ".lock";
    static final String PARTIAL = ".partial";
    private static final String DIFF_ID = ".diffid";
    private static final String ROOTLESS = ".rootless";
    private static final String BLOB = ".tar.gz";
    static final int HEX_LENGTH = 64;
    private static final String COMPLETE = ".pelagos_complete";
    private static final Constant DIRECTORY = Constant.flags(O_RDONLY, O_DIRECTORY);
    private static final Constant NEW_FILE = Constant.flags(O_WRONLY, O_CREAT, O_EXCL);

    private final FileCalls calls;
    private final PelagosPaths paths;
    private final boolean privileged;
    private final Map<Digest, CompletableFuture<Void>> inWork = new ConcurrentHashMap<>();

    /** Opens the compressed bytes of a layer. */
    @FunctionalInterface
    public interface Source {
        /**
         * Opens them.
         *
         * @return bytes that turn out to have the digest, or end in an exception
         * @throws IOException when they cannot be had
         */
        InputStream open() throws IOException;
    }

    /**
     * Makes a store.
     *
     * @param calls how files are reached
     * @param paths where they are
     * @param privileged whether files can be given to other users
     */
    public LayerStore(FileCalls calls, PelagosPaths paths, boolean privileged) {
        this.calls = calls;
        this.paths = paths;
        this.privileged = privileged;
    }

    private ImagePaths images() {
        return paths.images();
    }

    /**
     * Makes the directories, and removes what those have left in them that ended before their time.
     *
     * @throws StoreException when they cannot be made
     */
    public void open() {
        try {
            paths.createDataDir();
            Files.createDirectories(images().layersDir());
            Files.createDirectories(images().blobsDir());
            Files.createDirectories(images().imagesDir());
        } catch (IOException e) {
            throw StoreFailure.of("opening the store " + paths.dataDir(), paths.dataDir(), e);
        }
        for (var directory : List.of(images().layersDir(), images().blobsDir())) {
            for (var name : names(directory)) {
                if (isLeft(directory, name)) {
                    sweep(directory, name);
                }
            }
        }
    }

    /**
     * Makes a directory in the store for files that are needed for a while.
     *
     * @return to be closed, which removes it; when this process is killed the next opening does
     * @throws StoreException when it cannot be made
     */
    public Scratch scratch() {
        var doing = "making a directory for temporary files in " + images().blobsDir();
        Scratch scratch;
        try {
            scratch = Scratch.begin(calls, images());
        } catch (ErrnoException e) {
            throw StoreFailure.of(doing, e);
        }
        try {
            Files.createDirectory(scratch.path());
            return scratch;
        } catch (IOException e) {
            scratch.close();
            throw StoreFailure.of(doing, images().blobsDir(), e);
        }
    }

    /** Whether something has no use without somebody who works on it. */
    private static boolean isLeft(Path directory, String name) {
        int dot = name.lastIndexOf('.');
        if (dot != HEX_LENGTH || !ImageReference.isIdentifier(name.substring(0, dot))) {
            return false;
        }
        var hex = name.substring(0, dot);
        return switch (name.substring(dot)) {
            case PARTIAL, LOCK -> true;
            case DIFF_ID -> !Files.exists(directory.resolve(hex + BLOB));
            case ROOTLESS -> !Files.exists(directory.resolve(hex));
            default -> false;
        };
    }

    private static List<String> names(Path directory) {
        try (var entries = Files.list(directory)) {
            return entries.map(it -> String.valueOf(it.getFileName())).toList();
        } catch (IOException e) {
            throw new StoreException("reading " + directory + ": " + e, e);
        }
    }

    /** What nobody works on any more was left by somebody who has ended. */
    private void sweep(Path directory, String name) {
        var hex = name.substring(0, name.lastIndexOf('.'));
        try {
            DigestLock.tryAcquire(calls, images().layersDir(), hex + LOCK)
                    .ifPresent(
                            lock -> {
                                try (lock) {
                                    // The lock goes when it is given up.
                                    if (!name.endsWith(LOCK) && isLeft(directory, name)) {
                                        remove(directory, name);
                                    }
                                }
                            });
        } catch (ErrnoException _) {
            // Of another user, who shares the store: it is theirs to remove. Or nothing can be
            // removed at all, because the store is read-only.
        }
    }

    private void remove(Path directory, String name) {
        try (var parent =
                calls.openPath(directory.toString(), Constant.flags(O_RDONLY, O_DIRECTORY))) {
            TreeRemoval.remove(calls, parent, name);
        }
    }

    /**
     * Tells whether a layer is there, complete, and good enough for this user: what an ordinary
     * user has unpacked has lost its owners, so root does not take it.
     *
     * @param digest of its compressed form
     * @return true if so
     */
    public boolean has(Digest digest) {
        return Files.exists(images().layerCompleteFile(digest.toString()))
                && !(privileged && Files.exists(images().rootlessLayerFile(digest.toString())));
    }

    /**
     * Returns where a layer is.
     *
     * @param digest of its compressed form
     * @return a directory that overlayfs can stack
     */
    public Path directory(Digest digest) {
        return images().layerDir(digest.toString());
    }

    /**
     * Returns where the compressed form of a layer is.
     *
     * @param digest of it
     * @return a file, which need not exist
     */
    public Path blob(Digest digest) {
        return images().blobPath(digest.toString());
    }

    /**
     * Sees to it that a layer is there: fetches, checks and unpacks it in one pass, unless it is
     * there, or somebody else is doing it.
     *
     * @param digest of its compressed form
     * @param diffId of its form that is not compressed
     * @param source where its bytes come from when there is no blob of it
     * @param fetched told how many compressed bytes have come
     * @param unpacked told how many bytes of files there are
     * @return true when there was something to do
     * @throws InterruptedException when this thread is interrupted; nothing is left
     */
    public boolean ensure(
            Digest digest,
            Digest diffId,
            Source source,
            LongConsumer fetched,
            LongConsumer unpacked)
            throws InterruptedException {
        requireKnown(digest);
        while (!has(digest)) {
            var mine = new CompletableFuture<Void>();
            var other = inWork.putIfAbsent(digest, mine);
            if (other != null) {
                await(other);
                continue;
            }
            try {
                alone(digest, diffId, source, fetched, unpacked);
                return true;
            } finally {
                inWork.remove(digest, mine);
                mine.complete(null);
            }
        }
        return false;
    }

    private static void await(CompletableFuture<Void> other) throws InterruptedException {
        try {
            other.get();
        } catch (java.util.concurrent.ExecutionException e) {
            throw new CompletionException(e);
        }
    }

    private void alone(
            Digest digest,
            Digest diffId,
            Source source,
            LongConsumer fetched,
            LongConsumer unpacked)
            throws InterruptedException {
        var doing = "unpacking layer " + digest + " into " + images().layersDir();
        try (var lock = lock(digest)) {
            Objects.requireNonNull(lock);
            if (!has(digest)) {
                unpack(digest, diffId, source, fetched, unpacked);
            }
        } catch (EOFException e) {
            // Its digest is right, so whoever made it has cut it off.
            throw new BadContentException(
                    "unpacking layer " + digest + ": " + String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException("unpacking " + digest);
            }
            throw StoreFailure.of(doing, images().layersDir(), e);
        } catch (ErrnoException e) {
            throw StoreFailure.of(doing, e);
        }
    }

    /** Waiting for a lock is a system call that would hold the carrier of a virtual thread. */
    private DigestLock lock(Digest digest) throws InterruptedException {
        var name = digest.hex() + LOCK;
        var free = DigestLock.tryAcquire(calls, images().layersDir(), name);
        if (free.isPresent()) {
            return free.get();
        }
        var waited = new CompletableFuture<DigestLock>();
        Thread.ofPlatform()
                .name("pelagos-lock")
                .daemon()
                .start(
                        () -> {
                            try {
                                var lock = DigestLock.acquire(calls, images().layersDir(), name);
                                if (!waited.complete(lock)) {
                                    lock.close();
                                }
                            } catch (RuntimeException | Error e) {
                                waited.completeExceptionally(e);
                            }
                        });
        try {
            return waited.get();
        } catch (InterruptedException e) {
            waited.cancel(false);
            throw e;
        } catch (java.util.concurrent.ExecutionException e) {
            throw new CompletionException(e.getCause());
        }
    }

    /** Writes an archive of files that is not compressed. */
    @FunctionalInterface
    public interface Archive {
        /**
         * Writes it.
         *
         * @param out where to; not closed
         * @throws IOException when it cannot be written, or what it is made of cannot be read
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Makes a layer: compresses, keeps and unpacks it.
     *
     * @param archive what is in it
     * @return what a manifest says about it
     * @throws IOException when the archive cannot be written
     * @throws BadContentException when it is no archive that can be unpacked; nothing is left
     * @throws InterruptedException when this thread is interrupted; nothing is left
     */
    public Made make(Archive archive) throws IOException, InterruptedException {
        try (var layer = NewLayer.begin(calls, images())) {
            return keep(layer, layer.write(archive));
        } catch (ErrnoException e) {
            throw StoreFailure.of("writing a layer into " + images().blobsDir(), e);
        }
    }

    /**
     * Makes a layer of an archive, which is kept as it is when it is compressed.
     *
     * @param archive read to its end
     * @return what a manifest says about it
     * @throws IOException when the archive cannot be read
     * @throws BadContentException when it is no archive that can be unpacked; nothing is left
     * @throws InterruptedException when this thread is interrupted; nothing is left
     */
    public Made take(InputStream archive) throws IOException, InterruptedException {
        try (var layer = NewLayer.begin(calls, images())) {
            return keep(layer, layer.take(archive));
        } catch (ErrnoException e) {
            throw StoreFailure.of("writing a layer into " + images().blobsDir(), e);
        }
    }

    /**
     * A layer that was made here.
     *
     * @param descriptor what a manifest says about it
     * @param diffId of its form that is not compressed
     */
    public record Made(Descriptor descriptor, Digest diffId) {}

    private Made keep(NewLayer layer, NewLayer.Written written)
            throws IOException, InterruptedException {
        var digest = written.digest();
        boolean isNew = !Files.exists(blob(digest));
        if (isNew) {
            Files.writeString(
                    images().blobDiffidPath(digest.toString()), written.diffId().toString());
            Files.move(layer.file(), blob(digest), StandardCopyOption.ATOMIC_MOVE);
        }
        boolean done = false;
        try {
            boolean ignored =
                    ensure(
                            digest,
                            written.diffId(),
                            () -> verified(blob(digest), digest),
                            bytes -> {},
                            bytes -> {});
            done = true;
        } finally {
            if (!done && isNew) {
                Files.deleteIfExists(blob(digest));
                Files.deleteIfExists(images().blobDiffidPath(digest.toString()));
            }
        }
        return new Made(
                Descriptor.of(written.mediaType(), digest, written.size()), written.diffId());
    }

    /**
     * Opens a file whose bytes turn out to have a digest, or end in an exception.
     *
     * @param file the file, which stays
     * @param digest what it must have
     * @return its bytes, to be closed
     * @throws IOException when it cannot be opened
     */
    public InputStream verified(Path file, Digest digest) throws IOException {
        return new VerifiedFile(file, digest, false);
    }

    private void unpack(
            Digest digest,
            Digest diffId,
            Source source,
            LongConsumer fetched,
            LongConsumer unpacked)
            throws IOException {
        var layers = images().layersDir();
        var partial = digest.hex() + PARTIAL;
        // What an ordinary user has unpacked, or somebody without a mark.
        remove(layers, digest.hex());
        remove(layers, partial);
        Files.createDirectory(layers.resolve(partial));
        boolean done = false;
        try {
            var result = unpackTo(partial, digest, diffId, source, fetched, unpacked);
            publish(digest, partial, result);
            done = true;
        } finally {
            if (!done) {
                remove(layers, partial);
                Files.deleteIfExists(partialBlob(digest));
                if (!Files.exists(blob(digest))) {
                    Files.deleteIfExists(images().blobDiffidPath(digest.toString()));
                }
                if (!Files.exists(directory(digest))) {
                    Files.deleteIfExists(images().rootlessLayerFile(digest.toString()));
                }
            }
        }
    }

    private Path partialBlob(Digest digest) {
        return images().blobsDir().resolve(digest.hex() + PARTIAL);
    }

    private Unpacked unpackTo(
            String partial,
            Digest digest,
            Digest diffId,
            Source source,
            LongConsumer fetched,
            LongConsumer unpacked)
            throws IOException {
        boolean kept = Files.exists(blob(digest));
        var temporary = partialBlob(digest);
        try (var root =
                        calls.openPath(
                                images().layersDir().resolve(partial).toString(),
                                Constant.flags(O_RDONLY, O_DIRECTORY));
                var blob = kept ? OutputStream.nullOutputStream() : created(temporary);
                var network = kept ? new VerifiedFile(blob(digest), digest, true) : source.open();
                var compressed = new Relay(new Copying(network, blob, fetched), "pelagos-fetch");
                var plain =
                        new Relay(
                                Decompression.open(compressed, UnpackLimits.USUAL),
                                "pelagos-decompress");
                var digested = new Digesting(plain, diffId.newMessageDigest())) {
            var result =
                    LayerUnpacker.unpack(
                            calls,
                            root,
                            digested,
                            privileged ? UnpackMode.OVERLAY : UnpackMode.OVERLAY_USER,
                            UnpackLimits.USUAL,
                            privileged,
                            unpacked);
            digested.transferTo(OutputStream.nullOutputStream());
            requireDiffId(digest, diffId, digested);
            // Who cannot give files away must be able to mark the layer, and to remove it.
            calls.changeMode(root, calls.status(root).permissions() | (privileged ? 0500 : 0700));
            if (!kept) {
                try (var file = created(images().blobDiffidPath(digest.toString()))) {
                    file.write(diffId.toString().getBytes(US_ASCII));
                }
            }
            // A crash of the machine must not leave a mark without what it stands for.
            calls.syncFileSystem(root);
            if (!kept) {
                Files.move(temporary, blob(digest), StandardCopyOption.ATOMIC_MOVE);
            }
            return result;
        }
    }

    private static void requireDiffId(Digest digest, Digest diffId, Digesting digested) {
        requireDiffId(digest, diffId, Digest.of(diffId.algorithm(), digested.value()));
    }

    private static void requireDiffId(Digest digest, Digest diffId, Digest actual) {
        if (!actual.equals(diffId)) {
            throw new BadContentException(
                    "unpacking layer "
                            + digest
                            + ": what is in it has another digest than the image's"
                            + " configuration says: "
                            + actual
                            + " instead of "
                            + diffId);
        }
    }

    /** Makes a file that is nobody else's, in the place of one that was left. */
    private static OutputStream created(Path file) throws IOException {
        Files.deleteIfExists(file);
        return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    private void publish(Digest digest, String partial, Unpacked result) throws IOException {
        var layers = images().layersDir();
        var rootless = images().rootlessLayerFile(digest.toString());
        if (privileged) {
            Files.deleteIfExists(rootless);
        } else {
            created(rootless).close();
        }
        try (var directory =
                        calls.openPath(layers.toString(), Constant.flags(O_RDONLY, O_DIRECTORY));
                var layer =
                        calls.openEntry(
                                directory, partial, Constant.flags(O_RDONLY, O_DIRECTORY), 0)) {
            mark(layer, result.entries());
            calls.rename(directory, partial, directory, digest.hex());
            calls.sync(directory);
        }
    }

    /**
     * Writes the mark. The layer itself may have something of that name, such as a link to a file
     * of this machine: it gives way.
     */
    private void mark(Fd layer, long entries) {
        var modified = calls.status(layer).modified();
        TreeRemoval.remove(calls, layer, COMPLETE);
        try (var mark = calls.openEntry(layer, COMPLETE, NEW_FILE, 0644)) {
            calls.calls().writeFully(mark.number(), Long.toString(entries).getBytes(US_ASCII));
        }
        // The mark is ours: what is seen of the layer is as its archive says.
        calls.changeTime(layer, "", modified);
    }

    /**
     * Refuses a layer that cannot be kept, because its digest would be the name of a file.
     *
     * @param digest of its compressed form
     * @throws BadContentException when it is another than a SHA-256
     */
    public static void requireKnown(Digest digest) {
        if (!ImageReference.isIdentifier(digest.hex())) {
            throw new BadContentException(
                    "storing layer "
                            + digest
                            + ": layers are kept by their SHA-256, as the format on disk has it");
        }
    }

    /**
     * Lists the layers that are there.
     *
     * @return digests of their compressed forms
     */
    public List<Digest> list() {
        return digests(images().layersDir(), "");
    }

    /**
     * Lists the compressed layers that are there.
     *
     * @return their digests
     */
    public List<Digest> blobs() {
        return digests(images().blobsDir(), BLOB);
    }

    private static List<Digest> digests(Path directory, String suffix) {
        var all = new ArrayList<Digest>();
        for (var name : names(directory)) {
            if (name.matches("[0-9a-f]{64}" + java.util.regex.Pattern.quote(suffix))) {
                all.add(new Digest("sha256", name.substring(0, 64)));
            }
        }
        return all;
    }

    /**
     * Removes a layer in both forms, unless somebody works on it or needs it after all. Its name is
     * taken away before that is asked, so who looks for the layer later does not find it.
     *
     * @param digest of its compressed form
     * @param needed asked when the layer can no longer be found
     * @return how many bytes of files that was, 0 when it stays
     * @throws StoreException when it cannot be removed
     */
    public long removeUnless(Digest digest, BooleanSupplier needed) {
        long size = size(digest);
        return removeUnless(digest, true, needed) ? size : 0;
    }

    /**
     * Removes a layer in its unpacked form only, unless somebody works on it or needs it, see
     * {@link #removeUnless}.
     *
     * @param digest of its compressed form
     * @param needed asked when the layer can no longer be found
     * @return false when it stays
     * @throws StoreException when it cannot be removed
     */
    public boolean removeTreeUnless(Digest digest, BooleanSupplier needed) {
        return removeUnless(digest, false, needed);
    }

    private boolean removeUnless(Digest digest, boolean withBlob, BooleanSupplier needed) {
        var partial = digest.hex() + PARTIAL;
        var doing = "removing layer " + digest + " from " + paths.dataDir();
        try (var held =
                        DigestLock.tryAcquire(calls, images().layersDir(), digest.hex() + LOCK)
                                .orElse(null);
                var parent =
                        calls.openPath(
                                images().layersDir().toString(),
                                Constant.flags(O_RDONLY, O_DIRECTORY))) {
            if (held == null) {
                return false;
            }
            boolean unpacked = calls.status(parent, digest.hex()).isPresent();
            if (unpacked) {
                TreeRemoval.remove(calls, parent, partial);
                calls.rename(parent, digest.hex(), parent, partial);
            }
            boolean stays = true;
            try {
                stays = needed.getAsBoolean();
            } finally {
                if (stays && unpacked) {
                    calls.rename(parent, partial, parent, digest.hex());
                }
            }
            if (stays) {
                return false;
            }
            TreeRemoval.remove(calls, parent, partial);
            Files.deleteIfExists(images().rootlessLayerFile(digest.toString()));
            if (withBlob) {
                Files.deleteIfExists(blob(digest));
                Files.deleteIfExists(images().blobDiffidPath(digest.toString()));
            }
            return true;
        } catch (IOException e) {
            throw StoreFailure.of(doing, paths.dataDir(), e);
        } catch (ErrnoException e) {
            throw StoreFailure.of(doing, e);
        }
    }

    /**
     * Tells whether the compressed form of a layer is there.
     *
     * @param digest its digest
     * @return true if so
     */
    public boolean hasBlob(Digest digest) {
        return Files.isRegularFile(blob(digest));
    }

    /**
     * Reads the compressed form of a layer again.
     *
     * @param digest its digest
     * @param diffId the digest of what is in it
     * @throws BadContentException when it has another of the two
     * @throws StoreException when it cannot be read
     */
    public void checkBlob(Digest digest, Digest diffId) {
        try (var compressed = new VerifiedFile(blob(digest), digest, false);
                var plain =
                        new Digesting(
                                Decompression.open(compressed, UnpackLimits.USUAL),
                                diffId.newMessageDigest())) {
            plain.transferTo(OutputStream.nullOutputStream());
            if (!compressed.hasEnded()) {
                compressed.transferTo(OutputStream.nullOutputStream());
            }
            requireDiffId(digest, diffId, plain);
        } catch (IOException e) {
            throw new StoreException("reading " + blob(digest) + ": " + e.getMessage(), e);
        }
    }

    /**
     * Looks whether a layer is there unpacked, to its end.
     *
     * @param digest of its compressed form
     * @return what is wrong with it, or empty
     */
    public Optional<String> treeDamage(Digest digest) {
        if (!Files.isDirectory(directory(digest), LinkOption.NOFOLLOW_LINKS)) {
            return Optional.of("is not there unpacked");
        }
        var mark = images().layerCompleteFile(digest.toString());
        try {
            if (!Files.readString(mark).strip().matches("[0-9]{1,18}")) {
                return Optional.of("its mark " + mark + " has no number of entries");
            }
            return has(digest)
                    ? Optional.empty()
                    : Optional.of("was unpacked by an ordinary user, without its owners");
        } catch (IOException _) {
            return Optional.of("was not unpacked to its end: " + mark + " cannot be read");
        }
    }

    /**
     * Compares each file of a layer that is there unpacked with what its compressed form, which has
     * the right digest, comes to when it is unpacked beside it.
     *
     * @param digest of its compressed form
     * @param most how many differences are looked for
     * @return the first differences, each a sentence for people
     * @throws BadContentException when the compressed form cannot be unpacked
     * @throws StoreException when one of the two cannot be read, or there is no room for a copy
     */
    public List<String> treeDifferences(Digest digest, int most) {
        var doing = "comparing layer " + digest + " with what is unpacked of it";
        try (var scratch = scratch();
                var expected = calls.openPath(scratch.path().toString(), DIRECTORY);
                var layers = calls.openPath(images().layersDir().toString(), DIRECTORY);
                var actual = calls.openEntry(layers, digest.hex(), DIRECTORY, 0)) {
            var begun = calls.status(expected).modified();
            try (var blob = verified(blob(digest), digest);
                    var plain = Decompression.open(blob, UnpackLimits.USUAL)) {
                var _ =
                        LayerUnpacker.unpack(
                                calls,
                                expected,
                                plain,
                                privileged ? UnpackMode.OVERLAY : UnpackMode.OVERLAY_USER,
                                UnpackLimits.USUAL,
                                privileged,
                                bytes -> {});
            }
            calls.changeMode(
                    expected, calls.status(expected).permissions() | (privileged ? 0500 : 0700));
            boolean rootless = Files.exists(images().rootlessLayerFile(digest.toString()));
            return new TreeComparison(calls, COMPLETE, begun, privileged != rootless, most)
                    .run(expected, actual);
        } catch (IOException e) {
            throw StoreFailure.of(doing, images().blobsDir(), e);
        } catch (ErrnoException e) {
            throw StoreFailure.of(doing, e);
        }
    }

    /**
     * Fetches the compressed form of a layer alone, whose unpacked form stays as it is.
     *
     * @param digest its digest
     * @param diffId the digest of what is in it, or null where nothing says it
     * @param source the bytes
     * @throws BadContentException when it has another of the two
     * @throws StoreException when they cannot be had
     * @throws InterruptedException when this thread is interrupted; nothing has changed
     */
    public void fetchBlob(Digest digest, @Nullable Digest diffId, Source source)
            throws InterruptedException {
        var doing = "fetching blob " + digest + " into " + images().blobsDir();
        try (var lock = lock(digest)) {
            Objects.requireNonNull(lock);
            copyBlob(digest, diffId, source);
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException(doing);
            }
            throw StoreFailure.of(doing, images().blobsDir(), e);
        } catch (ErrnoException e) {
            throw StoreFailure.of(doing, e);
        }
    }

    /**
     * Keeps the compressed form of a layer alone, unless it is there.
     *
     * @param digest its digest
     * @param diffId the digest of what is in it, or null where nothing says it
     * @param source the bytes
     * @throws BadContentException when it has another of the two
     * @throws StoreException when they cannot be had
     * @throws InterruptedException when this thread is interrupted; nothing has changed
     */
    public void keepBlob(Digest digest, @Nullable Digest diffId, Source source)
            throws InterruptedException {
        if (!hasBlob(digest)) {
            fetchBlob(digest, diffId, source);
        }
    }

    /** While the lock is held, because the next one who has it writes the same file. */
    private void copyBlob(Digest digest, @Nullable Digest diffId, Source source)
            throws IOException {
        var temporary = partialBlob(digest);
        try {
            Digest actual;
            var algorithm = diffId == null ? digest : diffId;
            try (var out = FileChannel.open(temporary, CREATE, WRITE, TRUNCATE_EXISTING);
                    var in =
                            new Copying(source.open(), Channels.newOutputStream(out), bytes -> {});
                    var plain =
                            new Digesting(
                                    Decompression.open(in, UnpackLimits.USUAL),
                                    algorithm.newMessageDigest())) {
                plain.transferTo(OutputStream.nullOutputStream());
                // What follows the compressed part belongs to the blob too.
                in.transferTo(OutputStream.nullOutputStream());
                actual = Digest.of(algorithm.algorithm(), plain.value());
                out.force(true);
            }
            requireDiffId(digest, diffId == null ? actual : diffId, actual);
            Files.writeString(images().blobDiffidPath(digest.toString()), actual.toString());
            Files.move(temporary, blob(digest), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            deleteQuietly(temporary);
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // What is left of it goes when the store is opened again.
            LOG.log(System.Logger.Level.DEBUG, "removing " + file, e);
        }
    }

    /**
     * Measures a layer.
     *
     * @param digest of its compressed form
     * @return bytes of both forms
     */
    public long size(Digest digest) {
        return treeSize(digest) + blobSize(digest);
    }

    /**
     * Measures a layer as it is unpacked.
     *
     * @param digest of its compressed form
     * @return bytes of files
     */
    public long treeSize(Digest digest) {
        return size(directory(digest));
    }

    /**
     * Measures a layer as it came.
     *
     * @param digest of its compressed form
     * @return bytes
     */
    public long blobSize(Digest digest) {
        return size(blob(digest));
    }

    /**
     * Measures a file or a tree.
     *
     * @param path what; nothing is there without it
     * @return bytes of files, each once however many names it has
     */
    public long size(Path path) {
        return TreeSize.of(calls, path);
    }

    /** Passes on what it reads, and keeps a copy. */
    private static final class Copying extends BulkInput {
        private final InputStream in;
        private final OutputStream copy;
        private final LongConsumer progress;
        private long count;
        private boolean ended;

        Copying(InputStream in, OutputStream copy, LongConsumer progress) {
            this.in = in;
            this.copy = copy;
            this.progress = progress;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            // Who has come to the end may have closed it.
            int read = ended ? -1 : in.read(into, at, Math.min(length, BUFFER));
            ended = read < 0;
            if (read > 0) {
                copy.write(into, at, read);
                count += read;
                progress.accept(count);
            }
            return read;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
