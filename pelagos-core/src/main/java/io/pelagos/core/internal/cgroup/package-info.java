/**
 * The cgroups of containers: where they can be made, what limits them, and how they are frozen,
 * killed, measured and removed.
 *
 * <p>A limit is stated once, in the terms of cgroup v2. {@link
 * io.pelagos.core.internal.cgroup.Limits} translates it into a table of files and texts for the
 * hierarchy where the controller is; the rest of the package writes such tables, reads counters and
 * looks after directories. On a host with both versions a container has a directory in each: v1
 * controllers limit, and the one of v2 gives {@code cgroup.kill}, {@code cgroup.freeze}, {@code
 * cgroup.events}, pressure, and a target for {@code CLONE_INTO_CGROUP}.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">Control Group v2</a>
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/">Control Groups version 1</a>
 */
package io.pelagos.core.internal.cgroup;
