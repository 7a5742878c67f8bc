package io.pelagos.image;

import io.pelagos.core.Container;
import io.pelagos.core.DetachedContainer;
import io.pelagos.core.Lease;
import io.pelagos.core.Pelagos;
import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.LayerStack;
import io.pelagos.core.files.MergedTree;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.image.internal.archive.SavedImage;
import io.pelagos.image.internal.registry.CredentialSources;
import io.pelagos.image.internal.registry.Credentials;
import io.pelagos.image.internal.registry.MirrorRules;
import io.pelagos.image.internal.registry.RegistryClient;
import io.pelagos.image.internal.registry.Repository;
import io.pelagos.image.internal.store.BuildCache;
import io.pelagos.image.internal.store.ImageStore;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageInUseException;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.RegistryException;
import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;

/**
 * The images of a store: pulls them from registries, finds, names and removes them.
 *
 * <p>Safe for use by many threads and many processes. What two ask for at the same time is fetched
 * once.
 */
public final class Images implements AutoCloseable {
    private final Pelagos pelagos;
    private final ImageOptions options;
    private final FileCalls calls;
    private final CredentialSources credentials;
    private final RegistryClient client;
    private final ImageStore store;
    private final LayerStore layers;
    private final Prefetching prefetching = new Prefetching();

    private Images(Pelagos pelagos, ImageOptions options) {
        this.pelagos = pelagos;
        this.options = options;
        calls = new FileCalls(new SystemCalls(pelagos.kernel()));
        store = new ImageStore(calls, pelagos.paths());
        layers = new LayerStore(calls, pelagos.paths(), isPrivileged(pelagos));
        credentials = CredentialSources.of(options.environment());
        client =
                new RegistryClient(
                        Connecting.by(options),
                        credentials,
                        MirrorRules.load(options.environment()));
        layers.open();
        store.open();
    }

    private static boolean isPrivileged(Pelagos pelagos) {
        return pelagos.kernel().call(Syscall.GETEUID) == 0;
    }

    /**
     * Opens the store of a Pelagos.
     *
     * @param pelagos where the store is, and what containers run in
     * @return the way in, to be closed
     * @throws StoreException when the store cannot be made
     */
    public static Images open(Pelagos pelagos) {
        return open(pelagos, ImageOptions.usual());
    }

    /**
     * Opens the store of a Pelagos.
     *
     * @param pelagos where the store is, and what containers run in
     * @param options how registries are talked to
     * @return the way in, to be closed
     * @throws StoreException when the store cannot be made
     */
    public static Images open(Pelagos pelagos, ImageOptions options) {
        return new Images(pelagos, options);
    }

    /** Reads a reference, with the registry that names without a slash come from. */
    private ImageReference reference(String text) {
        var registry = options.environment().getOrDefault("PELAGOS_DEFAULT_REGISTRY", "");
        return (registry.isEmpty()
                        ? ImageReference.parse(text)
                        : ImageReference.parse(text, registry))
                .exact();
    }

    /**
     * Pulls an image for this machine.
     *
     * @param reference for example {@code redis:7}
     * @return the image
     * @throws ImageException when it cannot be had; nothing of it is visible
     * @throws InterruptedException when this thread is interrupted; nothing of it is visible
     */
    public Image pull(String reference) throws InterruptedException {
        return pull(reference, PullOptions.usual());
    }

    /**
     * Pulls an image for this machine.
     *
     * @param reference for example {@code redis:7}
     * @param listener is told how it goes on
     * @return the image
     * @throws ImageException when it cannot be had; nothing of it is visible
     * @throws InterruptedException when this thread is interrupted; nothing of it is visible
     */
    public Image pull(String reference, PullListener listener) throws InterruptedException {
        return pull(reference, PullOptions.usual().telling(listener));
    }

    /**
     * Pulls an image.
     *
     * @param reference for example {@code redis:7}
     * @param how for which machine, when, and who is told
     * @return the image
     * @throws IllegalArgumentException when the reference is none
     * @throws ImageException when it cannot be had; nothing of it is visible
     * @throws InterruptedException when this thread is interrupted; nothing of it is visible
     */
    public Image pull(String reference, PullOptions how) throws InterruptedException {
        return pulling().pull(reference(reference), how);
    }

