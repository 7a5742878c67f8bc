package io.pelagos.image;

import io.pelagos.image.internal.pull.Resolved;
import io.pelagos.image.internal.registry.RegistryClient;
import io.pelagos.image.internal.registry.Repository;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;

/** Fetches one image: asks what it consists of, then all of its layers at once. */
final class Pull {
    private final RegistryClient client;
    private final LayerStore layers;
    private final ImageReference reference;
    private final PullOptions how;
    private final AtomicLong fetched = new AtomicLong();

    Pull(RegistryClient client, LayerStore layers, ImageReference reference, PullOptions how) {
        this.client = client;
        this.layers = layers;
        this.reference = reference;
        this.how = how;
    }

    /** Asks a registry what the reference stands for. */
    Resolved resolve() throws InterruptedException {
        return Parallel.interruptibly(() -> Resolved.of(client, reference, how.platform()));
    }

    /** Returns how many compressed bytes have come. */
    long fetched() {
        return fetched.get();
    }

    private void tell(Digest layer, PullListener.Phase phase, long bytes, long total) {
        how.listener().onProgress(new PullListener.Progress(layer, phase, bytes, total));
    }

    /** Sees to it that all layers are there, so many at a time. */
    void fetchLayers(Resolved resolved, int parallel) throws InterruptedException {
        var work = new ArrayList<Callable<Boolean>>();
        var seen = new HashSet<Digest>();
        for (int i = 0; i < resolved.manifest().layers().size(); i++) {
            var layer = resolved.manifest().layers().get(i);
            var diffId = resolved.config().diffIds().get(i);
            if (seen.add(layer.verifiable())) {
                tell(layer.verifiable(), PullListener.Phase.WAITING, 0, layer.size());
                work.add(() -> fetchLayer(layer, diffId));
            }
        }
        Parallel.all(parallel, work);
    }

    private boolean fetchLayer(Descriptor layer, Digest diffId) throws InterruptedException {
        var digest = layer.verifiable();
        var event = LayerEvent.begun();
        boolean done =
                layers.ensure(
                        digest,
                        diffId,
                        () -> client.blob(Repository.of(reference), digest, layer.size()),
                        bytes -> tell(digest, PullListener.Phase.FETCHING, bytes, layer.size()),
                        bytes -> {});
        if (done) {
            fetched.addAndGet(layer.size());
        }
        if (event != null) {
            event.image = reference.toString();
            event.layer = digest.toString();
            event.bytes = layer.size();
            event.fetched = done;
            event.commit();
        }
        tell(
                digest,
                done ? PullListener.Phase.DONE : PullListener.Phase.PRESENT,
                layer.size(),
                layer.size());
        return done;
    }
}
