package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.SeccompAction;
import io.pelagos.core.security.SeccompArch;
import io.pelagos.core.security.SeccompCondition;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.security.SeccompRule;
import io.pelagos.core.security.SyscallTable;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The filter of system calls as programs in containers meet it, see seccomp(2). */
@ExtendWith(LeakCheck.class)
class SeccompIT extends Trial {
    private static final int X32 = 0x40000000;

    /** Describes a container that makes one system call by name and prints how it ends. */
    private ContainerBuilder calling(String name, Object... arguments) {
        return trying(
                with(
                        "call",
                        number(SeccompArch.nativeOf(Architecture.current()), name),
                        arguments));
    }

    private static int number(SeccompArch arch, String name) {
        return SyscallTable.number(arch, name).orElseThrow();
    }

    private static Object[] with(String what, int number, Object... arguments) {
        var all = new ArrayList<Object>(List.of(what, number));
        all.addAll(List.of(arguments));
        return all.toArray();
    }

    static Stream<SeccompProfile> filtering() {
        return Stream.of(
                SeccompProfile.dockerDefault(),
                SeccompProfile.dockerDefaultWithIoUring(),
                SeccompProfile.minimal());
    }

    @ParameterizedTest
    @MethodSource("filtering")
    void filterIsInForceInEveryProcess(SeccompProfile profile) throws Exception {
        var script = "grep Seccomp: /proc/self/status; sh -c 'grep Seccomp: /proc/self/status; :'";
        assertThat(output(sh(script).seccomp(profile)).lines())
                .hasSize(2)
                .allMatch("Seccomp:\t2"::equals);
    }

