package io.pelagos.core.spec;

import io.pelagos.core.security.Capability;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.SeccompProfile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Container specifications of every kind that the rules allow. */
@SuppressWarnings("exports") // jqwik is no module of the product
public final class SpecArbitraries {
    private static final Arbitrary<Boolean> FLAG = Arbitraries.of(true, false);
    private static final Arbitrary<String> NAME =
            Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(8);

    private SpecArbitraries() {}

    /** Any specification. */
    public static Arbitrary<ContainerSpec> specs() {
        return Combinators.combine(shapes(), processes(), confinements(), namespaces(), mounts())
                .as(SpecArbitraries::spec);
    }

    /** Absolute paths inside a container, but the root. */
    public static Arbitrary<String> paths() {
        return NAME.list().ofMinSize(1).ofMaxSize(4).map(parts -> "/" + String.join("/", parts));
    }

    private record Shape(
            RootSpec root,
            boolean readOnlyRoot,
            Mount.Propagation rootPropagation,
            boolean defaultMounts,
            boolean init,
            ContainerSpec.Supervision supervision,
            boolean named) {}

    private static Arbitrary<Shape> shapes() {
        return Combinators.combine(
                        roots(),
                        FLAG,
                        Arbitraries.of(Mount.Propagation.class),
                        FLAG,
                        FLAG,
                        Arbitraries.of(ContainerSpec.Supervision.class),
                        FLAG)
                .as(Shape::new);
    }

    private static Arbitrary<RootSpec> roots() {
        var entry =
                Combinators.combine(
                                Arbitraries.strings().ascii().ofMaxLength(20),
                                Arbitraries.integers().between(0, 07777))
                        .as((text, mode) -> new RootSpec.Entry(Bytes.of(text), new FileMode(mode)));
        return Arbitraries.oneOf(
                Arbitraries.just(new RootSpec.Host()),
                paths().map(path -> new RootSpec.Directory(Path.of(path))),
                Arbitraries.maps(NAME.map(name -> "/f/" + name), entry)
                        .ofMaxSize(3)
                        .map(RootSpec.Files::new),
                layers());
    }

    private static Arbitrary<RootSpec> layers() {
        var directories = paths().map(Path::of).list().ofMinSize(1).ofMaxSize(4);
        var flags = Arbitraries.of(true, false);
        Arbitrary<RootSpec.Upper> uppers =
                Arbitraries.oneOf(
                        flags.map(RootSpec.Upper.Ephemeral::new),
                        Combinators.combine(paths(), flags)
                                .as(
                                        (path, isVolatile) ->
                                                new RootSpec.Upper.Kept(
                                                        Path.of(path, "upper"),
                                                        Path.of(path, "work"),
                                                        isVolatile)));
        return Combinators.combine(directories, uppers, flags, Arbitraries.of(OverlayBackend.class))
                .as(RootSpec.Layers::new);
    }

    private static Arbitrary<ProcessSpec> processes() {
        var cwd = Arbitraries.oneOf(Arbitraries.just("/"), paths());
        var command =
                Combinators.combine(Arbitraries.oneOf(NAME, paths()), NAME.list().ofMaxSize(3))
                        .as(
                                (program, arguments) -> {
                                    arguments.addFirst(program);
                                    return arguments;
                                });
        var search = Arbitraries.of("", "/bin", "/usr/bin:/bin", ":/bin:");
        var rlimits =
                Arbitraries.maps(
                                Arbitraries.of(Rlimit.class),
                                Arbitraries.longs()
                                        .between(0, 1 << 20)
                                        .map(most -> new Rlimit.Limit(most / 2, most)))
                        .ofMaxSize(4);
        return Combinators.combine(
                        command,
                        search,
                        cwd,
                        Arbitraries.integers().between(0, 0777).map(FileMode::new),
                        rlimits,
                        Arbitraries.integers().between(-1000, 1000).injectNull(0.5))
                .as(
                        (program, path, directory, umask, limits, score) ->
                                new ProcessSpec(
                                        program,
                                        Map.of("PATH", path),
                                        directory,
                                        User.ROOT,
                                        List.of(),
                                        umask,
                                        limits,
                                        score,
                                        false));
    }

    private static Arbitrary<Confinement> confinements() {
        var landlock =
                Arbitraries.oneOf(
                        Arbitraries.just(LandlockRules.none()),
                        paths().map(path -> LandlockRules.none().readOnly(path).bindTcp(80)));
        return Combinators.combine(
                        Arbitraries.of(Capability.class).set(),
                        FLAG,
                        Arbitraries.of(SeccompProfile.dockerDefault(), SeccompProfile.unconfined()),
                        landlock,
                        paths().list().uniqueElements().ofMaxSize(3),
                        paths().list().uniqueElements().ofMaxSize(3),
                        FLAG)
                .as(SpecArbitraries::confinement);
    }

