/**
 * Every location on disk, in one place.
 *
 * <p>{@link io.pelagos.core.paths.PelagosPaths} is the only class that joins a path under Pelagos's
 * own directories. It is a value computed from a {@link io.pelagos.core.paths.PathsEnvironment}, so
 * the rules are tested without touching the machine, and it comes in groups, one for each subject:
 *
 * <table>
 * <caption>Where things are: C is the configuration, D the data directory, R the runtime directory, S
 * the scratch root</caption>
 * <thead><tr><th>Group</th><th>What it locates</th><th>Where</th></tr></thead>
 * <tbody>
 * <tr><td>{@link io.pelagos.core.paths.PelagosPaths}</td><td>roots, configuration, volumes, imported
 * root file systems, launch files, locks</td><td>C, D, R</td></tr>
 * <tr><td>{@link io.pelagos.core.paths.ImagePaths}</td><td>manifests, layers, blobs, build
 * cache</td><td>D</td></tr>
 * <tr><td>{@link io.pelagos.core.paths.ContainerPaths}</td><td>state, logs and writable layer of
 * containers; the name counter</td><td>R</td></tr>
 * <tr><td>{@link io.pelagos.core.paths.OciPaths}</td><td>state and sockets of containers made through
 * the OCI lifecycle</td><td>R</td></tr>
 * <tr><td>{@link io.pelagos.core.paths.ScratchPaths}</td><td>what exists only while one container is
 * set up or runs</td><td>S, R</td></tr>
 * <tr><td>{@link io.pelagos.core.paths.NetworkPaths}</td><td>definitions, leases, NAT users and
 * forwarded ports; named network namespaces</td><td>D, R</td></tr>
 * <tr><td>{@link io.pelagos.core.paths.DnsPaths}</td><td>names served to each network</td><td>R</td>
 * </tr>
 * <tr><td>{@link io.pelagos.core.paths.ComposePaths}</td><td>projects</td><td>R</td></tr>
 * <tr><td>{@link io.pelagos.core.paths.SandboxPaths}</td><td>pods</td><td>R</td></tr>
 * </tbody>
 * </table>
 *
 * <p>What the Rust implementation of Pelagos keeps on disk is found where that puts it, and the
 * other way round, with two exceptions, both made because two things there can claim one path: OCI
 * state has a directory of its own ({@link io.pelagos.core.paths.OciPaths}), and three network
 * names are spelt differently among the files of the name server ({@link
 * io.pelagos.core.paths.DnsPaths}).
 *
 * <p>Whatever comes from outside and becomes part of a path is checked first ({@link
 * io.pelagos.core.paths.PathElement}): a path handed out here lies under its root, and no two names
 * share one.
 */
package io.pelagos.core.paths;