    /**
     * Returns an image, pulling it if it is not here.
     *
     * @param reference for example {@code redis:7}
     * @return the image
     * @throws ImageException when it cannot be had
     * @throws InterruptedException when this thread is interrupted
     */
    public Image ensure(String reference) throws InterruptedException {
        return pull(reference, PullOptions.usual().asking(PullOptions.Policy.MISSING));
    }

    private Pulling pulling() {
        return new Pulling(workshop(), client, options.parallel());
    }

    private Lease lease(String holder, List<Digest> digests) {
        return pelagos.leases().take(holder, digests.stream().map(layers::directory).toList());
    }

    /**
     * Keeps the layers of an image, also when its last name is taken away: as long as the lease
     * lasts no {@link #prune} of any process removes them. A container has a lease of its own.
     *
     * @param image an image that is here
     * @return to be closed; ends with this process if it is not
     * @throws ImageNotFoundException when some of its layers are not here any more
     */
    public Lease lease(Image image) {
        var digests = image.layers().stream().map(Layer::digest).toList();
        var lease = lease(image.toString(), digests);
        if (!digests.stream().allMatch(layers::has)) {
            lease.close();
            throw new ImageNotFoundException(
                    image.reference().toString(),
                    "keeping "
                            + image
                            + ": some of its layers were removed, as it has no name any more; pull"
                            + " it again");
        }
        return lease;
    }

    /**
     * Fetches images in the background that are not here, several at a time. One that is being
     * fetched already is not fetched twice.
     *
     * @param references for example {@code redis:7}
     * @return the images in this order, as {@link #ensure} gives them; what {@code get} throws has
     *     the {@link ImageException} of the first that failed as its cause, and {@code
     *     cancel(true)} calls off what is on its way, as closing this does
     * @throws IllegalArgumentException when one of them is no reference; nothing was begun
     */
    public Future<List<Image>> prefetch(String... references) {
        var all = List.of(references);
        all.forEach(this::reference);
        return prefetching.begin(all, options.parallel(), this::ensure);
    }

    /**
     * Reads an image again, from beginning to end, and compares it with its digests: its documents,
     * its layers in their compressed form and what is in them; and each file of its layers as they
     * are unpacked with the layer, see {@link VerifyOptions}. Changes nothing.
     *
     * @param image an image that is here
     * @return what is wrong with it
     * @throws ImageNotFoundException when it has no name any more
     * @throws StoreException when there is no room to unpack a layer for a while
     * @throws InterruptedException when this thread is interrupted
     */
    public Verification verify(Image image) throws InterruptedException {
        return verify(image, VerifyOptions.usual());
    }

    /**
     * Reads an image again, see {@link #verify(Image)}.
     *
     * @param image an image that is here
     * @param how how much of it
     * @return what is wrong with it
     * @throws ImageNotFoundException when it has no name any more
     * @throws StoreException when there is no room to unpack a layer for a while
     * @throws InterruptedException when this thread is interrupted
     */
    public Verification verify(Image image, VerifyOptions how) throws InterruptedException {
        StoredImage stored;
        try {
            stored = present(image);
        } catch (BadContentException e) {
            var damage =
                    new Verification.Damage(
                            Verification.Kind.DOCUMENT, null, String.valueOf(e.getMessage()));
            return new Verification(image.reference(), List.of(damage));
        }
        return new Verifying(store, layers, stored, how).run(options.parallel());
    }

    private StoredImage present(Image image) {
        return store.find(image.reference())
                .orElseThrow(() -> notHere(image.reference().familiar()));
    }

    /**
     * Repairs an image by fetching again, from the registry that its name says and by its digest,
     * what is damaged of it. Its other layers stay as they are. When its documents are damaged it
     * is what the registry has by its name.
     *
     * @param found what {@link #verify} has found
     * @return the image
     * @throws ImageInUseException when containers use a layer that would have to be unpacked again;
     *     nothing has changed
     * @throws ImageException when what is damaged cannot be fetched
     * @throws InterruptedException when this thread is interrupted
     */
    public Image repair(Verification found) throws InterruptedException {
        var reference = found.reference();
        StoredImage stored;
        try {
            stored = store.find(reference).orElseThrow(() -> notHere(reference.familiar()));
        } catch (BadContentException e) {
            // Nothing here says what it was but its name; its layers are checked by their digests.
            return pulling()
                    .fetch(
                            reference,
                            new Pull(client, layers, reference, PullOptions.usual()),
                            Optional.empty());
        }
        return new Repairing(client, layers, new Users(pelagos), stored)
                .run(found, pull -> pulling().fetch(reference, pull, store.index(stored)))
                .orElseGet(() -> image(stored));
    }

