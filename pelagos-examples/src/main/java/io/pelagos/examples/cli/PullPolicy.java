package io.pelagos.examples.cli;

/**
 * When a registry is asked for an image. The module for images has the same; it is not loaded where
 * there is no image.
 */
enum PullPolicy {
    /** If there is no such image here. */
    MISSING,
    /** Always. */
    ALWAYS,
    /** Never. */
    NEVER,
    /** Always, but what is here will do when no registry answers. */
    NEWER
}
