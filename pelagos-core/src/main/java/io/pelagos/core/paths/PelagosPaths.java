package io.pelagos.core.paths;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Knows every location on disk; the only one that does.
 *
 * <p>An immutable value, equal to another that was made by the same choices. Nothing is read or
 * written except by the {@code create…} methods.
 *
 * <p>Variables that are empty or hold a relative path count as unset. For user {@code U} the roots
 * are the first that applies of:
 *
 * <table>
 * <caption>The roots</caption>
 * <thead><tr><th>Root</th><th>U = 0</th><th>U &gt; 0</th></tr></thead>
 * <tbody>
 * <tr><td>configuration</td><td>{@code $XDG_CONFIG_HOME/pelagos/config.toml}, {@code
 * /etc/pelagos/config.toml}</td><td>{@code $XDG_CONFIG_HOME/pelagos/config.toml}, {@code
 * $HOME/.config/pelagos/config.toml}, {@code /etc/pelagos/config.toml}</td></tr>
 * <tr><td>data (D)</td><td>{@code /var/lib/pelagos}</td><td>{@code /var/lib/pelagos} if it exists (a
 * store shared with root), {@code $XDG_DATA_HOME/pelagos}, {@code $HOME/.local/share/pelagos}, {@code
 * /tmp/pelagos-data-U}</td></tr>
 * <tr><td>runtime (R)</td><td>{@code /run/pelagos}</td><td>{@code $XDG_RUNTIME_DIR/pelagos}, {@code
 * /tmp/pelagos-U}</td></tr>
 * <tr><td>scratch (S)</td><td>{@code /var/lib/pelagos/scratch}</td><td>{@code
 * $XDG_DATA_HOME/pelagos/scratch}, {@code $HOME/.local/share/pelagos/scratch}, {@code
 * /tmp/pelagos-scratch-U}</td></tr>
 * </tbody>
 * </table>
 *
 * <p>Images may be shared between users; what runs never is: runtime and scratch belong to one
 * user.
 */
public final class PelagosPaths {
    private final Roots roots;

    private PelagosPaths(Roots roots) {
        this.roots = roots;
    }

    /**
     * Applies the rules to an environment.
     *
     * @param environment all that the rules depend on
     * @return the locations
     * @throws IllegalArgumentException if data and runtime directory would lie in each other
     */
    public static PelagosPaths of(PathsEnvironment environment) {
        return new PelagosPaths(Roots.of(environment));
    }

    /**
     * Applies the rules to this process, for its real user id.
     *
     * @return the locations
     * @throws IllegalArgumentException if data and runtime directory would lie in each other
     * @throws UncheckedIOException if {@code /proc} is not mounted
     */
    public static PelagosPaths current() {
        return of(PathsEnvironment.current());
    }

    /**
     * Makes a world of its own, which shares nothing with this machine's: {@code
     * config/config.toml}, {@code data} and {@code run} in the given directory. Whoever chooses the
     * directory answers for who else can write to it.
     *
     * @param directory where; a relative path is taken from the current directory, now
     * @return the locations
     */
    public static PelagosPaths under(Path directory) {
        return new PelagosPaths(Roots.under(directory.toAbsolutePath()));
    }

    /**
     * Returns the configuration file.
     *
     * @return the file, which need not exist
     */
    public Path configFile() {
        return roots.configFile();
    }

    /**
     * Returns the file with credentials for registries, in Docker's format.
     *
     * @return {@code $DOCKER_CONFIG/config.json}, else {@code $HOME/.docker/config.json}; empty
     *     without either variable
     */
    public Optional<Path> dockerConfigFile() {
        return Optional.ofNullable(roots.dockerConfigFile());
    }

    /**
     * Returns the root of what persists.
     *
     * @return D
     */
    public Path dataDir() {
        return roots.data().path();
    }

    /**
     * Returns the root of what does not outlive a boot.
     *
     * @return R
     */
    public Path runtimeDir() {
        return roots.runtime().path();
    }

    /**
     * Returns the root of writable layers.
     *
     * @return S
     */
    public Path scratchRoot() {
        return roots.scratch().path();
    }

    /**
     * Returns the directory of named volumes.
     *
     * @return {@code D/volumes}
     */
    public Path volumesDir() {
        return dataDir().resolve("volumes");
    }

    /**
     * Returns the directory that a volume's files are in.
     *
     * @param name the name of the volume
     * @return {@code D/volumes/NAME}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path volumeDir(String name) {
        return new PathElement("volume name", name).in(volumesDir());
    }

    /**
     * Returns the file that the labels of a volume are in. No volume can have the name of its
     * directory.
     *
     * @param name the name of the volume
     * @return {@code D/volumes/.labels/NAME}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path volumeLabels(String name) {
        return new PathElement("volume name", name).in(volumesDir().resolve(".labels"));
    }

    /**
     * Returns the directory of imported root file systems.
     *
     * @return {@code D/rootfs}
     */
    public Path rootfsStoreDir() {
        return dataDir().resolve("rootfs");
    }

