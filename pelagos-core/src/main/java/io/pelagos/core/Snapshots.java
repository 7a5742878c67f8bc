package io.pelagos.core;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The snapshots of one {@link Pelagos}, by the layer that is theirs. */
final class Snapshots implements AutoCloseable {
    private final Map<Path, Snapshot> all = new ConcurrentHashMap<>();

    void add(Snapshot snapshot) {
        all.put(snapshot.layer(), snapshot);
    }

    void forget(Snapshot snapshot) {
        all.remove(snapshot.layer());
    }

    /**
     * Keeps the snapshots that are among some layers.
     *
     * @return what lets go of them
     */
    Runnable retain(List<Path> layers) {
        var retained = new ArrayList<Snapshot>();
        Runnable release = () -> retained.forEach(Snapshot::release);
        try {
            for (var layer : layers) {
                var snapshot = all.get(layer);
                if (snapshot != null) {
                    snapshot.retain();
                    retained.add(snapshot);
                }
            }
        } catch (IllegalStateException e) {
            release.run();
            throw e;
        }
        return release;
    }

    @Override
    public void close() {
        List.copyOf(all.values()).forEach(Snapshot::close);
    }
}
