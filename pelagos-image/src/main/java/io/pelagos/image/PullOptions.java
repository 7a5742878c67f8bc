package io.pelagos.image;

import io.pelagos.image.spec.Platform;

/**
 * How an image is pulled.
 *
 * @param platform what machine it is for
 * @param policy when a registry is asked
 * @param listener is told how it goes on
 */
public record PullOptions(Platform platform, Policy policy, PullListener listener) {
    /** When a registry is asked, as {@code --pull} of podman-run(1) has it. */
    public enum Policy {
        /** If there is no such image here. */
        MISSING,
        /** Always; what did not change is not fetched again. */
        ALWAYS,
        /** Never. */
        NEVER,
        /** Always, but what is here will do when no registry answers. */
        NEWER
    }

    /**
     * Makes the usual options.
     *
     * @return this machine's platform, asking always, telling nobody
     */
    public static PullOptions usual() {
        return new PullOptions(Platform.current(), Policy.ALWAYS, progress -> {});
    }

    /**
     * Changes the platform.
     *
     * @param other what machine the image is for
     * @return new options
     */
    public PullOptions forPlatform(Platform other) {
        return new PullOptions(other, policy, listener);
    }

    /**
     * Changes when a registry is asked.
     *
     * @param other the policy
     * @return new options
     */
    public PullOptions asking(Policy other) {
        return new PullOptions(platform, other, listener);
    }

    /**
     * Changes who is told.
     *
     * @param other is told how it goes on
     * @return new options
     */
    public PullOptions telling(PullListener other) {
        return new PullOptions(platform, policy, other);
    }
}