    /**
     * Copies an image from one registry to another, for all platforms that there are, without
     * storing anything here. Its digest stays the same. What the second registry has is not sent.
     *
     * @param from for example {@code redis:7}
     * @param to for example {@code registry.example.org/redis:7}
     * @return what was done
     * @throws ImageException when it cannot be had, or the second registry refuses it
     * @throws InterruptedException when this thread is interrupted
     */
    public Copied copy(String from, String to) throws InterruptedException {
        return copy(from, to, CopyOptions.usual());
    }

    /**
     * Copies an image from one registry to another without storing anything here.
     *
     * @param from for example {@code redis:7}
     * @param to for example {@code registry.example.org/redis:7}
     * @param how for which platform, and who is told
     * @return what was done
     * @throws IllegalArgumentException when one of them is no reference, or {@code to} has a digest
     *     that is not the image's
     * @throws ImageException when it cannot be had, or the second registry refuses it; what was
     *     sent before has no name there
     * @throws InterruptedException when this thread is interrupted
     */
    public Copied copy(String from, String to, CopyOptions how) throws InterruptedException {
        return new Copying(client, reference(from), reference(to), how, options.parallel()).run();
    }

    /**
     * Speaks to a registry itself: what it lists, its documents, and what is deleted of them.
     *
     * @param name its host, with a port where needed, for example {@code localhost:5000}
     * @return the way to it, which ends with this
     * @throws IllegalArgumentException when that is no name of a registry
     */
    public Registry registry(String name) {
        return new Registry(client, name);
    }

    /**
     * Measures a layer.
     *
     * @param layer a layer of an image that is here
     * @return bytes of its files, unpacked
     */
    public long size(Layer layer) {
        return layers.treeSize(layer.digest());
    }

    /**
     * Measures everything that is stored, which reads all directories.
     *
     * @return how much there is of each kind
     */
    public DiskUsage diskUsage() {
        return new Measuring(store, layers, new BuildCache(pelagos.paths().images()))
                .of(pelagos.volumes(), pruning());
    }

    private Pruning pruning() {
        return new Pruning(
                store, layers, new BuildCache(pelagos.paths().images()), new Users(pelagos));
    }

    /**
     * Sends an image to the registry that its name says.
     *
     * @param reference an image that is here
     * @return how many layers were sent; the others the registry had
     * @throws ImageException when there is no such image, or the registry refuses it
     */
    public int push(String reference) {
        var image = get(reference);
        var pushing = new Pushing(client, layers, image.reference());
        var index = store.find(image.reference()).flatMap(store::index);
        if (index.isPresent()) {
            return pushing.index(index.get());
        }
        var config = store.config(image.reference()).orElseThrow(() -> notHere(reference));
        return pushing.image(rawManifest(reference, image), config);
    }

    /**
     * Writes images as an archive of an OCI image layout, which other tools read: the same bytes
     * each time for the same images.
     *
     * @param out where to; left open
     * @param references images that are here
     * @throws ImageException when one is not here, or not with all that it came with
     */
    public void save(OutputStream out, List<String> references) {
        save(out, references, ArchiveFormat.OCI_ARCHIVE);
    }

    /**
     * Writes images as an archive, the same bytes each time for the same images. What has become
     * damaged is noticed.
     *
     * @param out where to; left open
     * @param references images that are here
     * @param format of the archive; not a directory
     * @throws ImageException when one is not here, or not with all that it came with
     */
    public void save(OutputStream out, List<String> references, ArchiveFormat format) {
        try {
            saving(references, format).to(out);
        } catch (IOException e) {
            throw new StoreException("saving " + references + ": " + e, e);
        }
    }

