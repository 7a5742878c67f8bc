package io.pelagos.image;

import io.pelagos.core.ContainerStateException;
import io.pelagos.core.Pelagos;
import io.pelagos.core.files.FileCalls;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.image.internal.archive.ArchiveFiles;
import io.pelagos.image.internal.archive.LayoutReader;
import io.pelagos.image.internal.archive.LayoutWriter;
import io.pelagos.image.internal.registry.Backoff;
import io.pelagos.image.internal.registry.CredentialSources;
import io.pelagos.image.internal.registry.Credentials;
import io.pelagos.image.internal.registry.MirrorRules;
import io.pelagos.image.internal.registry.PlainHttp;
import io.pelagos.image.internal.registry.Push;
import io.pelagos.image.internal.registry.RegistryClient;
import io.pelagos.image.internal.registry.RegistryOptions;
import io.pelagos.image.internal.registry.Repository;
import io.pelagos.image.internal.registry.TimeLimits;
import io.pelagos.image.internal.registry.TlsFiles;
import io.pelagos.image.internal.store.ImageStore;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageInUseException;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.Platform;
import io.pelagos.image.spec.RegistryException;
import io.pelagos.image.spec.StoreException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The images of a store: pulls them from registries, finds, names and removes them.
 *
 * <p>Safe for use by many threads and many processes. What two ask for at the same time is fetched
 * once.
 */
public final class Images implements AutoCloseable {
    private final Pelagos pelagos;
    private final ImageOptions options;
    private final CredentialSources credentials;
    private final RegistryClient client;
    private final ImageStore store;
    private final LayerStore layers;

    private Images(Pelagos pelagos, ImageOptions options) {
        this.pelagos = pelagos;
        this.options = options;
        var calls = new FileCalls(new SystemCalls(pelagos.kernel()));
        store = new ImageStore(calls, pelagos.paths());
        layers = new LayerStore(calls, pelagos.paths(), isPrivileged(pelagos));
        credentials = CredentialSources.of(options.environment());
        client =
                new RegistryClient(
                        registryOptions(options),
                        credentials,
                        MirrorRules.load(options.environment()));
        layers.open();
        store.open();
    }

    private static boolean isPrivileged(Pelagos pelagos) {
        return pelagos.kernel().call(Syscall.GETEUID) == 0;
    }

