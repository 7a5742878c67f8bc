package io.pelagos.core.paths;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.paths.Location.Input;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PelagosPathsTest {
    private static final String HEX =
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    /** Variables are written NAME=VALUE, separated by blanks; (none) stands for no variable. */
    @ParameterizedTest
    @CsvSource({
        "0,    (none),                                 /etc/pelagos/config.toml",
        "0,    HOME=/root,                             /etc/pelagos/config.toml",
        "0,    XDG_CONFIG_HOME=/c,                     /c/pelagos/config.toml",
        "0,    XDG_CONFIG_HOME= HOME=/root,            /etc/pelagos/config.toml",
        "1000, (none),                                 /etc/pelagos/config.toml",
        "1000, HOME=,                                  /etc/pelagos/config.toml",
        "1000, HOME=/home/u,                           /home/u/.config/pelagos/config.toml",
        "1000, XDG_CONFIG_HOME= HOME=/home/u,          /home/u/.config/pelagos/config.toml",
        "1000, XDG_CONFIG_HOME=/c HOME=/home/u,        /c/pelagos/config.toml",
        "1000, XDG_CONFIG_HOME=rel HOME=/home/u,       /home/u/.config/pelagos/config.toml",
    })
    void theConfigurationFileIsFoundByTheRules(long uid, String variables, Path expected) {
        assertThat(paths(uid, variables, false).configFile()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "0,    (none),                            false, /var/lib/pelagos",
        "0,    XDG_DATA_HOME=/d HOME=/root,       false, /var/lib/pelagos",
        "0,    XDG_DATA_HOME=/d,                  true,  /var/lib/pelagos",
        "1000, XDG_DATA_HOME=/d HOME=/home/u,     true,  /var/lib/pelagos",
        "1000, XDG_DATA_HOME=/d HOME=/home/u,     false, /d/pelagos",
        "1000, XDG_DATA_HOME= HOME=/home/u,       false, /home/u/.local/share/pelagos",
        "1000, XDG_DATA_HOME=d HOME=/home/u,      false, /home/u/.local/share/pelagos",
        "1000, HOME=/home/u,                      false, /home/u/.local/share/pelagos",
        "1000, HOME=,                             false, /tmp/pelagos-data-1000",
        "1000, (none),                            false, /tmp/pelagos-data-1000",
    })
    void theDataDirectoryIsFoundByTheRules(
            long uid, String variables, boolean shared, Path expected) {
        assertThat(paths(uid, variables, shared).dataDir()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "0,          (none),                          false, /run/pelagos",
        "0,          XDG_RUNTIME_DIR=/run/user/0,     false, /run/pelagos",
        "1000,       XDG_RUNTIME_DIR=/run/user/1000,  false, /run/user/1000/pelagos",
        "1000,       XDG_RUNTIME_DIR=/run/user/1000,  true,  /run/user/1000/pelagos",
        "1000,       XDG_RUNTIME_DIR=,                false, /tmp/pelagos-1000",
        "1000,       HOME=/home/u,                    true,  /tmp/pelagos-1000",
        "4294967294, (none),                          false, /tmp/pelagos-4294967294",
    })
    void theRuntimeDirectoryIsNeverSharedBetweenUsers(
            long uid, String variables, boolean shared, Path expected) {
        assertThat(paths(uid, variables, shared).runtimeDir()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "0,    XDG_DATA_HOME=/d,                  true,  /var/lib/pelagos/scratch",
        "1000, XDG_DATA_HOME=/d HOME=/home/u,     true,  /d/pelagos/scratch",
        "1000, HOME=/home/u,                      true,  /home/u/.local/share/pelagos/scratch",
        "1000, (none),                            false, /tmp/pelagos-scratch-1000",
    })
    void theScratchRootIsTheUsersOwnEvenBesideASharedStore(
            long uid, String variables, boolean shared, Path expected) {
        assertThat(paths(uid, variables, shared).scratchRoot()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "(none),                                          /var/lib/pelagos/scratch/overlay-7-0",
        "PELAGOS_OVERLAY_TMPFS=1,                         /run/pelagos/overlay-7-0",
        "PELAGOS_OVERLAY_TMPFS=true,                      /run/pelagos/overlay-7-0",
        "PELAGOS_OVERLAY_TMPFS=0,                         /var/lib/pelagos/scratch/overlay-7-0",
        "PELAGOS_OVERLAY_DIR=,                            /var/lib/pelagos/scratch/overlay-7-0",
        "PELAGOS_OVERLAY_DIR=/fast PELAGOS_OVERLAY_TMPFS=1, /fast/overlay-7-0",
    })
    void overlaysAreOnDiskUnlessTheEnvironmentSaysOtherwise(String variables, Path expected) {
        assertThat(paths(0, variables, false).scratch().overlayBase(7, 0)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "1000, DOCKER_CONFIG=/d HOME=/home/u, /d/config.json",
        "1000, DOCKER_CONFIG= HOME=/home/u,   /home/u/.docker/config.json",
        "0,    HOME=/root,                    /root/.docker/config.json",
        "0,    (none),                        ",
    })
    void registryCredentialsAreWhereDockerKeepsThem(long uid, String variables, Path expected) {
        assertThat(paths(uid, variables, false).dockerConfigFile())
                .isEqualTo(Optional.ofNullable(expected));
    }

    /** Locations of root, as the Rust implementation has them unless noted in the class. */
    @ParameterizedTest
    @CsvSource({
        "volumeDir,                  v,              /var/lib/pelagos/volumes/v",
        "volumeLabels,               v,              /var/lib/pelagos/volumes/.labels/v",
        "rootfsDir,                  alpine,         /var/lib/pelagos/rootfs/alpine",
        "launchDir,                  ,               /run/pelagos/launch",
        "images.manifestFile,        docker.io/library/redis:7,"
                + " /var/lib/pelagos/images/docker.io_library_redis_7/manifest.json",
        "images.ociConfigFile,       localhost:5000/a@sha256:x,"
                + " /var/lib/pelagos/images/localhost_5000_a_sha256_x/oci-config.json",
        "images.layerDir,            sha256:HEX,     /var/lib/pelagos/layers/HEX",
        "images.partialLayerDir,     HEX,            /var/lib/pelagos/layers/HEX.partial",
        "images.layerCompleteFile,   HEX,          /var/lib/pelagos/layers/HEX/.pelagos_complete",
        "images.rootlessLayerFile,   HEX,            /var/lib/pelagos/layers/HEX.rootless",
        "images.blobPath,            sha256:HEX,     /var/lib/pelagos/blobs/HEX.tar.gz",
        "images.blobDiffidPath,      sha256:HEX,     /var/lib/pelagos/blobs/HEX.diffid",
        "images.buildCacheFile,      HEX,            /var/lib/pelagos/build-cache/HEX",
        "containers.containerStateFile, web,         /run/pelagos/containers/web/state.json",
        "containers.stdoutLog,       web,            /run/pelagos/containers/web/stdout.log",
        "containers.stderrLog,       web,            /run/pelagos/containers/web/stderr.log",
        "containers.upperDir,        web,            /run/pelagos/containers/web/upper",
        "containers.workDir,         web,            /run/pelagos/containers/web/work",
        "containers.lockFile,        web,            /run/pelagos/locks/containers/web",
        "containers.containerCounterFile, ,          /run/pelagos/container_counter",
        "oci.stateFile,              dns,            /run/pelagos/oci/dns/state.json",
        "oci.execSocket,             c1,             /run/pelagos/oci/c1/exec.sock",
        "oci.mgmtSocket,             c1,             /run/pelagos/oci/c1/mgmt.sock",
        "oci.lockFile,               c1,             /run/pelagos/locks/oci/c1",
        "scratch.overlayInMemoryBase, 7-3,           /run/pelagos/overlay-7-3",
        "scratch.resolvConf,         7-3,            /run/pelagos/dns-7-3/resolv.conf",
        "scratch.hostsFile,          7-3,            /run/pelagos/hosts-7-3/hosts",
        "networks.configFile,        front,          /var/lib/pelagos/networks/front/config.json",
        "networks.ipamFile,          front,          /run/pelagos/networks/front/next_ip",
        "networks.ipv6IpamFile,      front,          /run/pelagos/networks/front/next_ipv6",
        "networks.natRefcountFile,   front,          /run/pelagos/networks/front/nat_refcount",
        "networks.portForwardsFile,  front,          /run/pelagos/networks/front/port_forwards",
        "networks.legacyIpamFile,    ,               /run/pelagos/next_ip",
        "networks.legacyNatRefcountFile, ,           /run/pelagos/nat_refcount",
        "networks.legacyPortForwardsFile, ,          /run/pelagos/port_forwards",
        "networks.netnsFile,         rem-7-0,        /run/netns/rem-7-0",
        "networks.pastaNetnsFile,    7,              /run/pelagos/pasta-ns/7",
        "dns.pidFile,                ,               /run/pelagos/dns/pid",
        "dns.backendFile,            ,               /run/pelagos/dns/backend",
        "dns.dnsmasqConf,            ,               /run/pelagos/dns/dnsmasq.conf",
        "dns.networkFile,            front,          /run/pelagos/dns/front",
        "dns.lockFile,               front,          /run/pelagos/dns/front.lock",
        "dns.hostsFile,              front,          /run/pelagos/dns/hosts.front",
        "dns.networkFile,            backend,        /run/pelagos/dns/backend.network",
        "dns.networkFile,            pid,            /run/pelagos/dns/pid.network",
        "dns.hostsFile,              lock,           /run/pelagos/dns/hosts.lock.network",
        "compose.stateFile,          shop,           /run/pelagos/compose/shop/state.json",
        "sandboxes.stateFile,        0a1b,           /run/pelagos/sandboxes/0a1b/state.json",
        "sandboxes.pidFile,          0a1b,           /run/pelagos/sandboxes/0a1b/pause.pid",
        "sandboxes.nsNameFile,       0a1b,           /run/pelagos/sandboxes/0a1b/ns_name",
        "sandboxes.nameFile,         0a1b,           /run/pelagos/sandboxes/0a1b/name",
    })
    void everythingOfRootIsWhereTheReferenceHasIt(String function, String input, String expected) {
        var location =
                Location.ALL.stream()
                        .filter(it -> it.function().equals(function))
                        .filter(it -> (it.input() == Input.NOTHING) == (input == null))
                        .findAny()
                        .orElseThrow();
        var given = input == null ? "" : input.replace("HEX", HEX);

        assertThat(location.path(paths(0, "(none)", false), given))
                .isEqualTo(Path.of(expected.replace("HEX", HEX)));
    }

    @Test
    void namedNetworkNamespacesOfOtherUsersAreTheirOwn() {
        assertThat(paths(1000, "XDG_RUNTIME_DIR=/r", false).networks().netnsFile("n"))
                .isEqualTo(Path.of("/r/pelagos/netns/n"));
    }

    @Test
    void aWorldOfItsOwnSharesNothing() {
        var paths = PelagosPaths.under(Path.of("/w"));

        assertThat(paths.configFile()).isEqualTo(Path.of("/w/config/config.toml"));
        assertThat(paths.dataDir()).isEqualTo(Path.of("/w/data"));
        assertThat(paths.runtimeDir()).isEqualTo(Path.of("/w/run"));
        for (var location : Location.ALL) {
            var input =
                    switch (location.input()) {
                        case DIGEST -> HEX;
                        case PID -> "1";
                        case PID_AND_COUNTER -> "1-0";
                        case NOTHING, NAME, NETWORK, REFERENCE -> "x";
                    };
            assertThat(location.path(paths, input)).as("%s", location).startsWithRaw(Path.of("/w"));
        }
    }

    @Test
    void aWorldUnderARelativePathDoesNotMoveWithTheCurrentDirectory() {
        assertThat(PelagosPaths.under(Path.of("w")).dataDir()).isAbsolute();
    }

    @Test
    void dataAndRuntimeDirectoryMayNotLieInEachOther() {
        assertThatThrownBy(() -> paths(1000, "XDG_DATA_HOME=/x XDG_RUNTIME_DIR=/x", false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("XDG_DATA_HOME")
                .hasMessageContaining("/x/pelagos");
        assertThatThrownBy(() -> paths(1000, "XDG_DATA_HOME=/x/pelagos XDG_RUNTIME_DIR=/x", false))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"''", "..", "a/../b", "/etc/passwd", "a//b", "a/", "./a", "../../etc"})
    void hostileReferencesAreRefused(String reference) {
        var images = PelagosPaths.under(Path.of("/w")).images();

        assertThatThrownBy(() -> images.imageDir(reference))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("image reference: ");
    }

    @Test
    void pidsAndCountersThatCannotBeAreRefused() {
        var paths = PelagosPaths.under(Path.of("/w"));

        assertThatThrownBy(() -> paths.scratch().overlayBase(0, 0))
                .hasMessage("pid: 0 is not positive");
        assertThatThrownBy(() -> paths.scratch().hostsDir(1, -1))
                .hasMessage("counter: -1 is negative");
        assertThatThrownBy(() -> paths.networks().pastaNetnsFile(-4))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aRefusalNamesTheOptionAndTheValue() {
        var paths = PelagosPaths.under(Path.of("/w"));

        assertThatThrownBy(() -> paths.containers().containerDir("../../etc"))
                .hasMessage("container name: \"../../etc\" contains a slash");
        assertThatThrownBy(() -> paths.dns().networkFile("hosts.x"))
                .hasMessage("network name: \"hosts.x\" contains a dot");
        assertThatThrownBy(() -> paths.volumeDir("a\u001b[2Jb"))
                .hasMessage("volume name: \"a\\u{1b}[2Jb\" contains a control character");
        assertThatThrownBy(() -> paths.oci().stateFile("x".repeat(240)))
                .hasMessage(
                        "container id: \"" + "x".repeat(64) + "…\" has 240 bytes, more than 239");
    }

    @Test
    void theLongestNameLeavesRoomForEverySuffix() {
        var paths = PelagosPaths.under(Path.of("/w"));
        var longest = "n".repeat(PathElement.MAX_BYTES);

        assertThat(paths.dns().hostsFile(longest).getFileName().toString()).hasSizeLessThan(256);
        assertThat(longest + ".partial").hasSizeLessThan(256);
    }

    @Test
    void theRealUserIdIsTheFirstOfTheFour() throws IOException {
        var status = List.of("Name:\tjava", "Uid:\t1000\t0\t0\t0", "Gid:\t7\t7\t7\t7");

        assertThat(PathsEnvironment.realUid(status)).isEqualTo(1000);
        assertThatThrownBy(() -> PathsEnvironment.realUid(List.of("Name:\tjava")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Uid:");
    }

    @Test
    void thisProcessIsOwnedByWhoOwnsItsDirectoryInProc() throws IOException {
        var owner = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");

        assertThat(PathsEnvironment.current().uid()).isEqualTo(Integer.toUnsignedLong(owner));
        assertThat(PelagosPaths.current()).isEqualTo(PelagosPaths.of(PathsEnvironment.current()));
    }

    @ParameterizedTest
    @CsvSource({"-1", "4294967295", "4294967296"})
    void aUserIdThatIsNoneIsRefused(long uid) {
        assertThatThrownBy(() -> paths(uid, "(none)", false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("uid: " + uid);
    }

    @Test
    void noFunctionIsMissedByTheTests() {
        var functions = new ArrayList<>(functions("", PelagosPaths.class));
        for (var group : PelagosPaths.class.getMethods()) {
            if (group.getReturnType().getPackage() == PelagosPaths.class.getPackage()
                    && !Modifier.isStatic(group.getModifiers())) {
                functions.addAll(functions(group.getName() + ".", group.getReturnType()));
            }
        }

        assertThat(Location.ALL)
                .extracting(Location::function)
                .containsExactlyInAnyOrderElementsOf(functions);
    }

    private static List<String> functions(String prefix, Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(it -> it.getDeclaringClass() == type)
                .filter(it -> it.getReturnType() == Path.class || isOptionalPath(it))
                .filter(it -> !it.getName().startsWith("create"))
                .map(it -> prefix + it.getName())
                .toList();
    }

    private static boolean isOptionalPath(Method method) {
        return method.getReturnType() == Optional.class;
    }

    private static PelagosPaths paths(long uid, String variables, boolean sharedStore) {
        return PelagosPaths.of(
                new PathsEnvironment(
                        uid,
                        variables(variables),
                        directory -> sharedStore && directory.equals(Path.of("/var/lib/pelagos")),
                        Path.of("/tmp")));
    }

    private static Map<String, String> variables(String text) {
        var variables = new HashMap<String, String>();
        if (!text.equals("(none)")) {
            for (var assignment : text.split(" +", -1)) {
                var equals = assignment.indexOf('=');
                variables.put(assignment.substring(0, equals), assignment.substring(equals + 1));
            }
        }
        return variables;
    }
}