    /**
     * Writes images to a file or a directory, which has its name only when it is complete: a file
     * that is there stays as it is until then. When this process is killed, what it leaves beside
     * it is removed by the next that saves there.
     *
     * @param path a file, compressed by gzip when its name ends with {@code .gz} or {@code .tgz};
     *     or a directory, which must be empty when it is there
     * @param references images that are here
     * @param format of the archive
     * @throws ImageException when one is not here, or not with all that it came with; nothing is
     *     left
     */
    public void save(Path path, List<String> references, ArchiveFormat format) {
        try {
            saving(references, format).to(path);
        } catch (IOException e) {
            throw new StoreException("saving " + references + " to " + path + ": " + e, e);
        }
    }

    private Saving saving(List<String> references, ArchiveFormat format) {
        var saved = new ArrayList<SavedImage>();
        for (var reference : references) {
            var image = get(reference);
            var config = store.config(image.reference()).orElseThrow(() -> notHere(reference));
            saved.add(
                    new SavedImage(
                            image.reference(),
                            Bytes.of(rawManifest(reference, image)),
                            Bytes.of(config),
                            store.find(image.reference()).flatMap(store::index).orElse(null)));
        }
        return new Saving(workshop(), saved, format);
    }

    private byte[] rawManifest(String reference, Image image) {
        return store.manifest(image.reference())
                .filter(it -> it.length > 0)
                .orElseThrow(
                        () ->
                                new ImageNotFoundException(
                                        reference,
                                        "sending "
                                                + reference
                                                + ": its manifest was not kept by whoever stored"
                                                + " it; pull it again"));
    }

    /**
     * Reads images from an archive, compressed or not, or a directory: of an OCI image layout, or
     * what {@code docker save} writes. Everything is checked as if it came from a registry. Of an
     * index the image for this machine is kept.
     *
     * @param archive a file or a directory
     * @return the images, by each of the names that the archive says
     * @throws ImageException when it cannot be read, or is damaged
     * @throws InterruptedException when this thread is interrupted
     */
    public List<Image> load(Path archive) throws InterruptedException {
        return load(archive, LoadOptions.usual());
    }

    /**
     * Reads the one image of an archive, see {@link #load(Path)}.
     *
     * @param archive a file or a directory
     * @param name what the image is to be called
     * @return the image
     * @throws IllegalArgumentException when the archive has several images
     * @throws ImageException when it cannot be read, or is damaged
     * @throws InterruptedException when this thread is interrupted
     */
    public List<Image> load(Path archive, String name) throws InterruptedException {
        return load(archive, LoadOptions.usual().named(name));
    }

    /**
     * Reads images from an archive or a directory, see {@link #load(Path)}.
     *
     * @param archive a file or a directory
     * @param how what they are called, and for which machines they are kept
     * @return the images, by each of their names
     * @throws IllegalArgumentException when a name is given and the archive has several images
     * @throws ImageException when it cannot be read, is damaged, or has not all that is wanted
     * @throws InterruptedException when this thread is interrupted
     */
    public List<Image> load(Path archive, LoadOptions how) throws InterruptedException {
        try {
            return new Loading(workshop(), archive, how).run();
        } catch (IOException e) {
            throw new StoreException("loading " + archive + ": " + e, e);
        }
    }

    private Workshop workshop() {
        return new Workshop(
                calls,
                store,
                layers,
                this::lease,
                options.environment(),
                this::reference,
                this::image);
    }

    /**
     * Begins an image that stands on another, whose layers and configuration it takes over.
     *
     * @param base an image that is here
     * @return a builder
     */
    public ImageBuilder build(Image base) {
        return new ImageBuilder(workshop(), base);
    }

    /**
     * Begins an image that stands on nothing.
     *
     * @return a builder
     */
    public ImageBuilder build() {
        return new ImageBuilder(workshop(), null);
    }

    /**
     * Begins an image of what a container has changed: a layer on those of the image that it runs.
     * The container is frozen while it is read, which happens when the image gets its name. What is
     * mounted in it, such as volumes, is no part of it. Times of files are kept, but none is later
     * than {@code SOURCE_DATE_EPOCH} where that is set; else the image is as old as the latest
     * change, so that the same changes give the same image.
     *
     * @param container one that runs an image that is here
     * @return a builder, with the configuration of the image
     * @throws IllegalArgumentException when it runs no image that is here
     */
    public ImageBuilder commit(Container container) {
        return new Committing(this).of(container.name(), container.spec(), container::commit);
    }

