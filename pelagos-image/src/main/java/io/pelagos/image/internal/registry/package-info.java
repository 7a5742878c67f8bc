/**
 * What is said to registries: the <a href="https://github.com/opencontainers/distribution-spec">OCI
 * distribution specification</a> 1.1 over HTTP, with who may be told which secret, which mirrors
 * are asked first, and what is tried again.
 */
package io.pelagos.image.internal.registry;
