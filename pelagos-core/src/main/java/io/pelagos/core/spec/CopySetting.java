package io.pelagos.core.spec;

/**
 * How files are copied into or out of a container, unless said: their contents, permissions without
 * setuid, setgid and sticky bits, times, links and {@code user.*} attributes as they are, owned by
 * user and group 0 of the container, or by the user of the JVM.
 */
public sealed interface CopySetting permits Owner, FileMode, Preserve {}
