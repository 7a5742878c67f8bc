/**
 * Talks to registries, see the <a href="https://github.com/opencontainers/distribution-spec">OCI
 * distribution specification</a> 1.1. What carries the traffic stays in here.
 */
package io.pelagos.image.internal.registry;
