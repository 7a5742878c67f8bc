package io.pelagos.image.internal.layer;

/** What becomes of the marks in a layer that say that something below it is gone. */
public enum UnpackMode {
    /**
     * They are kept as overlayfs knows them: a character device 0/0, and the attribute {@code
     * trusted.overlay.opaque}, beside that of {@link #OVERLAY_USER} for containers in a user
     * namespace, whose overlays look at no other.
     */
    OVERLAY,

    /** The same, with {@code user.overlay.opaque}, which needs no privileges. */
    OVERLAY_USER,

    /** They are obeyed: the layer is applied to the tree of those below it. */
    MERGED
}
