package io.pelagos.core;

import static io.pelagos.core.security.Capability.CHOWN;
import static io.pelagos.core.security.Capability.NET_ADMIN;
import static io.pelagos.core.security.Capability.NET_BIND_SERVICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.pelagos.core.security.Capability;
import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The capabilities of programs in containers, see capabilities(7). */
@ExtendWith(LeakCheck.class)
class CapabilitiesIT extends Trial {
    private static final String NONE = "0000000000000000";
    private static final String DEFAULTS = "00000000800405fb";
    private static final int PR_GET_KEEPCAPS = 7;
    private static final int PR_GET_SECUREBITS = 27;
    private static final int PRCTL = 157;

    @Test
    void elevenAreThereByDefaultAndNoneIsInherited() throws Exception {
        assertThat(status(UnaryOperator.identity()))
                .contains(
                        entry("CapBnd", DEFAULTS),
                        entry("CapPrm", DEFAULTS),
                        entry("CapEff", DEFAULTS),
                        entry("CapInh", NONE),
                        entry("CapAmb", NONE),
                        entry("NoNewPrivs", "1"));
    }

    @Test
    void addedAndDroppedOnesChangeTheBoundingSetToo() throws Exception {
        var expected = "%016x".formatted((0x800405fbL & ~1L) | (1L << 12));
        assertThat(status(c -> c.capAdd(NET_ADMIN).capDrop(CHOWN)))
                .contains(
                        entry("CapBnd", expected),
                        entry("CapPrm", expected),
                        entry("CapEff", expected));
        var refused = sh("chown 1000 /tmp").capDrop(CHOWN).run();
        assertThat(refused.stderr()).contains("Operation not permitted");
    }

    @Test
    void allCanBeDropped() throws Exception {
        assertThat(status(ContainerBuilder::capDrop))
                .contains(entry("CapBnd", NONE), entry("CapPrm", NONE), entry("CapEff", NONE));
    }

    @Test
    void userHasNoneButKeepsAmbientOnes() throws Exception {
        assertThat(status(c -> c.user(APP, APP)))
                .contains(
                        entry("CapPrm", NONE),
                        entry("CapEff", NONE),
                        entry("CapAmb", NONE),
                        entry("CapInh", NONE),
                        entry("CapBnd", DEFAULTS));
        var bind = "%016x".formatted(Capability.mask(java.util.Set.of(NET_BIND_SERVICE)));
        assertThat(status(c -> c.user(APP, APP).ambient(NET_BIND_SERVICE)))
                .contains(entry("CapPrm", bind), entry("CapEff", bind), entry("CapAmb", bind));
    }

    @Test
    void ambientCapabilityLetsUserTakePort80() throws Exception {
        assertThat(output(trying("bind", 80).user(APP, APP))).isEqualTo("EACCES");
        assertThat(output(trying("bind", 80).user(APP, APP).ambient(NET_BIND_SERVICE)))
                .isEqualTo("0");
    }

    @Test
    void ambientCapabilityThatTheContainerLacksIsRefused() {
        assertThatThrownBy(() -> trying("ids").ambient(NET_ADMIN).start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("NET_ADMIN");
    }

    @Test
    void setuidProgramGainsNothing() throws Exception {
        setuid();
        var suid = sandbox().command("suid", "ids").user(APP, APP);
        assertThat(output(suid)).isEqualTo("1000 1000 1000");
    }

    @Test
    void setuidProgramBecomesRootOfTheContainerWhereNewPrivilegesAreAllowed() throws Exception {
        setuid();
        var suid = sandbox().command("suid", "ids").user(APP, APP).newPrivileges(true);
        assertThat(output(suid)).isEqualTo("1000 0 0");
    }

    @Test
    void newPrivilegesDoNotTakeTheFilterOrTheBoundingSetAway() throws Exception {
        assertThat(status(c -> c.newPrivileges(true).user(APP, APP)))
                .contains(
                        entry("NoNewPrivs", "0"),
                        entry("Seccomp", "2"),
                        entry("CapBnd", DEFAULTS),
                        entry("CapEff", NONE));
    }

    @Test
    void securebitsAreSane() throws Exception {
        assertThat(output(trying("call", PRCTL, PR_GET_SECUREBITS))).isEqualTo("0");
        var user = trying("call", PRCTL, PR_GET_KEEPCAPS).user(APP, APP);
        assertThat(output(user.ambient(NET_BIND_SERVICE))).isEqualTo("0");
    }

    @Test
    void privilegedContainerHasWhatTheJvmHasAndSaysWhatIsMissing() throws Exception {
        var bounding =
                Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("CapBnd:"))
                        .map(line -> line.split("\\s+", -1)[1])
                        .findFirst()
                        .orElseThrow();
        assertThat(status(ContainerBuilder::privileged))
                .contains(
                        entry("CapEff", bounding),
                        entry("CapPrm", bounding),
                        entry("NoNewPrivs", "0"));
        var missing = EnumSet.allOf(Capability.class);
        missing.removeAll(Capability.ofMask(Long.parseUnsignedLong(bounding, 16)));
        try (var container = sh("true").privileged().start()) {
            for (var capability : missing) {
                assertThat(container.warnings()).anyMatch(w -> w.contains(capability.capName()));
            }
            if (missing.isEmpty()) {
                assertThat(container.warnings()).noneMatch(w -> w.contains("capabilities"));
            }
        }
    }

    private void setuid() throws IOException {
        var suid = sandbox().root().resolve("bin/suid");
        if (Files.notExists(suid)) {
            Files.copy(sandbox().root().resolve("bin/try"), suid);
            Files.setPosixFilePermissions(suid, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.setAttribute(suid, "unix:mode", 0104755);
        }
    }
}