    @Test
    void unconfinedContainerHasNoFilterOfItsOwn() throws Exception {
        var jvm =
                Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("Seccomp:"))
                        .findFirst()
                        .orElseThrow();
        assertThat(status(c -> c.seccomp(SeccompProfile.unconfined())))
                .contains(entry("Seccomp", jvm.split("\\s+", -1)[1]));
        assertThat(output(calling("add_key").seccomp(SeccompProfile.unconfined())))
                .isEqualTo("EFAULT");
    }

    @ParameterizedTest
    @CsvSource({
        "add_key",
        "bpf",
        "delete_module",
        "finit_module",
        "init_module",
        "io_uring_setup",
        "kexec_load",
        "keyctl",
        "mount",
        "move_mount",
        "open_by_handle_at",
        "open_tree",
        "perf_event_open",
        "pivot_root",
        "quotactl",
        "reboot",
        "request_key",
        "setns",
        "swapoff",
        "umount2",
        "unshare",
        "userfaultfd"
    })
    void callOfTheMachineIsRefused(String name) throws Exception {
        assertThat(output(calling(name))).isEqualTo("EPERM");
    }

    @ParameterizedTest
    @CsvSource({"clone3, ENOSYS", "fsopen, EPERM", "getcpu, 0", "getpgid, 1", "inotify_init1, 3"})
    void callEndsAsTheDefaultProfileSays(String name, String result) throws Exception {
        assertThat(output(calling(name))).isEqualTo(result);
    }

    @Test
    void callThatTheProfileNeverHeardOfIsMissing() throws Exception {
        assertThat(output(trying("call", 5000))).isEqualTo("ENOSYS");
    }

    @ParameterizedTest
    @CsvSource({
        "0x10000000",
        "0x20000000",
        "0x40000000",
        "0x08000000",
        "0x04000000",
        "0x02000000",
        "0x00020000",
        "0x10000011",
        "0x7e020011"
    })
    void cloneMakesNoNamespace(String flags) throws Exception {
        assertThat(output(calling("clone", flags))).isEqualTo("EPERM");
    }

    @Test
    void cloneMakesProcesses() throws Exception {
        assertThat(output(calling("clone", 17))).isEqualTo("2");
    }

    @Test
    void namespacesCanBeMadeWithTheCapabilityForIt() throws Exception {
        assertThat(output(calling("unshare", 0x04000000).capAdd(Capability.SYS_ADMIN)))
                .isEqualTo("0");
        assertThat(output(calling("clone", 0x04000011).capAdd(Capability.SYS_ADMIN)))
                .isEqualTo("2");
    }

    @ParameterizedTest
    @CsvSource({
        "0x0, 0",
        "0x8, 0",
        "0x20000, 0",
        "0x20008, 0",
        "0xffffffff, 0",
        "0x40000, EPERM",
        "0x400000, EPERM",
        "0x1, EPERM"
    })
    void personalityIsOneOfTheHarmlessOnes(String personality, String result) throws Exception {
        assertThat(output(calling("personality", personality))).isEqualTo(result);
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "10", "16"})
    void usualSocketsCanBeMade(int family) throws Exception {
        int type = family >= 16 ? 3 : 1;
        assertThat(output(calling("socket", family, type))).isEqualTo("3");
    }

    @ParameterizedTest
    @ValueSource(ints = {38, 40})
    void socketsOfDangerousFamiliesAreRefused(int family) throws Exception {
        assertThat(output(calling("socket", family, 5))).isNotEqualTo("3").startsWith("E");
        assertThat(output(calling("socket", 40, 1))).isEqualTo("EPERM");
    }

    @Test
    void entryOf32BitProgramsIsFilteredByItsOwnNumbers() throws Exception {
        assumeX86();
        assumeTrue(
                output(
                                trying("int80", number(SeccompArch.X86, "getpid"))
                                        .seccomp(SeccompProfile.unconfined()))
                        .equals("1"),
                "this kernel has no 32-bit system calls (CONFIG_IA32_EMULATION)");
        assertThat(output(trying("int80", number(SeccompArch.X86, "getpid")))).isEqualTo("1");
        for (var name : List.of("add_key", "mount", "bpf", "reboot", "unshare")) {
            assertThat(output(trying("int80", number(SeccompArch.X86, name))))
                    .as(name)
                    .isEqualTo("EPERM");
        }
        // What is mount by the numbers of x86_64 is none by those of i386, and the reverse.
        assertThat(output(trying("int80", number(SeccompArch.X86, "clone"), 0x10000011)))
                .isEqualTo("EPERM");
    }

    @Test
    void entryOfX32ProgramsIsFilteredToo() throws Exception {
        assumeX86();
        for (var name : List.of("mount", "bpf", "unshare", "add_key")) {
            int call = X32 | number(SeccompArch.X86_64, name);
            assertThat(output(trying("call", call, 0x10000000))).as(name).isIn("EPERM", "ENOSYS");
            assertThat(trying("call", call).seccomp(SeccompProfile.minimal()).run().stdout())
                    .as(name + ", minimal")
                    .isIn("", "EPERM\n", "ENOSYS\n");
        }
    }

    @Test
    void minimalProfileKnowsNoOtherEntry() throws Exception {
        assumeX86();
        var getpid = trying("int80", number(SeccompArch.X86, "getpid"));
        assertThat(getpid.seccomp(SeccompProfile.minimal()).run().exit())
                .isInstanceOfSatisfying(
                        Exit.Killed.class, k -> assertThat(k.signal()).isEqualTo(Signal.SYS));
    }

    private static void assumeX86() {
        assumeTrue(
                Architecture.current() == Architecture.X86_64,
                "only x86_64 has entries for other programs");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ptrace",
                "shmget",
                "msgget",
                "mount",
                "unshare",
                "personality",
                "io_uring_setup"
            })
    void minimalProfileRefusesWhatAnOrdinaryProgramDoesNotNeed(String name) throws Exception {
        var all = calling(name).seccomp(SeccompProfile.minimal()).capAdd(Capability.SYS_ADMIN);
        assertThat(output(all)).isEqualTo("EPERM");
    }

    @Test
    void minimalProfileRunsAShellWithPipes() throws Exception {
        var script =
                "mkdir /tmp/min && echo b > /tmp/min/x && cat /tmp/min/x | tr b c && rm -r"
                        + " /tmp/min";
        assertThat(output(sh(script).seccomp(SeccompProfile.minimal()))).isEqualTo("c");
    }

    @Test
    void ioUringIsThereWhereItsProfileIsChosen() throws Exception {
        var profile = SeccompProfile.dockerDefaultWithIoUring();
        assertThat(output(calling("io_uring_setup").seccomp(profile))).isNotEqualTo("EPERM");
        assertThat(output(calling("mount").seccomp(profile))).isEqualTo("EPERM");
    }

    @Test
    void profileIsReadFromAFile(@TempDir Path directory) throws Exception {
        var file =
                Files.writeString(
                        directory.resolve("profile.json"),
                        """
                        {"defaultAction": "SCMP_ACT_ALLOW",
                         "syscalls": [
                          {"names": ["getpgid", "no_such_call"],
                           "action": "SCMP_ACT_ERRNO", "errnoRet": 71},
                          {"names": ["getpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 33,
                           "args": [{"index": 1, "value": 6, "valueTwo": 4, "op": "SCMP_CMP_MASKED_EQ"}]}
                        ]}
                        """);
        var profile = SeccompProfile.ofFile(file);
        assertThat(output(calling("getpgid").seccomp(profile))).isEqualTo("EPROTO");
        assertThat(output(calling("getpriority", 0, 5).seccomp(profile))).isEqualTo("EDOM");
        assertThat(output(calling("getpriority", 0, 0).seccomp(profile))).isNotEqualTo("EDOM");
        try (var container = calling("getpid").seccomp(profile).start()) {
            assertThat(container.warnings()).anyMatch(warning -> warning.contains("no_such_call"));
        }
    }

    @Test
    void rulesWithoutEffectAreWarnings() throws Exception {
        var profile =
                SeccompProfile.builder(SeccompAction.ALLOW)
                        .rule(SeccompRule.of(SeccompAction.errno(Errno.EPERM), "frobnicate"))
                        .build();
        try (var container = calling("getpid").seccomp(profile).start()) {
            assertThat(container.warnings())
                    .anyMatch(w -> w.contains("frobnicate") && w.contains("no effect"));
        }
        try (var container = calling("getpid").start()) {
            assertThat(container.warnings()).noneMatch(w -> w.contains("no effect"));
        }
    }

    @Test
    void callCanEndTheProgram() throws Exception {
        var profile =
                SeccompProfile.builder(SeccompAction.ALLOW)
                        .rule(
                                SeccompRule.of(SeccompAction.KILL_PROCESS, "getpgid")
                                        .when(
                                                SeccompCondition.arg(
                                                        0, SeccompCondition.Operator.GT, 7)))
                        .build();
        assertThat(output(calling("getpgid", 0).seccomp(profile))).isEqualTo("1");
        assertThat(calling("getpgid", 8).seccomp(profile).run().exit())
                .isInstanceOfSatisfying(
                        Exit.Killed.class, k -> assertThat(k.signal()).isEqualTo(Signal.SYS));
    }

    @Test
    void filterCannotBeTakenOff() throws Exception {
        // prctl(PR_SET_SECCOMP, SECCOMP_MODE_DISABLED)
        assertThat(output(calling("prctl", 22, 0))).isEqualTo("EINVAL");
        assertThat(status(UnaryOperator.identity())).contains(entry("Seccomp", "2"));
    }
}