    private static Confinement confinement(
            Set<Capability> capabilities,
            boolean noNewPrivileges,
            SeccompProfile seccomp,
            LandlockRules landlock,
            List<String> masked,
            List<String> readOnly,
            boolean ambient) {
        var kept =
                capabilities.stream()
                        .limit(ambient ? 2 : 0)
                        .collect(Collectors.toUnmodifiableSet());
        return new Confinement(
                capabilities,
                kept,
                noNewPrivileges,
                seccomp,
                landlock,
                masked,
                readOnly,
                Map.of(),
                false);
    }

    private static Arbitrary<Map<Namespace, NamespaceMode>> namespaces() {
        var mode =
                Arbitraries.of(
                        NamespaceMode.CREATE,
                        NamespaceMode.HOST,
                        new NamespaceMode.Path("/proc/1/ns/x"));
        return Arbitraries.maps(Arbitraries.of(Namespace.class), mode)
                .map(
                        modes -> {
                            var all = new EnumMap<Namespace, NamespaceMode>(Namespace.class);
                            all.putAll(modes);
                            all.put(Namespace.MOUNT, NamespaceMode.CREATE);
                            return all;
                        });
    }

    /** Mounts of every kind, no two with the same target. */
    public static Arbitrary<List<Mount>> mounts() {
        return mount().list().uniqueElements(Mount::target).ofMaxSize(5);
    }

    private static Arbitrary<Mount> mount() {
        var options =
                Arbitraries.of(Mount.Option.class)
                        .set()
                        .map(
                                set -> {
                                    var copy = EnumSet.noneOf(Mount.Option.class);
                                    copy.addAll(set);
                                    return copy;
                                });
        var bind =
                Combinators.combine(
                                paths().map(path -> "/host" + path),
                                paths(),
                                FLAG,
                                options,
                                Arbitraries.of(Mount.Propagation.class),
                                FLAG,
                                mappings().injectNull(0.7))
                        .as(Mount.Bind::new);
        var tmpfs =
                Combinators.combine(
                                paths(),
                                Arbitraries.longs().between(0, 1L << 40).map(ByteSize::of),
                                Arbitraries.integers().between(0, 07777).map(FileMode::new),
                                options)
                        .as(Mount.Tmpfs::new);
        var file =
                Combinators.combine(paths(), NAME, FLAG)
                        .as(
                                (target, text, readOnly) ->
                                        new Mount.FileContents(
                                                target,
                                                Bytes.of(text),
                                                new FileMode(0444),
                                                readOnly));
        var fileSystem =
                Combinators.combine(Arbitraries.of("proc", "mqueue", "overlay"), paths(), options)
                        .as(
                                (type, target, not) ->
                                        new Mount.FileSystem(
                                                type, target, new LinkedHashMap<>(), not));
        return Arbitraries.oneOf(
                bind.map(Mount.class::cast),
                tmpfs.map(Mount.class::cast),
                file.map(Mount.class::cast),
                fileSystem.map(Mount.class::cast));
    }

    private static ContainerSpec spec(
            Shape shape,
            ProcessSpec process,
            Confinement confinement,
            Map<Namespace, NamespaceMode> namespaces,
            List<Mount> mounts) {
        boolean user = NamespaceMode.CREATE.equals(namespaces.get(Namespace.USER));
        boolean uts = NamespaceMode.CREATE.equals(namespaces.get(Namespace.UTS));
        boolean time = NamespaceMode.CREATE.equals(namespaces.get(Namespace.TIME));
        var ids = user ? List.of(new IdMap(0, 100_000, 65_536)) : List.<IdMap>of();
        boolean devices = !namespaces.containsKey(Namespace.USER);
        return new ContainerSpec(
                null,
                shape.root(),
                shape.readOnlyRoot(),
                shape.rootPropagation(),
                shape.defaultMounts(),
                mounts,
                devices ? List.of(Device.character("/dev/kvm", 10, 232)) : List.of(),
                process,
                Stdio.NULL,
                Stdio.NULL,
                Stdio.NULL,
                namespaces,
                ids,
                ids,
                time
                        ? new ContainerSpec.ClockOffsets(
                                Duration.ofDays(1), Duration.ofMillis(1500))
                        : ContainerSpec.ClockOffsets.NONE,
                uts && shape.named() ? "blue" : null,
                uts && shape.named() ? "example.org" : null,
                confinement,
                Resources.UNLIMITED,
                shape.init(),
                shape.supervision(),
                Signal.TERM,
                null,
                Map.of(),
                Map.of());
    }

    private static Arbitrary<IdMapping> mappings() {
        return Arbitraries.of(
                IdMapping.OF_CONTAINER,
                new IdMapping(List.of(new IdMap(1000, 0, 1)), List.of(new IdMap(100, 0, 1))),
                new IdMapping(
                        List.of(new IdMap(0, 100_000, 10), new IdMap(10, 5, 1)),
                        List.of(new IdMap(0, 100_000, 65_536))));
    }
}
