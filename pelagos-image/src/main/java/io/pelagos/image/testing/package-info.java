/**
 * A registry inside the JVM, for tests: it speaks the <a
 * href="https://github.com/opencontainers/distribution-spec">OCI distribution specification</a> 1.1
 * on 127.0.0.1, well enough for other clients too, fails on demand, and remembers what it was
 * asked.
 *
 * <p>It is for tests only: it speaks plain HTTP, and keeps nothing when it is closed.
 */
package io.pelagos.image.testing;
