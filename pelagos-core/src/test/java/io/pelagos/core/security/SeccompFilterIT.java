package io.pelagos.core.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compiled filters in a real kernel, without anything else of a container around them: a small C
 * program installs the filter and then makes system calls or executes a command.
 */
@ExtendWith(LeakCheck.class)
class SeccompFilterIT {
    private static final String SOURCE =
            """
            #define _GNU_SOURCE
            #include <errno.h>
            #include <fcntl.h>
            #include <linux/filter.h>
            #include <linux/seccomp.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/prctl.h>
            #include <sys/syscall.h>
            #include <unistd.h>

            static long call(const char *abi, long nr, const long *a) {
            #ifdef __x86_64__
                if (strcmp(abi, "x86") == 0) {
                    long result;
                    __asm__ volatile("int $0x80" : "=a"(result)
                        : "a"(nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]) : "memory",
                          "r8", "r9", "r10", "r11");
                    return (int) result;
                }
            #endif
                long result = syscall(nr, a[0], a[1], a[2], a[3]);
                return result < 0 ? -errno : result;
            }

            int main(int argc, char **argv) {
                static struct sock_filter code[BPF_MAXINSNS];
                int fd = open(argv[1], O_RDONLY);
                ssize_t size = read(fd, code, sizeof code);
                close(fd);
                if (size <= 0) return 3;
                struct sock_fprog program = { size / sizeof code[0], code };
                if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 4;
                if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, atoi(argv[2]), &program) != 0) {
                    perror("seccomp");
                    return 5;
                }
                if (strcmp(argv[3], "exec") == 0) {
                    execv(argv[4], argv + 4);
                    perror("execv");
                    return 6;
                }
                for (int i = 3; i + 5 < argc; i += 6) {
                    long a[4];
                    for (int j = 0; j < 4; j++) a[j] = strtoul(argv[i + 2 + j], NULL, 0);
                    printf("%ld\\n", call(argv[i], atol(argv[i + 1]), a));
                    fflush(stdout);
                }
                return 0;
            }
            """;

    private static final int EPERM = -1;
    private static final int ENOSYS = -38;
    private static final int EAFNOSUPPORT = -97;
    private static final int KILLED_BY_SIGSYS = 128 + 31;

    private static final SeccompTarget TARGET =
            SeccompTarget.of(
                    Architecture.current(),
                    Capability.DEFAULTS,
                    KernelVersion.parse(System.getProperty("os.version")));
    private static final SeccompArch NATIVE = SeccompArch.nativeOf(Architecture.current());

    @TempDir private static Path folder;
    private static CProgram filtered;

    @BeforeAll
    static void compileTheProgram() throws Exception {
        filtered = CProgram.compile(folder, SOURCE);
    }

    static List<SeccompProfile> profiles() {
        return List.of(
                SeccompProfile.dockerDefault(),
                SeccompProfile.dockerDefaultWithIoUring(),
                SeccompProfile.minimal(),
                SeccompProfile.unconfined());
    }

    @ParameterizedTest
    @MethodSource("profiles")
    void theKernelTakesTheFilterAndProgramsStillRun(SeccompProfile profile) throws Exception {
        var result =
                run(
                        profile,
                        "exec",
                        "/bin/sh",
                        "-c",
                        "ls / > /dev/null && echo hello | sort | tr a-z A-Z");

        assertThat(result).isEqualTo(new CProgram.Result(0, List.of("HELLO")));
    }

    @ParameterizedTest
    @MethodSource("profiles")
    void aJvmWithItsThreadsRunsUnderTheFilter(SeccompProfile profile) throws Exception {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();

        assertThat(run(profile, "exec", java, "-Xshare:auto", "-version").status()).isZero();
    }

    @Test
    void theDefaultProfileRefusesWhatItSaysAndNothingElse() throws Exception {
        var calls = new ArrayList<String>();
        add(calls, "getpid");
        add(calls, "personality", "0xffffffff");
        add(calls, "personality", "0x0040000");
        add(calls, "unshare", "0x10000000");
        add(calls, "clone3");
        add(calls, "clone", "0x10000011");
        add(calls, "socket", "1", "1");
        add(calls, "socket", "40", "1");
        add(calls, "socket", "0x100000028", "1");
        add(calls, "add_key");
        add(calls, "io_uring_setup");
        add(calls, "mount");
        add(calls, "file_setattr");

        var result = run(SeccompProfile.dockerDefault(), calls.toArray(String[]::new));

        assertThat(result.status()).isZero();
        var values = result.lines().stream().map(Long::valueOf).toList();
        assertThat(values.get(0)).as("getpid").isPositive();
        assertThat(values.get(1)).as("personality, asking").isNotNegative();
        assertThat(values.get(6)).as("socket(AF_UNIX)").isNotNegative();
        assertThat(values).element(2).as("personality(ADDR_NO_RANDOMIZE)").isEqualTo((long) EPERM);
        assertThat(values.subList(3, 6))
                .as("unshare, clone3, clone with a user namespace")
                .containsExactly((long) EPERM, (long) ENOSYS, (long) EPERM);
        assertThat(values.subList(7, 13))
                .as("AF_VSOCK twice, add_key, io_uring_setup, mount, file_setattr")
                .containsExactly(
                        (long) EPERM,
                        (long) EAFNOSUPPORT,
                        (long) EPERM,
                        (long) EPERM,
                        (long) EPERM,
                        (long) ENOSYS);
    }

    @Test
    void callsOf32BitsAreDecidedByTheirOwnNumbers() throws Exception {
        assumeTrue(Architecture.current() == Architecture.X86_64, "only x86_64 has int 0x80");
        assumeTrue(
                run(SeccompProfile.unconfined(), x86("getpid")).status() == 0,
                "this kernel has no 32-bit system calls (CONFIG_IA32_EMULATION)");

        var byDefault = run(SeccompProfile.dockerDefault(), x86("getpid", "add_key"));
        assertThat(byDefault.status()).isZero();
        assertThat(Long.parseLong(byDefault.lines().get(0))).isPositive();
        assertThat(byDefault.lines().get(1)).isEqualTo(String.valueOf(EPERM));

        assertThat(run(SeccompProfile.minimal(), x86("getpid")))
                .isEqualTo(new CProgram.Result(KILLED_BY_SIGSYS, List.of()));
    }

    private static String[] x86(String... names) {
        var calls = new ArrayList<String>();
        for (var name : names) {
            calls.addAll(
                    List.of(
                            "x86",
                            String.valueOf(
                                    SyscallTable.number(SeccompArch.X86, name).orElseThrow()),
                            "0",
                            "0",
                            "0",
                            "0"));
        }
        return calls.toArray(String[]::new);
    }

    private static void add(List<String> calls, String name, String... args) {
        calls.add("native");
        calls.add(String.valueOf(SyscallTable.number(NATIVE, name).orElseThrow()));
        for (int i = 0; i < 4; i++) {
            calls.add(i < args.length ? args[i] : "0");
        }
    }

    private static CProgram.Result run(SeccompProfile profile, String... arguments)
            throws IOException, InterruptedException {
        var program = SeccompCompiler.compile(profile, TARGET);
        var filter = Files.write(folder.resolve("filter"), program.toBytes());
        var all = new ArrayList<String>();
        all.add(filter.toString());
        all.add(String.valueOf(program.flags()));
        all.addAll(List.of(arguments));
        return filtered.run(all);
    }
}
