package io.pelagos.image;

import io.pelagos.image.spec.Digest;

/** Is told how a pull goes on, by several threads. */
@FunctionalInterface
public interface PullListener {
    /**
     * Takes a step of a layer.
     *
     * @param progress where the layer is
     */
    void onProgress(Progress progress);

    /**
     * Where a layer is.
     *
     * @param layer the digest of its compressed form
     * @param phase what is being done
     * @param bytes how many compressed bytes have come
     * @param total how many there are
     */
    record Progress(Digest layer, Phase phase, long bytes, long total) {}

    /** What is done with a layer, in this order. */
    enum Phase {
        /** It waits for others. */
        WAITING,
        /** It is fetched, checked and unpacked at once. */
        FETCHING,
        /** It was there before. */
        PRESENT,
        /** It is there now. */
        DONE
    }
}
