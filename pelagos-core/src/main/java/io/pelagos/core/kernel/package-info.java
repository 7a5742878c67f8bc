/**
 * The pluggable system-call backend.
 *
 * <p>{@link io.pelagos.core.kernel.Kernel} is the only way to Linux: {@code call} for what the JVM
 * itself asks, {@code launch} for what a new process must do. Everything else here is what those
 * two need: names and numbers of calls and errors, descriptors, memory for arguments, launch plans
 * as values, and one thread that waits for descriptors.
 */
package io.pelagos.core.kernel;
