/**
 * From a {@link io.pelagos.core.spec.ContainerSpec} and facts about the host to a {@link
 * io.pelagos.core.kernel.LaunchPlan}: a pure function, made of parts that each add their steps.
 *
 * <p>The law of the file system: every path that comes from outside is opened on the host before
 * the root is changed, as a descriptor or a detached mount; every target is resolved after it,
 * inside the container's own root. Nothing is ever joined as a string onto the path of the root.
 */
package io.pelagos.core.internal.plan;
