/**
 * What images are described by: references, digests, platforms, and the documents of the <a
 * href="https://github.com/opencontainers/image-spec">OCI image specification</a> 1.1 and of Docker
 * schema 2, as immutable values.
 */
package io.pelagos.image.spec;
