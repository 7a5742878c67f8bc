package io.pelagos.core.testing;

import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.Confinement;
import io.pelagos.core.spec.ContainerPath;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.ContainerSpec.ClockOffsets;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import io.pelagos.core.spec.ProcessSpec;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.spec.User;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.jspecify.annotations.Nullable;

/**
 * Any {@link ContainerSpec} that has a JSON form: all variants of everything but what belongs to
 * this JVM. The parts are valid each by itself; whether together they make a container that can be
 * started is not asked.
 */
public final class SpecArbitraries {
    private SpecArbitraries() {}

    /**
     * Returns specifications that have a JSON form.
     *
     * @return an arbitrary of all variants
     */
    public static Arbitrary<ContainerSpec> specs() {
        return specs(
                Arbitraries.oneOf(directories(), roots()),
                Arbitraries.oneOf(MountArbitraries.bindings(), MountArbitraries.contents())
                        .list()
                        .ofMaxSize(4),
                ProcessArbitraries.processes(),
                modes(),
                devices(modeBits(07777)),
                ConfinementArbitraries.confinements(ConfinementArbitraries.profiles()),
                ResourcesArbitraries.resources(ResourcesArbitraries.memory()));
    }

    /**
     * Returns specifications that an OCI configuration can say, and gives back as they were.
     *
     * @return an arbitrary of what is left when the documented losses are left out
     */
    public static Arbitrary<ContainerSpec> ociSpecs() {
        return specs(
                directories(),
                MountArbitraries.bindings()
                        .list()
                        .uniqueElements(Mount::target)
                        .ofMaxSize(4)
                        .map(SpecArbitraries::byDepth),
                ProcessArbitraries.numericProcesses(),
                modes().filter(mode -> !(mode instanceof NamespaceMode.OfContainer)),
                devices(modeBits(0777)).filter(device -> device.type() != Device.Type.FIFO),
                ConfinementArbitraries.confinements(ConfinementArbitraries.plainProfiles()),
                ResourcesArbitraries.plainResources());
    }

    private static List<Mount> byDepth(List<Mount> mounts) {
        return mounts.stream()
                .sorted(Comparator.comparingInt(mount -> ContainerPath.depth(mount.target())))
                .toList();
    }

    private static Arbitrary<ContainerSpec> specs(
            Arbitrary<? extends RootSpec> roots,
            Arbitrary<List<Mount>> mounts,
            Arbitrary<ProcessSpec> processes,
            Arbitrary<NamespaceMode> modes,
            Arbitrary<Device> devices,
            Arbitrary<Confinement> confinements,
            Arbitrary<Resources> resources) {
        return Combinators.combine(
                        notes(),
                        files(roots, mounts, devices),
                        streams(),
                        spaces(modes),
                        processes,
                        confinements,
                        resources,
                        lifetimes())
                .as(SpecArbitraries::spec);
    }

    private static ContainerSpec spec(
            Notes notes,
            Files files,
            Streams streams,
            Spaces spaces,
            ProcessSpec process,
            Confinement confinement,
            Resources resources,
            Lifetime lifetime) {
        return new ContainerSpec(
                notes.name(),
                files.root(),
                files.readOnlyRoot(),
                files.rootPropagation(),
                files.defaultMounts(),
                files.mounts(),
                files.devices(),
                process,
                streams.stdin(),
                streams.stdout(),
                streams.stderr(),
                spaces.namespaces(),
                spaces.uidMap(),
                spaces.gidMap(),
                spaces.clocks(),
                notes.hostname(),
                notes.domainname(),
                confinement,
                resources,
                lifetime.init(),
                lifetime.supervision(),
                lifetime.stopSignal(),
                lifetime.timeout(),
                notes.labels(),
                notes.annotations());
    }

    private record Notes(
            @Nullable String name,
            @Nullable String hostname,
            @Nullable String domainname,
            Map<String, String> labels,
            Map<String, String> annotations) {}

    private record Files(
            RootSpec root,
            boolean readOnlyRoot,
            Mount.Propagation rootPropagation,
            boolean defaultMounts,
            List<Mount> mounts,
            List<Device> devices) {}

    private record Streams(Stdio stdin, Stdio stdout, Stdio stderr) {}

    private record Spaces(
            Map<Namespace, NamespaceMode> namespaces,
            List<IdMap> uidMap,
            List<IdMap> gidMap,
            ClockOffsets clocks) {}

    private record Lifetime(
            boolean init, Supervision supervision, Signal stopSignal, @Nullable Duration timeout) {}

    private static Arbitrary<Notes> notes() {
        var hostNames =
                Arbitraries.strings()
                        .withCharRange('a', 'z')
                        .withCharRange('0', '9')
                        .withChars("._-")
                        .ofMinLength(1)
                        .ofMaxLength(64);
        var names = hostNames.map(text -> "C" + text);
        var notes = Arbitraries.maps(texts().map(key -> "note" + key), texts()).ofMaxSize(3);
        return Combinators.combine(
                        names.injectNull(0.3),
                        hostNames.injectNull(0.5),
                        hostNames.injectNull(0.7),
                        notes,
                        notes)
                .as(Notes::new);
    }

