package io.pelagos.core.internal.cgroup;

/** Converts the weights of cgroup v2 into what older interfaces take. */
final class Weights {
    private static final long WEIGHT_SPAN = 9_999; // 1 to 10000
    private static final long SHARES_SPAN = 262_142; // 2 to 262144
    private static final long BLKIO_SPAN = 990; // 10 to 1000
    private static final long BFQ_MAX = 1_000;

    private Weights() {}

    /**
     * Returns the least {@code cpu.shares} that {@link
     * io.pelagos.core.spec.Resources.Cpu#weightOfShares} turns into the weight again.
     */
    static long sharesOfWeight(long weight) {
        return 2 + Math.ceilDiv((weight - 1) * SHARES_SPAN, WEIGHT_SPAN);
    }

    /** Maps 1 to 10000 onto the 10 to 1000 of {@code blkio.weight}, as OCI runtimes do. */
    static long blkioOfWeight(long weight) {
        return 10 + (weight - 1) * BLKIO_SPAN / WEIGHT_SPAN;
    }

    /**
     * Keeps the proportion for BFQ, whose weights are 1 to 1000 with the same usual value of 100;
     * larger ones are cut.
     */
    static long bfqOfWeight(long weight) {
        return Math.min(weight, BFQ_MAX);
    }
}
