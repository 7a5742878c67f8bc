package io.pelagos.core.paths;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.paths.Location.Input;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;

/** What holds for every location, every world and every name. */
class PathsProperties {
    /** Names that Pelagos itself gives to files, which a user may well choose too. */
    private static final List<String> AWKWARD =
            List.of(
                    "pid",
                    "backend",
                    "lock",
                    "locks",
                    "hosts",
                    "dns",
                    "containers",
                    "oci",
                    "launch",
                    "network",
                    "networks",
                    "compose",
                    "sandboxes",
                    "scratch",
                    "netns",
                    "pasta-ns",
                    "next_ip",
                    "nat_refcount",
                    "port_forwards",
                    "state.json",
                    "stdout.log",
                    "upper",
                    "config.json",
                    "manifest.json",
                    "dnsmasq.conf",
                    "hosts.lock",
                    "pid.network",
                    "hosts.pid.network",
                    "backend.lock",
                    "container_counter",
                    "overlay-1-0",
                    "dns-1-0",
                    "...",
                    "-",
                    "name",
                    "dir",
                    "a b",
                    "Größe");

    @Property
    void everyPathLiesUnderItsRoot(
            @ForAll("worlds") PelagosPaths paths,
            @ForAll("locations") Location location,
            @ForAll("inputs") Inputs inputs) {
        var path = location.path(paths, inputs.of(location.input()));

        assertThat(path).isAbsolute().isEqualTo(path.normalize());
        assertThat(path).startsWithRaw(root(paths, location));
    }

    @Property
    void namesGiveAPathExactlyAsDeepAsAnyOtherName(
            @ForAll("locations") Location location,
            @ForAll("inputs") Inputs one,
            @ForAll("inputs") Inputs other) {
        var paths = PelagosPaths.under(Path.of("/w"));

        assertThat(location.path(paths, one.of(location.input())).getNameCount())
                .isEqualTo(location.path(paths, other.of(location.input())).getNameCount());
    }

    @Property
    void differentNamesNeverShareAPath(
            @ForAll("worlds") PelagosPaths paths,
            @ForAll("ofDistinctInputs") Location location,
            @ForAll("inputs") Inputs one,
            @ForAll("inputs") Inputs other) {
        Assume.that(!one.of(location.input()).equals(other.of(location.input())));

        assertThat(location.path(paths, one.of(location.input())))
                .isNotEqualTo(location.path(paths, other.of(location.input())));
    }

    @Property
    void differentFunctionsNeverShareAPath(
            @ForAll("worlds") PelagosPaths paths,
            @ForAll("inputs") Inputs one,
            @ForAll("inputs") Inputs other) {
        var owners = new HashMap<Path, String>();
        for (var location : Location.ALL) {
            for (var inputs : List.of(one, other)) {
                claim(owners, location, location.path(paths, inputs.of(location.input())));
            }
        }
    }

    @Property(tries = 1)
    void noTwoAwkwardNamesMeetAnywhere() {
        var paths = PelagosPaths.under(Path.of("/w"));
        var owners = new HashMap<Path, String>();
        for (var location : Location.ALL) {
            for (var name : AWKWARD) {
                switch (location.input()) {
                    case NAME -> claimNamed(owners, location, name, paths);
                    case NETWORK -> {
                        if (name.indexOf('.') < 0) {
                            claimNamed(owners, location, name, paths);
                        }
                    }
                    case NOTHING -> claim(owners, location, location.path(paths, name));
                    case REFERENCE, DIGEST, PID, PID_AND_COUNTER -> {}
                }
            }
        }
        assertThat(owners).hasSizeGreaterThan(AWKWARD.size());
    }

    @Property
    void hostileNamesAreRefused(
            @ForAll("ofNames") Location location, @ForAll("hostileNames") String name) {
        var paths = PelagosPaths.under(Path.of("/w"));

        assertThatThrownBy(() -> location.path(paths, name))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .matches("(?s)[a-z ]+: .*")
                .doesNotContain("\0", "\n", "\u001b");
    }

    @Property
    void anythingButADigestIsRefused(
            @ForAll("ofDigests") Location location, @ForAll("notDigests") String digest) {
        var paths = PelagosPaths.under(Path.of("/w"));

        assertThatThrownBy(() -> location.path(paths, digest))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("64 lower-case hexadecimal digits");
    }

