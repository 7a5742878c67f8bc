package io.pelagos.core.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Syscall;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SyscallTableTest {
    @ParameterizedTest
    @EnumSource(Syscall.class)
    void agreesWithTheCallsThatPelagosMakes(Syscall syscall) {
        for (var architecture : Architecture.values()) {
            assertThat(SyscallTable.number(SeccompArch.nativeOf(architecture), syscall.callName()))
                    .as("%s on %s", syscall, architecture)
                    .hasValue(syscall.number(architecture));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "X86_64, execve, 59",
        "X86, execve, 11",
        "X86, socketcall, 102",
        "X86, clock_gettime64, 403",
        "X32, execve, 0x40000208",
        "X32, read, 0x40000000",
        "AARCH64, execve, 221",
        "AARCH64, newfstatat, 79",
        "ARM, execve, 11",
        "ARM, set_tls, 0xf0005",
        "ARM, arm_fadvise64_64, 270",
        "X86_64, uretprobe, 335",
        "ARM, mseal, 462",
        "X86, file_setattr, 469"
    })
    void hasTheNumbersOfTheKernel(SeccompArch arch, String name, String number) {
        assertThat(SyscallTable.number(arch, name)).hasValue(Integer.decode(number));
    }

    @Test
    void hasNoNumberForCallsThatAnArchitectureLacks() {
        assertThat(SyscallTable.number(SeccompArch.AARCH64, "open")).isEmpty();
        assertThat(SyscallTable.number(SeccompArch.X86_64, "socketcall")).isEmpty();
        assertThat(SyscallTable.number(SeccompArch.S390X, "read")).isEmpty();
        assertThat(SyscallTable.knows("no_such_call")).isFalse();
    }

    @ParameterizedTest
    @EnumSource(
            value = SeccompArch.class,
            names = {"X86_64", "X86", "X32", "AARCH64"})
    void givesEachNumberOneName(SeccompArch arch) {
        assertThat(SyscallTable.calls(arch).values())
                .doesNotHaveDuplicates()
                .hasSizeGreaterThan(300);
    }
}