    private static RegistryOptions registryOptions(ImageOptions options) {
        var plain = PlainHttp.NEARBY;
        for (var host : options.insecure()) {
            plain = plain.with(host);
        }
        var usual = TimeLimits.USUAL;
        var tls = TlsFiles.USUAL;
        var certificates = options.certificates();
        return RegistryOptions.usual(options.environment())
                .withPlainHttp(plain)
                .withOffline(options.offline())
                .withLimits(new TimeLimits(usual.connect(), options.stall(), usual.total()))
                .withTls(certificates == null ? tls : tls.trusting(certificates))
                .withBackoff(
                        new Backoff(options.attempts(), options.pause(), Backoff.USUAL.longest()));
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
        var wanted = reference(reference);
        var local = complete(wanted, how);
        return switch (how.policy()) {
            case NEVER -> local.map(this::image).orElseThrow(() -> missing(wanted));
            case MISSING -> local.isPresent() ? image(local.get()) : fetch(wanted, local, how);
            case ALWAYS -> fetch(wanted, local, how);
            case NEWER -> {
                try {
                    yield fetch(wanted, local, how);
                } catch (RegistryException e) {
                    yield local.map(this::image).orElseThrow(() -> e);
                }
            }
        };
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

    private static ImageNotFoundException missing(ImageReference reference) {
        return new ImageNotFoundException(
                reference.toString(),
                "there is no image " + reference.familiar() + " here; pull it first");
    }

    /** The image that is here, if all of it is, and for the machine that is wanted. */
    private Optional<StoredImage> complete(ImageReference reference, PullOptions how) {
        return store.find(reference)
                .filter(it -> it.layers().stream().allMatch(layer -> layers.has(layer.digest())))
                .filter(it -> how.platform().suitability(it.config().platform()) > 0);
    }

    private Image fetch(ImageReference reference, Optional<StoredImage> local, PullOptions how)
            throws InterruptedException {
        if (local.isPresent()) {
            // What a digest stands for cannot have changed, and a tag is asked for in one request.
            var same =
                    reference.digest().isPresent()
                            || client.resolve(reference).digest().equals(local.get().digest());
            if (same) {
                local.get()
                        .layers()
                        .forEach(
                                it ->
                                        how.listener()
                                                .onProgress(
                                                        new PullListener.Progress(
                                                                it.digest(),
                                                                PullListener.Phase.PRESENT,
                                                                0,
                                                                0)));
                return image(local.get());
            }
        }
        var pull = new Pull(client, layers, reference, how);
        var resolved = pull.resolve();
        pull.fetchLayers(resolved, options.parallel());
        var stored = stored(reference, resolved.digest(), resolved.manifest(), resolved.config());
        store.save(stored, resolved.rawManifest().toArray(), resolved.rawConfig().toArray());
        return image(stored);
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
        var raw = rawManifest(reference, image);
        var manifest = ImageManifest.parse(raw);
        var to = Repository.of(image.reference());
        int sent = 0;
        for (var layer : manifest.layers()) {
            if (MediaType.isForeign(layer.mediaType())) {
                continue;
            }
            var digest = layer.verifiable();
            var outcome =
                    client.pushBlob(
                            to,
                            digest,
                            layer.size(),
                            () -> opened(layers.blob(digest)),
                            Push.WHOLE);
            sent += outcome == Push.Outcome.EXISTED ? 0 : 1;
        }
        var config = store.config(image.reference()).orElseThrow(() -> notHere(reference));
        client.pushBlob(
                to,
                manifest.config().verifiable(),
                config.length,
                () -> new ByteArrayInputStream(config),
                Push.WHOLE);
        client.pushManifest(to, image.reference().manifestName(), manifest.mediaType(), raw);
        return sent;
    }

    private static InputStream opened(Path blob) {
        try {
            return Files.newInputStream(blob);
        } catch (IOException e) {
            throw new StoreException("reading " + blob + ": " + e, e);
        }
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
        var saved = new ArrayList<LayoutWriter.Saved>();
        for (var reference : references) {
            var image = get(reference);
            var raw = rawManifest(reference, image);
            var config = store.config(image.reference()).orElseThrow(() -> notHere(reference));
            saved.add(
                    new LayoutWriter.Saved(
                            image.reference().toString(),
                            ImageManifest.parse(raw),
                            Bytes.of(raw),
                            Bytes.of(config)));
        }
        try {
            LayoutWriter.write(out, saved, layers::blob);
        } catch (IOException e) {
            throw new StoreException("saving " + references + ": " + e, e);
        }
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
     * what {@code docker save} writes. Everything is checked as if it came from a registry.
     *
     * @param archive a file or a directory
     * @param name what the image is to be called when the archive has one image, or null for what
     *     the archive says
     * @return the images, by each of their names
     * @throws ImageException when it cannot be read, or is damaged
     * @throws InterruptedException when this thread is interrupted
     */
    public List<Image> load(Path archive, @Nullable String name) throws InterruptedException {
        try (var files = ArchiveFiles.open(archive, pelagos.paths().images().blobsDir())) {
            var found = LayoutReader.read(files, Platform.current());
            if (name != null && found.size() != 1) {
                throw new IllegalArgumentException(
                        "name \"" + name + "\": the archive has " + found.size() + " images");
            }
            var loaded = new ArrayList<Image>();
            for (var image : found) {
                loaded.addAll(load(archive, name == null ? image.names() : List.of(name), image));
            }
            return List.copyOf(loaded);
        } catch (IOException e) {
            throw new StoreException("loading " + archive + ": " + e, e);
        }
    }

    private List<Image> load(Path archive, List<String> names, LayoutReader.Found found)
            throws InterruptedException {
        if (names.isEmpty()) {
            throw new BadContentException(
                    "loading " + archive + ": an image in it has no name; give it one");
        }
        for (int i = 0; i < found.manifest().layers().size(); i++) {
            var digest = found.manifest().layers().get(i).verifiable();
            var file = Objects.requireNonNull(found.layers().get(digest));
            layers.ensure(
                    digest,
                    found.config().diffIds().get(i),
                    () -> layers.verified(file, digest),
                    bytes -> {},
                    bytes -> {});
        }
        var loaded = new ArrayList<Image>();
        for (var name : names) {
            var stored =
                    stored(
                            reference(name),
                            Digest.of(found.rawManifest().toArray()),
                            found.manifest(),
                            found.config());
            store.save(stored, found.rawManifest().toArray(), found.rawConfig().toArray());
            loaded.add(image(stored));
        }
        return loaded;
    }

    private static StoredImage stored(
            ImageReference reference, Digest digest, ImageManifest manifest, ImageConfig config) {
        return new StoredImage(
                reference,
                digest,
                manifest.layers().stream()
                        .map(it -> new StoredImage.Layer(it.verifiable(), it.mediaType()))
                        .toList(),
                config);
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
                        registryOptions(options),
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
        return new Image(stored, layers::directory);
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
                    store.list().stream()
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
     * Lists the images that are here.
     *
     * @return by name
     */
    public List<Image> list() {
        return store.list().stream().map(this::image).toList();
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
        store.save(other, store.manifest(image.reference()).orElse(new byte[0]), config);
        return image(other);
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
        var image = get(reference);
        boolean lastName =
                store.list().stream().filter(it -> it.digest().equals(image.digest())).count() == 1;
        var users = lastName ? users(image) : List.<String>of();
        if (!force && !users.isEmpty()) {
            throw new ImageInUseException(reference, users);
        }
        store.remove(image.reference());
    }

    private List<String> users(Image image) {
        var root = image.root();
        return roots().entrySet().stream()
                .filter(it -> it.getValue().equals(root))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** What the containers of this Pelagos and the detached ones of every JVM stand on. */
    private Map<String, RootSpec> roots() {
        var roots = new TreeMap<String, RootSpec>();
        pelagos.running().forEach(it -> roots.put(it.name(), it.spec().root()));
        var detached = pelagos.containers();
        for (var info : detached.list()) {
            try {
                roots.put(info.name(), detached.find(info.id()).spec().root());
            } catch (ContainerStateException _) {
                // Another runtime's, which has written less: what it stands on is the top layer.
                roots.put(
                        info.name(),
                        new RootSpec.Layers(
                                List.of(Path.of(info.rootfs())),
                                new RootSpec.Upper.Ephemeral(false)));
            }
        }
        return roots;
    }

    /**
     * Removes layers that no image has.
     *
     * @return how many bytes that were
     */
    public long prune() {
        var needed = new HashSet<Digest>();
        store.list().forEach(it -> it.layers().forEach(layer -> needed.add(layer.digest())));
        roots().values().forEach(it -> addLayers(it, needed));
        long bytes = 0;
        var all = new HashSet<>(layers.list());
        all.addAll(layers.blobs());
        for (var layer : all) {
            if (!needed.contains(layer)) {
                bytes += layers.remove(layer);
            }
        }
        return bytes;
    }

    private static void addLayers(RootSpec root, Set<Digest> needed) {
        if (root instanceof RootSpec.Layers stack) {
            for (var directory : stack.directories()) {
                var name = String.valueOf(directory.getFileName());
                if (ImageReference.isIdentifier(name)) {
                    needed.add(new Digest("sha256", name));
                }
            }
        }
    }

    /** Ends what is open to registries. Images stay. */
    @Override
    public void close() {
        client.close();
    }
}
