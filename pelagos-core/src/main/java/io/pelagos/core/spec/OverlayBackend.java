package io.pelagos.core.spec;

/** What stacks the layers of a root file system. */
public enum OverlayBackend {
    /**
     * The kernel, and fuse-overlayfs where the kernel's own does not work for these layers: that is
     * found out by trying, once for each file system.
     */
    AUTO,
    /**
     * The kernel's overlayfs, see overlayfs.rst in the documentation of Linux; nothing is tried.
     */
    KERNEL,
    /**
     * The program fuse-overlayfs, which serves one container and ends with it. It takes {@code
     * /dev/fuse}, and makes every access to a file slower.
     */
    FUSE
}
