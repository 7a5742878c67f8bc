package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.Rlimit;
import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a program finds itself with: limits, signals, descriptors, groups, environment. */
@ExtendWith(LeakCheck.class)
class LimitsOfProcessIT extends Trial {
    private static final int GETSID = 124;
    private static final int IGNORED_SIGNAL = 50;

    @ParameterizedTest
    @EnumSource(Rlimit.class)
    void limitIsInForce(Rlimit resource) throws Exception {
        boolean zeroAtMost = resource == Rlimit.NICE || resource == Rlimit.RTPRIO;
        long soft = zeroAtMost ? 0 : resource == Rlimit.AS ? 1L << 29 : 1L << 22;
        long value = resource == Rlimit.NOFILE ? 77 : resource == Rlimit.NPROC ? 99 : soft;
        long limit =
                switch (resource) {
                    case SIGPENDING -> 55;
                    case MSGQUEUE -> 4096;
                    default -> value;
                };
        var lines = output(trying("limits").rlimit(resource, limit, limit)).lines().toList();
        assertThat(lines).contains(resource.number() + " " + limit + " " + limit);
    }

    @Test
    void tinyLimitsAreForTheProgramAndNotForItsStart() throws Exception {
        var lines =
                output(
                                trying("limits")
                                        .rlimit(Rlimit.NOFILE, 3, 3)
                                        .rlimit(Rlimit.FSIZE, 0, 0)
                                        .cwd("/made/for/it"))
                        .lines();
        assertThat(lines).contains("7 3 3", "1 0 0");
    }

    @Test
    void oomScoreIsSet() throws Exception {
        assertThat(output(sh("cat /proc/self/oom_score_adj").oomScoreAdj(500))).isEqualTo("500");
    }

    @Test
    void oomScoreOfTheJvmIsNotInherited() throws Exception {
        var jvm = Path.of("/proc/self/oom_score_adj");
        var before = Files.readString(jvm).strip();
        try {
            Files.writeString(jvm, "300");
            assertThat(output(sh("cat /proc/self/oom_score_adj"))).isIn("0", before);
        } finally {
            Files.writeString(jvm, before);
        }
    }

    @Test
    void noSignalIsBlockedOrIgnoredEvenIfTheJvmIgnoresSome() throws Exception {
        var kernel = new LinuxKernel();
        try (var memory = Memory.open()) {
            var before = memory.block(32);
            var ignore = memory.block(32).putLong(0, 1);
            kernel.call(
                    Syscall.RT_SIGACTION, IGNORED_SIGNAL, ignore.address(), before.address(), 8);
            try {
                var nothing = "0000000000000000";
                assertThat(status(UnaryOperator.identity()))
                        .contains(
                                entry("SigBlk", nothing),
                                entry("SigIgn", nothing),
                                entry("SigCgt", nothing));
            } finally {
                kernel.call(Syscall.RT_SIGACTION, IGNORED_SIGNAL, before.address(), 0, 8);
            }
        }
    }

    @Test
    void noDescriptorIsInheritedHoweverManyTheJvmHasLeftOpen() throws Exception {
        var calls = new SystemCalls(new LinuxKernel());
        var open = new ArrayList<Integer>();
        try {
            for (int i = 0; i < 300; i++) {
                open.add(calls.openat(null, "/etc", OpenFlag.O_RDONLY, 0));
            }
            assertThat(output(trying("descriptors"))).isEqualTo("0 1 2");
            assertThat(output(trying("descriptors").init())).isEqualTo("0 1 2");
            assertThat(output(trying("descriptors").user(APP, APP))).isEqualTo("0 1 2");
        } finally {
            open.forEach(calls::close);
        }
    }

    @Test
    void umaskIsTheUsualOrTheGivenOne() throws Exception {
        assertThat(output(sh("umask"))).isEqualTo("0022");
        assertThat(output(sh("umask").umask(new FileMode(077)))).isEqualTo("0077");
    }

    @Test
    void sessionKeyringIsNewAndEmpty() throws Exception {
        var one = output(trying("keyring").seccomp(SeccompProfile.unconfined()));
        var other = output(trying("keyring").seccomp(SeccompProfile.unconfined()));
        assertThat(one).endsWith(" 0").isNotEqualTo(other);
    }

    @Test
    void supplementaryGroupsAreThoseGiven() throws Exception {
        assertThat(status(UnaryOperator.identity())).contains(entry("Groups", ""));
        assertThat(status(c -> c.user(APP, APP).groups("web", "77")))
                .contains(entry("Groups", "33 77"));
    }

    @Test
    void environmentIsEmptyButForPathAndHome() throws Exception {
        assertThat(output(sandbox().command("env")).lines())
                .allMatch(line -> line.startsWith("PATH=") || line.equals("HOME=/root"))
                .hasSize(2);
    }

    @Test
    void programLeadsItsSessionAndDiesWithItsSupervisor() throws Exception {
        assertThat(output(trying("call", GETSID, 0))).isEqualTo("1");
        assertThat(output(trying("pdeathsig"))).isEqualTo("9");
    }
}
