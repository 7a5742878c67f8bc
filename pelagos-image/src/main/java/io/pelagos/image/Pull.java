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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Fetches one image: asks what it consists of, then all of its layers at once. */
final class Pull {
    private final RegistryClient client;
    private final LayerStore layers;
    private final ImageReference reference;
    private final PullOptions how;

    Pull(RegistryClient client, LayerStore layers, ImageReference reference, PullOptions how) {
        this.client = client;
        this.layers = layers;
        this.reference = reference;
        this.how = how;
    }

    /** Asks a registry what the reference stands for. */
    Resolved resolve() throws InterruptedException {
        return interruptibly(() -> Resolved.of(client, reference, how.platform()));
    }

    private void tell(Digest layer, PullListener.Phase phase, long bytes, long total) {
        how.listener().onProgress(new PullListener.Progress(layer, phase, bytes, total));
    }

    /** A virtual thread leaves a connection at once when it is interrupted. */
    private static <T> T interruptibly(Callable<T> action) throws InterruptedException {
        try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
            var result = thread.submit(action);
            try {
                return result.get();
            } catch (InterruptedException e) {
                thread.shutdownNow();
                throw e;
            } catch (ExecutionException e) {
                throw rethrown(e);
            }
        }
    }

    private static RuntimeException rethrown(ExecutionException e) throws InterruptedException {
        return switch (e.getCause()) {
            case RuntimeException cause -> cause;
            case Error cause -> throw cause;
            case InterruptedException cause -> throw cause;
            case null, default -> throw new IllegalStateException(e);
        };
    }

    /** Sees to it that all layers are there, so many at a time. */
    void fetchLayers(Resolved resolved, int parallel) throws InterruptedException {
        var room = new Semaphore(parallel);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var work = new ArrayList<Future<?>>();
            var seen = new HashSet<Digest>();
            for (int i = 0; i < resolved.manifest().layers().size(); i++) {
                var layer = resolved.manifest().layers().get(i);
                var diffId = resolved.config().diffIds().get(i);
                if (!seen.add(layer.verifiable())) {
                    continue;
                }
                tell(layer.verifiable(), PullListener.Phase.WAITING, 0, layer.size());
                work.add(
                        threads.submit(
                                () -> {
                                    room.acquire();
                                    try {
                                        fetchLayer(layer, diffId);
                                    } finally {
                                        room.release();
                                    }
                                    return null;
                                }));
            }
            try {
                for (var each : work) {
                    each.get();
                }
            } catch (InterruptedException e) {
                threads.shutdownNow();
                throw e;
            } catch (ExecutionException e) {
                threads.shutdownNow();
                throw rethrown(e);
            }
        }
    }

    private void fetchLayer(Descriptor layer, Digest diffId) throws InterruptedException {
        var digest = layer.verifiable();
        boolean fetched =
                layers.ensure(
                        digest,
                        diffId,
                        () -> client.blob(Repository.of(reference), digest, layer.size()),
                        bytes -> tell(digest, PullListener.Phase.FETCHING, bytes, layer.size()),
                        bytes -> {});
        tell(
                digest,
                fetched ? PullListener.Phase.DONE : PullListener.Phase.PRESENT,
                layer.size(),
                layer.size());
    }
}