    @Property
    void theAlgorithmInFrontOfADigestChangesNothing(
            @ForAll("ofDigests") Location location, @ForAll("digests") String digest) {
        var paths = PelagosPaths.under(Path.of("/w"));

        assertThat(location.path(paths, "sha256:" + digest))
                .isEqualTo(location.path(paths, digest));
    }

    @Property
    void referencesShareADirectoryOnlyIfTheyDifferInSeparatorsAlone(
            @ForAll("references") String one, @ForAll("references") String other) {
        var images = PelagosPaths.under(Path.of("/w")).images();

        assertThat(images.imageDir(one).equals(images.imageDir(other)))
                .isEqualTo(one.replaceAll("[:/@]", "_").equals(other.replaceAll("[:/@]", "_")));
    }

    @Property
    void whatRunsIsNeverSharedBetweenUsersWithHomesOfTheirOwn(
            @ForAll @LongRange(max = 70_000) long one,
            @ForAll @LongRange(max = 70_000) long other,
            @ForAll boolean homes,
            @ForAll boolean shared) {
        Assume.that(one != other);
        var first = PelagosPaths.of(atHome(one, homes, shared));
        var second = PelagosPaths.of(atHome(other, homes, shared));

        assertThat(first.runtimeDir()).isNotEqualTo(second.runtimeDir());
        assertThat(first.scratchRoot()).isNotEqualTo(second.scratchRoot());
    }

    private static PathsEnvironment atHome(long uid, boolean home, boolean shared) {
        var variables = home ? Map.of("HOME", "/home/" + uid) : Map.<String, String>of();
        return new PathsEnvironment(uid, variables, _ -> shared, Path.of("/tmp"));
    }

    @Property
    void theSameChoicesGiveEqualValues(@ForAll("environments") PathsEnvironment environment) {
        assertThat(PelagosPaths.of(environment))
                .isEqualTo(PelagosPaths.of(environment))
                .hasSameHashCodeAs(PelagosPaths.of(environment))
                .isNotEqualTo(PelagosPaths.under(Path.of("/elsewhere")));
    }

    private static Path root(PelagosPaths paths, Location location) {
        if (location.function().startsWith("networks.netns")) {
            return paths.networks().netnsDir();
        }
        return switch (location.base()) {
            case CONFIG -> Path.of("/");
            case DATA -> paths.dataDir();
            case SCRATCH -> paths.scratch().scratchRoot();
            case RUNTIME -> paths.runtimeDir();
        };
    }

    private static void claimNamed(
            Map<Path, String> owners, Location location, String name, PelagosPaths paths) {
        var before = owners.put(location.path(paths, name), location.function() + " " + name);
        assertThat(before).as("%s %s", location, name).isNull();
    }

    private static void claim(Map<Path, String> owners, Location location, Path path) {
        var function = location.function().replace("scratch.scratchRoot", "scratchRoot");
        if (function.equals("scratch.overlayRoot")) {
            return; // The same directory as the scratch root, by definition.
        }
        var owner = function + "/" + location.input();
        var before = owners.put(path, owner);
        assertThat(before == null ? owner : before).as("%s", path).isEqualTo(owner);
    }

    /** One value for each kind of input. */
    record Inputs(Map<Input, String> values) {
        String of(Input input) {
            return values.getOrDefault(input, "");
        }
    }

    @Provide
    Arbitrary<Location> locations() {
        return Arbitraries.of(Location.ALL);
    }

    @Provide
    Arbitrary<Location> ofNames() {
        return of(Input.NAME, Input.NETWORK);
    }

    @Provide
    Arbitrary<Location> ofDigests() {
        return of(Input.DIGEST);
    }

    /** All but image references, whose directories are known to be ambiguous. */
    @Provide
    Arbitrary<Location> ofDistinctInputs() {
        return of(Input.NAME, Input.NETWORK, Input.DIGEST, Input.PID, Input.PID_AND_COUNTER);
    }

    private static Arbitrary<Location> of(Input... inputs) {
        var wanted = List.of(inputs);
        return Arbitraries.of(
                Location.ALL.stream().filter(it -> wanted.contains(it.input())).toList());
    }

    @Provide
    Arbitrary<PelagosPaths> worlds() {
        return Arbitraries.oneOf(
                environments().map(PelagosPaths::of),
                Arbitraries.of("/w", "/tmp/a b", "/deep/er/world")
                        .map(directory -> PelagosPaths.under(Path.of(directory))));
    }

