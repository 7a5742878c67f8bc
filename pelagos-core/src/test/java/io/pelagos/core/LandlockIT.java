package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.security.LandlockAccess;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.LandlockScope;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.testing.LeakCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Landlock rules as programs in containers meet them, see landlock(7). */
@ExtendWith(LeakCheck.class)
class LandlockIT extends Trial {
    private static final int VERSION = 1;
    private static final int NET_ABI = 4;
    private static final int SCOPE_ABI = 6;
    private static final int KILL = 62;

    private int abi;

    @BeforeEach
    void findTheAbi() {
        abi = (int) new LinuxKernel().call(Syscall.LANDLOCK_CREATE_RULESET, 0, 0, VERSION);
        assumeTrue(abi > 0, "this kernel has no Landlock");
        sandbox()
                .root()
                .file("data/kept", "kept\n")
                .file("hidden/secret", "secret\n")
                .script("tools/run", "echo run\n")
                .script("data/run", "echo data\n");
    }

    private static LandlockRules programs() {
        return LandlockRules.none().execute("/bin").readOnly("/bin");
    }

    private String shell(LandlockRules rules, String script) throws InterruptedException {
        var result = sh("exec 2>&1; " + script).landlock(rules).run();
        return result.stdout().strip();
    }

    @Test
    void whatNoRuleNamesCannotBeRead() throws Exception {
        var rules = programs().readOnly("/data");
        assertThat(shell(rules, "cat /data/kept")).isEqualTo("kept");
        assertThat(shell(rules, "cat /hidden/secret")).endsWith("Permission denied");
        assertThat(shell(rules, "ls /hidden")).endsWith("Permission denied");
    }

    @Test
    void whatMayBeReadCannotBeWritten() throws Exception {
        var rules = programs().readOnly("/data").readWrite("/tmp");
        assertThat(shell(rules, "echo x > /data/kept")).contains("Permission denied");
        assertThat(shell(rules, "rm /data/kept")).contains("Permission denied");
        assertThat(shell(rules, "mkdir /data/made")).contains("Permission denied");
        assertThat(shell(rules, "echo x > /tmp/landlock && cat /tmp/landlock")).isEqualTo("x");
    }

    @Test
    void whatMayBeReadCanBeExecutedOnlyIfARuleSaysSo() throws Exception {
        var reading =
                LandlockRules.none()
                        .execute("/bin")
                        .allow("/data", LandlockAccess.READ_FILE, LandlockAccess.READ_DIR);
        assertThat(shell(reading, "/data/run")).contains("Permission denied");
        assertThat(shell(reading.execute("/tools").readOnly("/tools"), "/tools/run"))
                .isEqualTo("run");
    }

    @Test
    void singleAccessIsGranted() throws Exception {
        var making = programs().allow("/data", LandlockAccess.MAKE_DIR, LandlockAccess.REMOVE_DIR);
        assertThat(shell(making, "mkdir /data/made && rmdir /data/made && echo made"))
                .isEqualTo("made");
        assertThat(shell(making, "cat /data/kept")).contains("Permission denied");
    }

    @Test
    void rulesAreForTheChildrenOfTheProgramToo() throws Exception {
        assertThat(shell(programs(), "sh -c 'sh -c \"cat /hidden/secret\"'"))
                .contains("Permission denied");
    }

    @Test
    void rulesHoldWhereNewPrivilegesAreAllowed() throws Exception {
        var result =
                sh("exec 2>&1; cat /hidden/secret; grep NoNewPrivs /proc/self/status")
                        .landlock(programs().readOnly("/proc"))
                        .newPrivileges(true)
                        .run();
        assertThat(result.stdout()).contains("Permission denied").contains("NoNewPrivs:\t0");
    }

    @Test
    void rulesHoldForUsers() throws Exception {
        var result = sh("exec 2>&1; cat /hidden/secret").user(APP, APP).landlock(programs()).run();
        assertThat(result.stdout()).contains("Permission denied");
    }

    @Test
    void portsAreThoseNamed() throws Exception {
        assumeTrue(abi >= NET_ABI, "Landlock of this kernel has no rules for ports");
        var rules = programs().bindTcp(8080).connectTcp(8081);
        assertThat(output(trying("bind", 8080).landlock(rules))).isEqualTo("0");
        assertThat(output(trying("bind", 8081).landlock(rules))).isEqualTo("EACCES");
        assertThat(output(trying("connect", 8081).landlock(rules))).isEqualTo("ECONNREFUSED");
        assertThat(output(trying("connect", 8080).landlock(rules))).isEqualTo("EACCES");
    }

    @Test
    void processesOutsideCannotBeSignalled() throws Exception {
        assumeTrue(abi >= SCOPE_ABI, "Landlock of this kernel has no scopes");
        try (var other = sandbox().command("sleep", "1000").start()) {
            var free = trying("call", KILL, 1, 0).join(other, Namespace.PID);
            assertThat(output(free)).isEqualTo("0");
            var scoped =
                    trying("call", KILL, 1, 0)
                            .join(other, Namespace.PID)
                            .landlock(LandlockRules.none().scope(LandlockScope.SIGNAL));
            assertThat(output(scoped)).isEqualTo("EPERM");
        }
    }

    @Test
    void ruleForAPathThatIsMissingGrantsNothing() throws Exception {
        var rules = programs().readWrite("/tmp").readOnly("/tmp/later").readOnly("/no/place");
        assertThat(shell(rules, "cat /data/kept")).contains("Permission denied");
        assertThat(shell(rules, "echo x > /tmp/y; cat /tmp/y")).isEqualTo("x");
    }
}
