package io.pelagos.image;

/** In what form images are saved. */
public enum ArchiveFormat {
    /** An archive of an OCI image layout; layers stay as they are, so digests do too. */
    OCI_ARCHIVE,

    /** A directory with an OCI image layout. */
    OCI_DIRECTORY,

    /**
     * What {@code docker save} writes: of an index the image for this machine, and layers that are
     * not compressed, so that only the digests of configurations stay.
     */
    DOCKER_ARCHIVE
}
