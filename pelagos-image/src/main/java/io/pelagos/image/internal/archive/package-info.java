/** Images in files: the OCI image layout, and what {@code docker save} writes. */
package io.pelagos.image.internal.archive;