    /**
     * Returns an imported root file system: a directory, or a link to one.
     *
     * @param name the name it was imported as
     * @return {@code D/rootfs/NAME}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path rootfsDir(String name) {
        return new PathElement("rootfs name", name).in(rootfsStoreDir());
    }

    /**
     * Returns the directory for launch images, used where a memfd cannot be executed.
     *
     * @return {@code R/launch}
     */
    public Path launchDir() {
        return runtimeDir().resolve("launch");
    }

    /**
     * Returns the directory of files that exist only to be locked.
     *
     * @return {@code R/locks}
     */
    public Path locksDir() {
        return runtimeDir().resolve("locks");
    }

    /**
     * Returns the directory of records that say below which cgroups JVMs have made others.
     *
     * @return {@code R/cgroup-parents}
     */
    public Path cgroupParentsDir() {
        return runtimeDir().resolve("cgroup-parents");
    }

    /**
     * Returns the directory of leases of layers, a file each.
     *
     * @return {@code D/leases}
     */
    public Path leasesDir() {
        return dataDir().resolve("leases");
    }

    /**
     * Returns where images, layers, blobs and build results are.
     *
     * @return a view of these locations
     */
    public ImagePaths images() {
        return new ImagePaths(dataDir());
    }

    /**
     * Returns where containers keep their state.
     *
     * @return a view of these locations
     */
    public ContainerPaths containers() {
        return new ContainerPaths(runtimeDir(), locksDir());
    }

    /**
     * Returns where containers of the OCI lifecycle keep their state.
     *
     * @return a view of these locations
     */
    public OciPaths oci() {
        return new OciPaths(runtimeDir(), locksDir());
    }

    /**
     * Returns where the temporary files of one container are.
     *
     * @return a view of these locations
     */
    public ScratchPaths scratch() {
        return new ScratchPaths(scratchRoot(), roots.overlays(), runtimeDir());
    }

    /**
     * Returns where networks are defined and used.
     *
     * @return a view of these locations
     */
    public NetworkPaths networks() {
        return new NetworkPaths(dataDir(), runtimeDir(), roots.netns());
    }

    /**
     * Returns where the name server finds its names.
     *
     * @return a view of these locations
     */
    public DnsPaths dns() {
        return new DnsPaths(runtimeDir());
    }

    /**
     * Returns where compose projects keep their state.
     *
     * @return a view of these locations
     */
    public ComposePaths compose() {
        return new ComposePaths(runtimeDir());
    }

    /**
     * Returns where sandboxes keep their state.
     *
     * @return a view of these locations
     */
    public SandboxPaths sandboxes() {
        return new SandboxPaths(runtimeDir());
    }

    /**
     * Makes the data directory if it is not there, with mode 0755; in {@code /tmp} under the rules
     * of {@link #createRuntimeDir}.
     *
     * @return the data directory
     * @throws FileSystemException if something else has its name
     * @throws IOException if it cannot be made
     */
    public Path createDataDir() throws IOException {
        return roots.data().create();
    }

    /**
     * Makes the runtime directory if it is not there: with mode 0755 for root, 0700 for others.
     *
     * <p>Its name in {@code /tmp} can be guessed, so another user may have made it first. There it
     * is made with mode 0700 by one mkdir(2), which fails on anything that exists, a link included;
     * what exists is accepted only if lstat(2) shows a directory of this user with exactly this
     * mode. From then on the sticky bit of {@code /tmp} keeps others from replacing it. In {@code
     * $XDG_RUNTIME_DIR} it must be a directory of this user, not a link, that nobody else can write
     * to.
     *
     * @return the runtime directory
     * @throws FileSystemException if what has its name is refused; the message says why
     * @throws IOException if it cannot be made
     */
    public Path createRuntimeDir() throws IOException {
        return roots.runtime().create();
    }

    /**
     * Makes the scratch root if it is not there, with mode 0700. One that exists must be a
     * directory of this user, not a link, that nobody else can write to; in {@code /tmp} the rules
     * of {@link #createRuntimeDir} apply.
     *
     * @return the scratch root
     * @throws FileSystemException if what has its name is refused; the message says why
     * @throws IOException if it cannot be made
     */
    public Path createScratchRoot() throws IOException {
        return roots.scratch().create();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PelagosPaths paths && roots.equals(paths.roots);
    }

    @Override
    public int hashCode() {
        return roots.hashCode();
    }

    /**
     * Returns the roots, for messages.
     *
     * @return for example {@code PelagosPaths[data=/var/lib/pelagos, runtime=/run/pelagos]}
     */
    @Override
    public String toString() {
        return "PelagosPaths[data=" + dataDir() + ", runtime=" + runtimeDir() + "]";
    }
}
