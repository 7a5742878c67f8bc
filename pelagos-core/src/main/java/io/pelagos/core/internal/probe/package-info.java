/**
 * What this host supports: rules over what the kernel answers and what a few files say.
 *
 * <p>Nothing is changed on the host, and no call is made that could succeed in doing so: a call is
 * probed with arguments that it refuses.
 */
package io.pelagos.core.internal.probe;
