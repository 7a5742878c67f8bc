package io.pelagos.image;

import io.pelagos.image.internal.store.ImageStore;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.StoreException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** Reads one image again, and compares it with the digests that it should have. */
final class Verifying {
    /** How many files of a layer are named; when most of them differ the first will do. */
    private static final int DIFFERENCES = 20;

    private final ImageStore store;
    private final LayerStore layers;
    private final StoredImage image;
    private final VerifyOptions how;
    private final List<Verification.Damage> damages = new ArrayList<>();

    Verifying(ImageStore store, LayerStore layers, StoredImage image, VerifyOptions how) {
        this.how = how;
        this.store = store;
        this.layers = layers;
        this.image = image;
    }

    Verification run(int parallel) throws InterruptedException {
        checkDocuments();
        if (image.layers().size() != image.config().diffIds().size()) {
            document("its configuration has another number of layers than its entry in the store");
            return new Verification(image.reference(), damages);
        }
        var work = new ArrayList<Callable<List<Verification.Damage>>>();
        var seen = new HashSet<Digest>();
        for (int i = 0; i < image.layers().size(); i++) {
            var digest = image.layers().get(i).digest();
            var diffId = image.config().diffIds().get(i);
            if (seen.add(digest)) {
                work.add(() -> check(digest, diffId));
            }
        }
        Parallel.all(parallel, work).forEach(damages::addAll);
        return new Verification(image.reference(), damages);
    }

    private void checkDocuments() {
        var raw = store.manifest(image.reference()).filter(it -> it.length > 0);
        if (raw.isEmpty()) {
            document("its manifest was not kept by whoever stored it");
            return;
        }
        try {
            var manifest = ImageManifest.parse(raw.get());
            var config = store.config(image.reference());
            var expected = manifest.config().verifiable();
            if (config.isEmpty() || !expected.matches(config.get())) {
                document("its configuration is not the one that its manifest has: " + expected);
            }
            var named = manifest.layers().stream().map(it -> it.verifiable()).toList();
            if (!named.equals(image.layers().stream().map(StoredImage.Layer::digest).toList())) {
                document("its manifest has other layers than its entry in the store");
            }
        } catch (BadContentException e) {
            document("its manifest is damaged: " + e.getMessage());
        }
    }

    private void document(String detail) {
        damages.add(new Verification.Damage(Verification.Kind.DOCUMENT, null, detail));
    }

    private List<Verification.Damage> check(Digest digest, Digest diffId) {
        var found = new ArrayList<Verification.Damage>();
        if (!layers.hasBlob(digest)) {
            found.add(
                    damage(
                            Verification.Kind.BLOB_MISSING,
                            digest,
                            "its compressed form is not there"));
        } else {
            blobDamage(digest, diffId)
                    .ifPresent(it -> found.add(damage(Verification.Kind.BLOB, digest, it)));
        }
        var tree = layers.treeDamage(digest);
        tree.ifPresent(it -> found.add(damage(Verification.Kind.TREE, digest, it)));
        // Only what is whole says what the files should be.
        if (how.files() && found.isEmpty()) {
            addDifferences(digest, found);
        }
        return found;
    }

    private void addDifferences(Digest digest, List<Verification.Damage> found) {
        var differences = layers.treeDifferences(digest, DIFFERENCES + 1);
        for (var difference : differences.subList(0, Math.min(DIFFERENCES, differences.size()))) {
            found.add(damage(Verification.Kind.FILE, digest, difference));
        }
        if (differences.size() > DIFFERENCES) {
            found.add(damage(Verification.Kind.FILE, digest, "and more files are not as in it"));
        }
    }

    private static Verification.Damage damage(
            Verification.Kind kind, Digest digest, String detail) {
        return new Verification.Damage(kind, digest, "layer " + digest + ": " + detail);
    }

    private Optional<String> blobDamage(Digest digest, Digest diffId) {
        try {
            layers.checkBlob(digest, diffId);
            return Optional.empty();
        } catch (BadContentException | StoreException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