    /**
     * Begins an image of what a container has changed, see {@link #commit(Container)}.
     *
     * @param container one that runs an image that is here
     * @return a builder, with the configuration of the image
     * @throws IllegalArgumentException when it runs no image that is here
     */
    public ImageBuilder commit(DetachedContainer container) {
        return new Committing(this).of(container.name(), container.spec(), container::commit);
    }

    /**
     * Begins an image of an archive of a root file system, compressed by gzip, zstd, xz or bzip2 or
     * not at all. It is read when the image gets its name, and checked as if it came from a
     * registry.
     *
     * @param archive of tar(1); not closed
     * @return a builder
     */
    public ImageBuilder importRootfs(InputStream archive) {
        return build().layer(null, "imported from an archive", below -> layers.take(archive));
    }

    /**
     * Writes all files of an image as one archive of tar(1), not compressed, as {@link
     * #importRootfs} takes it.
     *
     * @param image an image that is here
     * @param out where to; left open
     * @throws UncheckedIOException when it cannot be written
     */
    public void export(Image image, OutputStream out) {
        var directories = image.layers().stream().map(Layer::directory).toList();
        Exporting.to(
                out,
                sink -> {
                    try (var stack = LayerStack.open(calls, directories.reversed())) {
                        MergedTree.copy(calls, stack, sink);
                    } catch (ErrnoException e) {
                        throw new StoreException("exporting " + image + ": " + e.getMessage(), e);
                    }
                });
    }

    /**
     * Writes all files of a container as one archive of tar(1), not compressed: what its root is
     * made of, without what is mounted over it. It is frozen meanwhile.
     *
     * @param container whose root is of layers or a directory
     * @param out where to; left open
     * @throws UncheckedIOException when it cannot be written
     */
    public void export(Container container, OutputStream out) {
        Exporting.to(out, container::export);
    }

    /**
     * Writes all files of a container as one archive, see {@link #export(Container, OutputStream)}.
     *
     * @param container whose root is of layers or a directory
     * @param out where to; left open
     * @throws UncheckedIOException when it cannot be written
     */
    public void export(DetachedContainer container, OutputStream out) {
        Exporting.to(out, container::export);
    }

    /**
     * Keeps who asks a registry, after it has agreed: in the file or by the helper that Docker's
     * configuration names.
     *
     * @param registry its host, with a port where one is named
     * @param username the user
     * @param password the password, which is shown to nobody else
     * @return where it is kept
     * @throws RegistryException when the registry does not agree
     */
    public String login(String registry, String username, String password) {
        var given = Credentials.of(username, password);
        try (var asking =
                new RegistryClient(
                        Connecting.by(options),
                        CredentialSources.none().with(registry, given),
                        MirrorRules.none())) {
            asking.ping(registry);
        }
        return credentials.login(registry, given);
    }

    /**
     * Forgets who asks a registry.
     *
     * @param registry its host, with a port where one is named
     * @return where it was kept
     * @throws RegistryException when nobody is logged in to it
     */
    public String logout(String registry) {
        return credentials.logout(registry);
    }

    /**
     * Lists the tags of a repository.
     *
     * @param repository an image of it, for example {@code redis}
     * @return the tags
     * @throws ImageException when the registry does not tell
     */
    public List<String> tags(String repository) {
        return client.tags(Repository.of(reference(repository)));
    }

    private Image image(StoredImage stored) {
        return new Image(pelagos, stored, layers::directory);
    }

    /**
     * Finds an image that is here.
     *
     * @param reference a reference, or the beginning of a digest
     * @return the image
     * @throws ImageNotFoundException when there is none
     */
    public Image get(String reference) {
        return find(reference).orElseThrow(() -> notHere(reference));
    }

    private static ImageNotFoundException notHere(String reference) {
        return new ImageNotFoundException(
                reference, "there is no image " + reference + " here; pull it first");
    }

