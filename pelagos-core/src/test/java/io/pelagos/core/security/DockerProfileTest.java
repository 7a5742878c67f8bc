package io.pelagos.core.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Architecture;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DockerProfileTest {
    private static final int ALLOW = 0x7fff0000;
    private static final int FAIL_EPERM = 0x00050001;
    private static final int FAIL_ENOSYS = 0x00050026;

    /** Values around every comparison of the profile, and the flags of clone one by one. */
    private static final long[] ARGUMENTS = {
        0,
        1,
        7,
        8,
        9,
        16,
        37,
        38,
        39,
        40,
        41,
        45,
        0x80,
        0x1ffff,
        0x20000,
        0x20008,
        0x20009,
        0x01200011L,
        0x003d0f00L,
        0x02000000L,
        0x04000000L,
        0x08000000L,
        0x10000000L,
        0x20000000L,
        0x40000000L,
        0x7e020000L,
        0x80000000L,
        0xfffffffeL,
        0xffffffffL,
        0x1_0000_0008L,
        0x1_0002_0000L,
        0x8000_0000_0000_0000L,
        -1L
    };

    /** Enough to see a condition where there should be none. */
    private static final long[] FEW_ARGUMENTS = {0, 40, 0x7e020000L, -1L};

    private static final Set<String> CONDITIONAL = Set.of("clone", "personality", "socket");

    static Stream<SeccompTarget> targets() {
        var sets = new ArrayList<Set<Capability>>();
        sets.add(Set.of());
        sets.add(Capability.DEFAULTS);
        sets.add(EnumSet.allOf(Capability.class));
        for (var capability : Capability.values()) {
            sets.add(Set.of(capability));
        }
        return sets.stream()
                .flatMap(
                        set ->
                                Stream.of(Architecture.values())
                                        .flatMap(
                                                arch ->
                                                        Stream.of("4.7", "4.8")
                                                                .map(KernelVersion::parse)
                                                                .map(
                                                                        kernel ->
                                                                                SeccompTarget.of(
                                                                                        arch, set,
                                                                                        kernel))));
    }

    @ParameterizedTest
    @MethodSource("targets")
    void decidesEveryCallAsDockersDoes(SeccompTarget target) {
        var theirs = SeccompProfile.ofFile(SeccompFixtures.file("moby-default.json"));
        var their = new BpfEvaluator(SeccompCompiler.compile(theirs, target));
        var our = new BpfEvaluator(SeccompCompiler.compile(SeccompProfile.dockerDefault(), target));
        for (var arch : Targets.architectures(target)) {
            ProfileInterpreter.numbers(arch)
                    .forEach(
                            number -> {
                                for (long argument : argumentsFor(arch, number)) {
                                    if (!isSocketBeyond32Bits(arch, number, argument)) {
                                        var call = call(arch, number, argument);
                                        assertThat(our.run(call))
                                                .as("%s %s %x", arch, number, argument)
                                                .isEqualTo(their.run(call));
                                    }
                                }
                            });
        }
    }

    private static long[] argumentsFor(SeccompArch arch, int number) {
        return CONDITIONAL.stream()
                        .anyMatch(name -> SyscallTable.number(arch, name).orElseThrow() == number)
                ? ARGUMENTS
                : FEW_ARGUMENTS;
    }

    /** The one thing that is stricter than Docker's, see below. */
    private static boolean isSocketBeyond32Bits(SeccompArch arch, int number, long argument) {
        return number == SyscallTable.number(arch, "socket").orElseThrow() && argument >>> 32 != 0;
    }

    private static SeccompCall call(SeccompArch arch, int number, long argument) {
        return new SeccompCall(
                arch.auditArch(), number, argument, argument, argument, argument, argument);
    }

    @Test
    void aFamilyWithBitsThatTheKernelCutsOffCannotBeAVsock() {
        var filter = filter(SeccompProfile.dockerDefault(), Targets.X86);

        assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, "socket", 40)))
                .isEqualTo(FAIL_EPERM);
        assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, "socket", 0x1_0000_0028L)))
                .isEqualTo(0x00050000 | 97);
        assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, "socket", 2))).isEqualTo(ALLOW);
    }

    @Test
    void isAnExampleOfTheWholeWayFromRulesToFilter() {
        var filter = filter(SeccompProfile.dockerDefault(), Targets.X86);

        assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, "read"))).isEqualTo(ALLOW);
        assertThat(filter.run(SeccompCall.of(SeccompArch.X86, "read"))).isEqualTo(ALLOW);
        assertThat(filter.run(SeccompCall.of(SeccompArch.X32, "read"))).isEqualTo(ALLOW);
        assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, "clone3"))).isEqualTo(FAIL_ENOSYS);
        assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, "clone", 0x10000011L)))
                .isEqualTo(FAIL_EPERM);
        assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, "file_setattr")))
                .isEqualTo(FAIL_ENOSYS);
        for (var name :
                List.of("mount", "add_key", "keyctl", "bpf", "io_uring_setup", "userfaultfd")) {
            assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, name)))
                    .as(name)
                    .isEqualTo(FAIL_EPERM);
        }
    }

    @Test
    void ioUringIsAllowedByItsOwnVariantOnly() {
        var filter = filter(SeccompProfile.dockerDefaultWithIoUring(), Targets.X86);

        for (var name : List.of("io_uring_setup", "io_uring_enter", "io_uring_register")) {
            assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, name))).isEqualTo(ALLOW);
            assertThat(filter.run(SeccompCall.of(SeccompArch.X86, name))).isEqualTo(ALLOW);
        }
    }

    @Test
    void ourOwnProfilesHaveNothingWithoutEffect() {
        for (var target : List.of(Targets.X86, Targets.ARM)) {
            for (var profile :
                    List.of(
                            SeccompProfile.dockerDefault(),
                            SeccompProfile.dockerDefaultWithIoUring(),
                            SeccompProfile.minimal(),
                            SeccompProfile.unconfined())) {
                assertThat(SeccompCompiler.compile(profile, target).warnings()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mount", "unshare", "setns", "ptrace", "bpf", "chroot", "pivot_root"})
    void theMinimalProfileRefusesAdministrationUnderAnyCapability(String name) {
        var all =
                SeccompTarget.of(Architecture.X86_64, EnumSet.allOf(Capability.class), Targets.NEW);

        assertThat(
                        filter(SeccompProfile.minimal(), all)
                                .run(SeccompCall.of(SeccompArch.X86_64, name)))
                .isEqualTo(FAIL_EPERM);
    }

    @Test
    void theMinimalProfileHasWhatACLibraryNeeds() {
        var filter = filter(SeccompProfile.minimal(), Targets.x86With());

        for (var name :
                List.of(
                        "statx",
                        "capset",
                        "capget",
                        "tgkill",
                        "rt_sigsuspend",
                        "close_range",
                        "arch_prctl",
                        "set_tid_address",
                        "rseq",
                        "futex",
                        "prctl",
                        "execve",
                        "clone",
                        "getrandom",
                        "newfstatat",
                        "prlimit64")) {
            assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, name)))
                    .as(name)
                    .isEqualTo(ALLOW);
        }
        assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, "clone3"))).isEqualTo(FAIL_ENOSYS);
        assertThat(filter.run(SeccompCall.of(SeccompArch.X86_64, "clone", 0x10000000L)))
                .isEqualTo(FAIL_EPERM);
    }

    @Test
    void theMinimalProfileLetsOnlyThoseChangeIdentityWhoCan() {
        var setuid = SeccompCall.of(SeccompArch.X86_64, "setuid");
        var setgroups = SeccompCall.of(SeccompArch.X86_64, "setgroups");

        var without = filter(SeccompProfile.minimal(), Targets.x86With());
        assertThat(without.run(setuid)).isEqualTo(FAIL_EPERM);
        assertThat(without.run(setgroups)).isEqualTo(FAIL_EPERM);
        var with = filter(SeccompProfile.minimal(), Targets.x86With(Capability.SETUID));
        assertThat(with.run(setuid)).isEqualTo(ALLOW);
        assertThat(with.run(setgroups)).isEqualTo(FAIL_EPERM);
    }

    @Test
    void unconfinedIsUnconfined() {
        assertThat(SeccompProfile.unconfined().isUnconfined()).isTrue();
        assertThat(SeccompProfile.minimal().isUnconfined()).isFalse();
        var filter = filter(SeccompProfile.unconfined(), Targets.X86);
        for (var arch : SyscallTable.architectures()) {
            assertThat(filter.run(SeccompCall.of(arch, "read"))).isEqualTo(ALLOW);
        }
    }

    private static BpfEvaluator filter(SeccompProfile profile, SeccompTarget target) {
        return new BpfEvaluator(SeccompCompiler.compile(profile, target));
    }
}
