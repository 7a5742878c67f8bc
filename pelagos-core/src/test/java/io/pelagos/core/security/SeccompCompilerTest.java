package io.pelagos.core.security;

import static io.pelagos.core.security.SeccompCondition.Operator.EQ;
import static io.pelagos.core.security.SeccompCondition.Operator.GT;
import static io.pelagos.core.security.SeccompCondition.Operator.NE;
import static io.pelagos.core.security.SeccompCondition.arg;
import static io.pelagos.core.security.SeccompCondition.masked;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pelagos.core.kernel.Errno;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeccompCompilerTest {
    private static final SeccompAction EPERM = SeccompAction.errno(Errno.EPERM);
    private static final int ALLOW = 0x7fff0000;
    private static final int FAIL_EPERM = 0x00050001;
    private static final int FAIL_ENOSYS = 0x00050026;
    private static final int KILL_PROCESS = 0x80000000;

    @Test
    void aCallOfAnArchitectureThatIsNotListedKillsTheProcess() {
        var profile = SeccompProfile.builder(EPERM).allow("read").build();

        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86_64, "read"))).isEqualTo(ALLOW);
        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86, "read")))
                .isEqualTo(KILL_PROCESS);
        assertThat(verdict(profile, SeccompCall.of(SeccompArch.AARCH64, "read")))
                .isEqualTo(KILL_PROCESS);
    }

    @Test
    void eachListedArchitectureHasItsOwnNumbers() {
        var profile =
                SeccompProfile.builder(EPERM)
                        .architectures(SeccompArch.X86, SeccompArch.X32)
                        .allow("execve", "mseal")
                        .build();

        for (var arch : List.of(SeccompArch.X86_64, SeccompArch.X86, SeccompArch.X32)) {
            assertThat(verdict(profile, SeccompCall.of(arch, "execve"))).isEqualTo(ALLOW);
        }
        assertThat(verdict(profile, new SeccompCall(SeccompArch.X86.auditArch(), 59)))
                .isEqualTo(FAIL_EPERM);
        assertThat(verdict(profile, new SeccompCall(SeccompArch.X86_64.auditArch(), 11)))
                .isEqualTo(FAIL_EPERM);
    }

    @Test
    void aCallOfX32IsNotAllowedByTheRuleForItsTwin() {
        var profile = SeccompProfile.builder(EPERM).allow("read").build();

        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X32, "read"))).isEqualTo(FAIL_EPERM);
    }

    @Test
    void aDenyListIsNotBypassedByX32() {
        var profile =
                SeccompProfile.builder(SeccompAction.ALLOW)
                        .rule(SeccompRule.of(EPERM, "mount"))
                        .build();

        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86_64, "mount")))
                .isEqualTo(FAIL_EPERM);
        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X32, "mount")))
                .isEqualTo(KILL_PROCESS);
        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86_64, "read"))).isEqualTo(ALLOW);
    }

    @Test
    void conditionsOnDifferentArgumentsMustAllHold() {
        var profile =
                SeccompProfile.builder(EPERM)
                        .rule(SeccompRule.allow("socket").when(arg(0, EQ, 2)).when(arg(1, EQ, 1)))
                        .build();

        assertThat(verdict(profile, socket(2, 1))).isEqualTo(ALLOW);
        assertThat(verdict(profile, socket(2, 3))).isEqualTo(FAIL_EPERM);
        assertThat(verdict(profile, socket(10, 1))).isEqualTo(FAIL_EPERM);
    }

    @Test
    void conditionsOnTheSameArgumentAreAlternatives() {
        var profile =
                SeccompProfile.builder(EPERM)
                        .rule(
                                SeccompRule.allow("socket")
                                        .when(arg(0, EQ, 2))
                                        .when(arg(0, EQ, 10))
                                        .when(arg(1, EQ, 5)))
                        .build();

        assertThat(verdict(profile, socket(2, 1))).isEqualTo(ALLOW);
        assertThat(verdict(profile, socket(10, 1))).isEqualTo(ALLOW);
        assertThat(verdict(profile, socket(1, 5))).isEqualTo(ALLOW);
        assertThat(verdict(profile, socket(1, 1))).isEqualTo(FAIL_EPERM);
    }

    @Test
    void argumentsAreComparedAsUnsignedNumbersOf64Bits() {
        var profile =
                SeccompProfile.builder(EPERM)
                        .rule(SeccompRule.allow("socket").when(arg(0, GT, 0x1_8000_0000L)))
                        .build();

        assertThat(verdict(profile, socket(0x1_8000_0000L, 0))).isEqualTo(FAIL_EPERM);
        assertThat(verdict(profile, socket(0x1_8000_0001L, 0))).isEqualTo(ALLOW);
        assertThat(verdict(profile, socket(0x2_0000_0000L, 0))).isEqualTo(ALLOW);
        assertThat(verdict(profile, socket(0xffff_ffffL, 0))).isEqualTo(FAIL_EPERM);
        assertThat(verdict(profile, socket(-1, 0))).isEqualTo(ALLOW);
    }

    @Test
    void aNegativeValueOf64BitsIsMetBy32BitCallers() {
        var profile =
                SeccompProfile.builder(SeccompAction.ALLOW)
                        .architectures(SeccompArch.X86)
                        .rule(SeccompRule.of(EPERM, "personality").when(arg(0, EQ, -1)))
                        .build();

        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86, "personality", 0xffffffffL)))
                .isEqualTo(FAIL_EPERM);
    }

    @Test
    void aMaskedValueBeyond32BitsIsNeverMetBy32BitCallers() {
        var profile =
                SeccompProfile.builder(SeccompAction.ALLOW)
                        .architectures(SeccompArch.X86)
                        .rule(SeccompRule.of(EPERM, "read").when(masked(0, -2, 0x1_0000_0000L)))
                        .build();

        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86, "read", 0))).isEqualTo(ALLOW);
        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86_64, "read", 0x1_0000_0000L)))
                .isEqualTo(FAIL_EPERM);
    }

    @Test
    void callsNewerThanTheProfileAreMissingInsteadOfForbidden() {
        var profile = SeccompProfile.builder(EPERM).allow("read", "openat2").build();

        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86_64, "openat2")))
                .isEqualTo(ALLOW);
        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86_64, "pidfd_getfd")))
                .isEqualTo(FAIL_ENOSYS);
        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86_64, "mount")))
                .isEqualTo(FAIL_EPERM);
        var strict = SeccompCompiler.compile(profile, Targets.X86.newerCallsAreMissing(false));
        assertThat(new BpfEvaluator(strict).run(SeccompCall.of(SeccompArch.X86_64, "pidfd_getfd")))
                .isEqualTo(FAIL_EPERM);
    }

    @Test
    void privateCallsOfArmDoNotMakeEverythingElseOld() {
        var profile =
                SeccompProfile.builder(EPERM)
                        .architectures(SeccompArch.ARM)
                        .allow("read", "set_tls")
                        .build();
        var filter = new BpfEvaluator(SeccompCompiler.compile(profile, Targets.ARM));

        assertThat(filter.run(SeccompCall.of(SeccompArch.ARM, "set_tls"))).isEqualTo(ALLOW);
        assertThat(filter.run(SeccompCall.of(SeccompArch.ARM, "mseal"))).isEqualTo(FAIL_ENOSYS);
        assertThat(filter.run(SeccompCall.of(SeccompArch.ARM, "get_tls"))).isEqualTo(FAIL_EPERM);
    }

    @Test
    void everyActionHasTheValueOfTheKernelsHeader() {
        assertThat(SeccompAction.KILL_PROCESS.returnValue()).isEqualTo(0x80000000);
        assertThat(SeccompAction.KILL_THREAD.returnValue()).isZero();
        assertThat(SeccompAction.TRAP.returnValue()).isEqualTo(0x00030000);
        assertThat(SeccompAction.errno(Errno.ENOSYS).returnValue()).isEqualTo(0x00050026);
        assertThat(SeccompAction.NOTIFY.returnValue()).isEqualTo(0x7fc00000);
        assertThat(SeccompAction.trace(7).returnValue()).isEqualTo(0x7ff00007);
        assertThat(SeccompAction.LOG.returnValue()).isEqualTo(0x7ffc0000);
        assertThat(SeccompAction.ALLOW.returnValue()).isEqualTo(0x7fff0000);
    }

    @Test
    void aSupervisorIsAskedThroughANewDescriptor() {
        var profile =
                SeccompProfile.builder(SeccompAction.ALLOW)
                        .flags(SeccompFlag.LOG)
                        .rule(SeccompRule.of(SeccompAction.NOTIFY, "mount"))
                        .build();
        var program = SeccompCompiler.compile(profile, Targets.X86);

        assertThat(program.notifies()).isTrue();
        assertThat(program.flags()).isEqualTo(2 | 8);
        assertThat(SeccompCompiler.compile(SeccompProfile.minimal(), Targets.X86).notifies())
                .isFalse();
    }

    @Test
    void whatHasNoEffectIsSaid() {
        var profile =
                SeccompProfile.builder(EPERM)
                        .architectures(SeccompArch.S390X)
                        .allow("read", "raed")
                        .allow("waitpid")
                        .rule(SeccompRule.of(SeccompAction.LOG, "read"))
                        .rule(SeccompRule.of(SeccompAction.TRAP, "read").when(arg(0, EQ, 1)))
                        .rule(SeccompRule.allow("ioctl").when(masked(1, 1, 2)))
                        .build();

        assertThat(SeccompCompiler.compile(profile, Targets.X86).warnings())
                .containsExactlyInAnyOrder(
                        "SCMP_ARCH_S390X has no effect: this machine cannot make its calls",
                        "raed has no effect: unknown system call",
                        "waitpid has no effect: x86_64 has no such call",
                        "read: LOG has no effect: an earlier rule without conditions says ALLOW",
                        "read: TRAP if [arg0 == 0x1] has no effect: a rule without conditions says"
                                + " ALLOW",
                        "ioctl: ALLOW has no effect: no call fulfils [arg1 & 0x1 == 0x2]");
    }

    @Test
    void aRuleWithTheDefaultActionSaysNothing() {
        var profile =
                SeccompProfile.builder(EPERM)
                        .rule(SeccompRule.of(EPERM, "read"))
                        .rule(SeccompRule.allow("read").when(arg(0, EQ, 3)))
                        .build();

        assertThat(verdict(profile, SeccompCall.of(SeccompArch.X86_64, "read", 3)))
                .isEqualTo(ALLOW);
    }

    @Test
    void theFilterIsWrittenAsTheKernelReadsIt() {
        var program =
                new SeccompProgram(
                        List.of(
                                new BpfInstruction(0x15, 1, 255, 0xC000003E),
                                new BpfInstruction(0x06, 0, 0, 0x7fff0000)),
                        0,
                        List.of());

        assertThat(program.toBytes())
                .containsExactly(
                        0x15, 0, 1, 0xff, 0x3e, 0, 0, 0xc0, 0x06, 0, 0, 0, 0, 0, 0xff, 0x7f);
        assertThat(program).hasToString("0: jeq 0xc000003e, 1, 255\n1: ret 0x7fff0000\n");
    }

    @Test
    void longRulesJumpOverMoreThan255Instructions() {
        var profile = SeccompProfile.builder(EPERM);
        for (var name : List.of("read", "write", "socket")) {
            for (int value = 0; value < 300; value++) {
                profile.rule(SeccompRule.allow(name).when(arg(2, EQ, 2L * value)));
            }
        }
        var filter = new BpfEvaluator(SeccompCompiler.compile(profile.build(), Targets.X86));

        for (var name : List.of("read", "write", "socket")) {
            for (int value = 0; value < 600; value++) {
                assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, name, 0, 0, value)))
                        .isEqualTo(value % 2 == 0 ? ALLOW : FAIL_EPERM);
            }
        }
    }

    @Test
    void aFilterThatIsTooLongForTheKernelIsRefused() {
        var profile = SeccompProfile.builder(EPERM);
        for (int value = 0; value < 1100; value++) {
            profile.rule(SeccompRule.allow("read").when(arg(2, NE, value)));
        }

        assertThatIllegalArgumentException()
                .isThrownBy(() -> SeccompCompiler.compile(profile.build(), Targets.X86))
                .withMessageContaining("4096");
    }

    @Test
    void noCallCostsMoreThanALogarithmOfTheRanges() {
        for (var target : List.of(Targets.X86, Targets.ARM)) {
            var filter =
                    new BpfEvaluator(
                            SeccompCompiler.compile(SeccompProfile.dockerDefault(), target));
            var costs = new ArrayList<Integer>();
            for (var arch : Targets.architectures(target)) {
                for (int number : SyscallTable.calls(arch).values()) {
                    filter.run(new SeccompCall(arch.auditArch(), number));
                    costs.add(filter.executed());
                }
            }
            assertThat(costs).allMatch(cost -> cost <= 32);
            assertThat(costs.stream().mapToInt(cost -> cost).average().orElseThrow())
                    .isLessThan(14);
        }
    }

    private static SeccompCall socket(long family, long type) {
        return SeccompCall.of(SeccompArch.X86_64, "socket", family, type);
    }

    private static int verdict(SeccompProfile profile, SeccompCall call) {
        return new BpfEvaluator(SeccompCompiler.compile(profile, Targets.X86)).run(call);
    }
}