    /**
     * Finds an image that is here.
     *
     * @param reference a reference, or the first digits of a digest, at least twelve
     * @return empty when there is none
     */
    public Optional<Image> find(String reference) {
        var hex = reference.startsWith("sha256:") ? reference.substring(7) : reference;
        if (hex.matches("[0-9a-f]{12,64}")) {
            var found =
                    store.listReadable().stream()
                            .filter(it -> it.digest().hex().startsWith(hex))
                            .map(this::image)
                            .findFirst();
            if (found.isPresent() || hex.length() == 64) {
                return found;
            }
        }
        return store.find(reference(reference)).map(this::image);
    }

    /**
     * Lists the images that are here. One that is damaged is left out and logged: {@link #repair}
     * or {@link #remove(String, boolean)} it.
     *
     * @return by name
     */
    public List<Image> list() {
        return store.listReadable().stream().map(this::image).toList();
    }

    /**
     * Gives an image another name as well.
     *
     * @param reference an image that is here
     * @param name the new name, which is taken from another image that has it
     * @return the image under its new name
     * @throws ImageNotFoundException when there is no such image
     */
    public Image tag(String reference, String name) {
        var image = get(reference);
        var stored = store.find(image.reference()).orElseThrow(() -> notHere(reference));
        var other =
                new StoredImage(reference(name), stored.digest(), stored.layers(), stored.config());
        var config = store.config(image.reference()).orElseGet(() -> stored.config().toJson());
        var manifest = store.manifest(image.reference()).orElse(new byte[0]);
        var index = store.index(stored);
        if (index.isPresent()) {
            store.save(other, manifest, config, index.get());
        } else {
            store.save(other, manifest, config);
        }
        return image(other);
    }

    /**
     * Gives a name to several images, of which each machine gets its own. What has the name here is
     * the image for this machine, or where there is none the first; {@link #push} and {@link #save}
     * send all.
     *
     * @param name the new name, which is taken from another image that has it
     * @param members images that are here, each for another platform
     * @return the image for this machine, with the digest of the index
     * @throws IllegalArgumentException when there is none, or two are for the same platform
     * @throws ImageException when one is not here with all that it came with
     */
    public Image index(String name, Image... members) {
        return new Indexing(workshop()).index(reference(name), List.of(members));
    }

    /**
     * Takes a name away. Layers that no name needs any more stay until {@link #prune}.
     *
     * @param reference an image that is here
     * @throws ImageNotFoundException when there is no such image
     * @throws ImageInUseException when it is the last name of what containers use
     */
    public void remove(String reference) {
        remove(reference, false);
    }

    /**
     * Takes a name away. Layers that no name needs any more stay until {@link #prune}.
     *
     * @param reference an image that is here
     * @param force whether containers that use it do not matter
     * @throws ImageNotFoundException when there is no such image
     * @throws ImageInUseException when it is the last name of what containers use
     */
    public void remove(String reference, boolean force) {
        Image image;
        try {
            image = get(reference);
        } catch (BadContentException e) {
            if (!force) {
                throw e;
            }
            store.remove(reference(reference));
            return;
        }
        boolean lastName =
                store.listReadable().stream()
                                .filter(it -> it.digest().equals(image.digest()))
                                .count()
                        == 1;
        var users = lastName ? users(image) : List.<String>of();
        if (!force && !users.isEmpty()) {
            throw new ImageInUseException(reference, users);
        }
        store.remove(image.reference());
    }

    private List<String> users(Image image) {
        return new Users(pelagos)
                .of(
                        image.root() instanceof RootSpec.Layers stack
                                ? stack.directories()
                                : List.of());
    }

    /**
     * Removes layers that no image has, no container stands on, and nobody has a {@link #lease} of,
     * in any process.
     *
     * @return how many bytes that were
     */
    public long prune() {
        return prune(PruneOptions.usual()).bytes();
    }

    /**
     * Removes what nobody needs, or says what that is.
     *
     * @param how what of it, and whether really
     * @return what was removed, or would be
     * @throws StoreException when something cannot be removed
     */
    public Pruned prune(PruneOptions how) {
        return pruning().run(how);
    }

    /** Ends what is open to registries. Images stay. */
    @Override
    public void close() {
        prefetching.close();
        client.close();
    }
}
