/**
 * What a container may not do, as values: capabilities, seccomp profiles and their compiler,
 * Landlock rules, and the kernel files that are hidden by default.
 *
 * <p>Nothing here calls the kernel. The launch plan installs what these values say, so they can be
 * printed, compared and tested on any machine.
 */
package io.pelagos.core.security;