    @Provide
    Arbitrary<PathsEnvironment> environments() {
        var uids = Arbitraries.oneOf(Arbitraries.just(0L), Arbitraries.longs().between(1, 70_000));
        var homes = Arbitraries.of("/home/u", "/root", "", "relative");
        var variables =
                Arbitraries.maps(
                                Arbitraries.of(
                                        "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
                                Arbitraries.of("/x", "/y/z", "", "relative"))
                        .filter(PathsProperties::isSane);
        return Combinators.combine(uids, homes, variables, Arbitraries.of(true, false))
                .as(PathsProperties::environment);
    }

    private static boolean isSane(Map<String, String> variables) {
        var data = variables.getOrDefault("XDG_DATA_HOME", "");
        return !data.startsWith("/") || !data.equals(variables.get("XDG_RUNTIME_DIR"));
    }

    private static PathsEnvironment environment(
            long uid, String home, Map<String, String> others, boolean shared) {
        var variables = new HashMap<>(others);
        variables.put("DOCKER_CONFIG", "/docker");
        if (!home.equals("/root")) {
            variables.put("HOME", home);
        }
        return new PathsEnvironment(uid, variables, _ -> shared, Path.of("/tmp"));
    }

    @Provide
    Arbitrary<Inputs> inputs() {
        var pids = Arbitraries.longs().between(1, 4_194_304).map(pid -> Long.toString(pid));
        var counters = Arbitraries.integers().greaterOrEqual(0);
        var numbered =
                Combinators.combine(pids, counters).as((pid, counter) -> pid + "-" + counter);
        return Combinators.combine(names(), networks(), references(), digests(), pids, numbered)
                .as(
                        (name, network, reference, digest, pid, number) ->
                                new Inputs(
                                        Map.of(
                                                Input.NAME, name,
                                                Input.NETWORK, network,
                                                Input.REFERENCE, reference,
                                                Input.DIGEST, digest,
                                                Input.PID, pid,
                                                Input.PID_AND_COUNTER, number)));
    }

    @Provide
    Arbitrary<String> names() {
        var made =
                Arbitraries.strings()
                        .withCharRange('a', 'z')
                        .withCharRange('0', '9')
                        .withChars("-_. é漢:@")
                        .ofMinLength(1)
                        .ofMaxLength(70)
                        .filter(name -> !name.equals(".") && !name.equals(".."));
        return Arbitraries.oneOf(made, Arbitraries.of(AWKWARD));
    }

    @Provide
    Arbitrary<String> networks() {
        return names().map(name -> name.replace('.', '-'));
    }

    @Provide
    Arbitrary<String> references() {
        var component =
                Arbitraries.strings().withCharRange('a', 'd').withChars("_-").ofMinLength(1);
        var tag = Arbitraries.of("", ":1", ":latest", "@sha256:" + "ab".repeat(32));
        return Combinators.combine(component.ofMaxLength(3), component.ofMaxLength(3), tag)
                .as((domain, path, tagged) -> domain + "/" + path + tagged);
    }

    @Provide
    Arbitrary<String> digests() {
        return Arbitraries.strings().withChars("0123456789abcdef").ofLength(64);
    }

    @Provide
    Arbitrary<String> notDigests() {
        return Arbitraries.oneOf(
                Arbitraries.strings().withChars("0123456789abcdef").ofMaxLength(63),
                Arbitraries.strings().withChars("0123456789abcdef").ofMinLength(65).ofMaxLength(99),
                digests().map(hex -> "sha512:" + hex),
                digests().map(hex -> "sha256:sha256:" + hex),
                digests().map(hex -> hex + "\n"),
                digests().map(hex -> "SHA256:" + hex),
                digests().map(hex -> "A" + hex.substring(1)),
                digests().map(hex -> "../" + hex.substring(3)));
    }

    @Provide
    Arbitrary<String> hostileNames() {
        var fixed =
                Arbitraries.of(
                        "",
                        ".",
                        "..",
                        "/",
                        "/etc",
                        "a/b",
                        "../x",
                        "x/..",
                        "a\0b",
                        "a\nb",
                        "\u001b[2J",
                        "a\u007f",
                        "a\u0085",
                        "a\u2028b",
                        "\ud800",
                        "x\udc00",
                        "n".repeat(240),
                        "é".repeat(120),
                        "漢".repeat(80));
        var embedded =
                Combinators.combine(
                                names(),
                                Arbitraries.of("/", "\0", "\n", "\t", "\u2029", "/../", "\ud800"),
                                names())
                        .as((before, bad, after) -> before + bad + after);
        return Arbitraries.oneOf(fixed, embedded);
    }
}
