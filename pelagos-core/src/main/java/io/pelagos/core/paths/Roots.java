package io.pelagos.core.paths;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The seed rules: where the roots are, for root, for other users, and for a private world.
 *
 * @param configFile the configuration of Pelagos
 * @param dockerConfigFile credentials for registries in Docker's format; null where no rule says
 * @param data what persists
 * @param scratch writable layers, on disk, never shared between users
 * @param overlays where the writable layers go in fact: scratch, unless the environment redirects
 * @param runtime what does not outlive a boot, never shared between users
 * @param netns named network namespaces
 */
record Roots(
        Path configFile,
        @Nullable Path dockerConfigFile,
        RootDirectory data,
        RootDirectory scratch,
        Path overlays,
        RootDirectory runtime,
        Path netns) {
    private static final String NAME = "pelagos";
    private static final Path SYSTEM_DATA = Path.of("/var/lib/pelagos");
    private static final Path SYSTEM_RUNTIME = Path.of("/run/pelagos");
    private static final Path SYSTEM_CONFIG = Path.of("/etc/pelagos/config.toml");
    private static final Path SYSTEM_NETNS = Path.of("/run/netns");

    Roots {
        if (overlap(data.path(), runtime.path())) {
            throw new IllegalArgumentException(
                    "XDG_DATA_HOME, XDG_RUNTIME_DIR: the data directory \""
                            + data.path()
                            + "\" and the runtime directory \""
                            + runtime.path()
                            + "\" overlap");
        }
    }

    static Roots of(PathsEnvironment environment) {
        var scratch = scratch(environment);
        var runtime = runtime(environment);
        return new Roots(
                configFile(environment),
                dockerConfigFile(environment).orElse(null),
                data(environment),
                scratch,
                overlays(environment, scratch.path(), runtime.path()),
                runtime,
                environment.isRoot() ? SYSTEM_NETNS : runtime.path().resolve("netns"));
    }

    static Roots under(Path directory) {
        var config = directory.resolve("config");
        var data = RootDirectory.open(directory.resolve("data"));
        var scratch = RootDirectory.hidden(data.path().resolve("scratch"));
        var runtime = RootDirectory.hidden(directory.resolve("run"));
        return new Roots(
                config.resolve("config.toml"),
                config.resolve("docker").resolve("config.json"),
                data,
                scratch,
                scratch.path(),
                runtime,
                runtime.path().resolve("netns"));
    }

    private static Path configFile(PathsEnvironment environment) {
        return environment
                .directory("XDG_CONFIG_HOME")
                .or(() -> ofUser(environment).map(home -> home.resolve(".config")))
                .map(base -> base.resolve(NAME).resolve("config.toml"))
                .orElse(SYSTEM_CONFIG);
    }

    private static Optional<Path> dockerConfigFile(PathsEnvironment environment) {
        return environment
                .directory("DOCKER_CONFIG")
                .or(() -> environment.directory("HOME").map(home -> home.resolve(".docker")))
                .map(base -> base.resolve("config.json"));
    }

    private static RootDirectory data(PathsEnvironment environment) {
        if (environment.isRoot() || environment.directoryExists().test(SYSTEM_DATA)) {
            return RootDirectory.open(SYSTEM_DATA);
        }
        return ownData(environment)
                .map(RootDirectory::open)
                .orElseGet(() -> inTmp(environment, NAME + "-data"));
    }

    private static RootDirectory scratch(PathsEnvironment environment) {
        if (environment.isRoot()) {
            return RootDirectory.owned(SYSTEM_DATA.resolve("scratch"), environment.uid());
        }
        return ownData(environment)
                .map(own -> RootDirectory.owned(own.resolve("scratch"), environment.uid()))
                .orElseGet(() -> inTmp(environment, NAME + "-scratch"));
    }

    private static Path overlays(PathsEnvironment environment, Path scratch, Path runtime) {
        var inMemory = environment.variables().getOrDefault("PELAGOS_OVERLAY_TMPFS", "");
        return environment
                .directory("PELAGOS_OVERLAY_DIR")
                .orElse(inMemory.equals("1") || inMemory.equals("true") ? runtime : scratch);
    }

    private static RootDirectory runtime(PathsEnvironment environment) {
        if (environment.isRoot()) {
            return RootDirectory.open(SYSTEM_RUNTIME);
        }
        return environment
                .directory("XDG_RUNTIME_DIR")
                .map(base -> RootDirectory.owned(base.resolve(NAME), environment.uid()))
                .orElseGet(() -> inTmp(environment, NAME));
    }

    private static Optional<Path> ownData(PathsEnvironment environment) {
        return environment
                .directory("XDG_DATA_HOME")
                .or(() -> ofUser(environment).map(home -> home.resolve(".local").resolve("share")))
                .map(base -> base.resolve(NAME));
    }

    /** The home directory, which only users other than root keep Pelagos's files in. */
    private static Optional<Path> ofUser(PathsEnvironment environment) {
        return environment.isRoot() ? Optional.empty() : environment.directory("HOME");
    }

    private static RootDirectory inTmp(PathsEnvironment environment, String prefix) {
        var path = environment.tmpDir().resolve(prefix + "-" + environment.uid());
        return RootDirectory.inSharedTmp(path, environment.uid());
    }

    private static boolean overlap(Path one, Path other) {
        var first = one.normalize();
        var second = other.normalize();
        return first.startsWith(second) || second.startsWith(first);
    }
}
