/**
 * The documents of the <a
 * href="https://github.com/opencontainers/runtime-spec/blob/v1.2.0/spec.md">OCI runtime
 * specification</a> as immutable values: config.json, the state of a container, and the features of
 * a runtime.
 *
 * <p>Components have the names of the JSON fields. A component that is absent from a document is
 * null, or an empty list or map. Numbers that the specification calls uint64 are {@link
 * java.math.BigInteger}. Reading is strict about what the schema of the specification says and
 * refuses with an {@link java.lang.IllegalArgumentException} that names the path and the value;
 * fields that the schema does not have are passed over, as the specification demands, and reported
 * to who asks.
 */
package io.pelagos.core.oci;
