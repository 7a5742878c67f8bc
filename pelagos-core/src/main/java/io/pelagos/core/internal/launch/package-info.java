/**
 * From steps to a process: composing a {@link io.pelagos.core.kernel.LaunchPlan}, supervising what
 * it starts, and the protocol between the JVM and the new processes.
 */
package io.pelagos.core.internal.launch;