    private static Arbitrary<Files> files(
            Arbitrary<? extends RootSpec> roots,
            Arbitrary<List<Mount>> mounts,
            Arbitrary<Device> devices) {
        return Combinators.combine(
                        roots,
                        Arbitraries.of(true, false),
                        Arbitraries.of(Mount.Propagation.class),
                        Arbitraries.of(true, false),
                        mounts,
                        devices.list().ofMaxSize(3))
                .as(Files::new);
    }

    private static Arbitrary<Streams> streams() {
        Arbitrary<Stdio> files =
                Combinators.combine(hostPaths(), Arbitraries.of(true, false))
                        .as((path, append) -> new Stdio.ToFile(Path.of(path), append));
        var streams =
                Arbitraries.oneOf(Arbitraries.of(Stdio.PIPE, Stdio.NULL, Stdio.INHERIT), files);
        return Combinators.combine(streams, streams, streams).as(Streams::new);
    }

    private static Arbitrary<Spaces> spaces(Arbitrary<NamespaceMode> modes) {
        var ids =
                Combinators.combine(
                                Arbitraries.longs().between(0, 100_000),
                                Arbitraries.longs().between(0, User.MAX_ID - 65_536),
                                Arbitraries.longs().between(1, 65_536))
                        .as(IdMap::new)
                        .list()
                        .ofMaxSize(3);
        var offsets =
                Combinators.combine(
                                Arbitraries.longs().between(-1_000_000, 1_000_000),
                                Arbitraries.longs().between(0, 999_999_999))
                        .as(Duration::ofSeconds);
        var clocks = Combinators.combine(offsets, offsets).as(ClockOffsets::new);
        return Combinators.combine(
                        Arbitraries.maps(Arbitraries.of(Namespace.class), modes),
                        ids,
                        ids,
                        Arbitraries.oneOf(Arbitraries.just(ClockOffsets.NONE), clocks))
                .as(Spaces::new);
    }

    private static Arbitrary<NamespaceMode> modes() {
        return Arbitraries.oneOf(
                Arbitraries.of(NamespaceMode.CREATE, NamespaceMode.HOST),
                hostPaths().map(NamespaceMode.Path::new),
                texts().map(NamespaceMode.OfContainer::new));
    }

    private static Arbitrary<Lifetime> lifetimes() {
        return Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.of(Supervision.class),
                        Arbitraries.integers().between(1, 64).map(Signal::of),
                        Arbitraries.longs()
                                .between(1, Long.MAX_VALUE)
                                .map(Duration::ofNanos)
                                .injectNull(0.5))
                .as(Lifetime::new);
    }

    private static Arbitrary<RootSpec> roots() {
        var entries = Combinators.combine(bytes(), modeBits(07777)).as(RootSpec.Entry::new);
        Arbitrary<RootSpec> files =
                Arbitraries.maps(containerPaths(), entries).ofMaxSize(4).map(RootSpec.Files::new);
        return Arbitraries.oneOf(files, Arbitraries.just(new RootSpec.Host()));
    }

    private static Arbitrary<RootSpec> directories() {
        return hostPaths().map(path -> new RootSpec.Directory(Path.of(path)));
    }

    private static Arbitrary<Device> devices(Arbitrary<FileMode> modes) {
        return Combinators.combine(
                        containerPaths(),
                        Arbitraries.of(Device.Type.class),
                        Arbitraries.integers().between(0, 0xfff),
                        Arbitraries.integers().between(0, 0xfffff),
                        modes,
                        Arbitraries.longs().between(0, User.MAX_ID),
                        Arbitraries.longs().between(0, User.MAX_ID),
                        deviceAccess())
                .as(Device::new);
    }

    static Arbitrary<String> deviceAccess() {
        return Arbitraries.of("r", "w", "m", "rw", "rm", "wm", "rwm");
    }

    static Arbitrary<FileMode> modeBits(int largest) {
        return Arbitraries.integers().between(0, largest).map(FileMode::new);
    }

    static Arbitrary<Bytes> bytes() {
        return Arbitraries.bytes().array(byte[].class).ofMaxSize(40).map(Bytes::of);
    }

    /** Text with everything that needs an escape somewhere, but without NUL. */
    static Arbitrary<String> texts() {
        return Arbitraries.strings()
                .withCharRange(' ', '~')
                .withChars("\n\t\r\u0001\u007fäß漢")
                .ofMaxLength(12);
    }

    /** Absolute and normalized, with awkward characters, but not the root. */
    static Arbitrary<String> containerPaths() {
        var elements = texts().map(text -> text.replace('/', '_')).map(text -> "e" + text);
        return elements.list().ofMinSize(1).ofMaxSize(4).map(list -> "/" + String.join("/", list));
    }

    /** Absolute and normalized, in ASCII so that it is a path whatever the locale. */
    static Arbitrary<String> hostPaths() {
        return containerPaths().map(path -> path.replaceAll("[^ -~]", "_"));
    }

    static <E extends Enum<E>> Arbitrary<Set<E>> subsets(Class<E> type) {
        return Arbitraries.of(type).set();
    }
}
