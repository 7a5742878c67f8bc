package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SyscallTest {
    /** The generic header has one name for what a 32-bit machine calls with a wider offset. */
    private static final Map<Syscall, String> GENERIC =
            Map.of(
                    Syscall.LSEEK, "__NR3264_lseek",
                    Syscall.FTRUNCATE, "__NR3264_ftruncate",
                    Syscall.FCNTL, "__NR3264_fcntl",
                    Syscall.NEWFSTATAT, "__NR3264_fstatat",
                    Syscall.STATFS, "__NR3264_statfs",
                    Syscall.FSTATFS, "__NR3264_fstatfs",
                    Syscall.SENDFILE, "__NR3264_sendfile",
                    Syscall.MMAP, "__NR3264_mmap");

    @Test
    void everyNumberIsThatOfTheHeaderForX86() throws IOException {
        var header = KernelHeader.definitions("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
        for (var syscall : Syscall.values()) {
            assertThat(header.get("__NR_" + syscall.callName()))
                    .as(syscall.callName())
                    .isEqualTo(Integer.toString(syscall.number(Architecture.X86_64)));
        }
    }

    @Test
    void everyNumberIsThatOfTheGenericHeaderForArm() throws IOException {
        var header = KernelHeader.definitions("/usr/include/asm-generic/unistd.h");
        for (var syscall : Syscall.values()) {
            var name = GENERIC.getOrDefault(syscall, "__NR_" + syscall.callName());
            assertThat(header.get(name))
                    .as(syscall.callName())
                    .isEqualTo(Integer.toString(syscall.number(Architecture.AARCH64)));
        }
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void noTwoCallsShareANumber(Architecture architecture) {
        assertThat(Arrays.stream(Syscall.values()).map(call -> call.number(architecture)))
                .doesNotHaveDuplicates();
    }

    @Test
    void theNewCallsHaveOneNumberEverywhere() {
        Set<Syscall> fromHereOn = EnumSet.noneOf(Syscall.class);
        for (var syscall : Syscall.values()) {
            if (syscall.number(Architecture.X86_64) >= 424) {
                fromHereOn.add(syscall);
            }
        }
        assertThat(fromHereOn)
                .contains(Syscall.OPENAT2)
                .allMatch(
                        call ->
                                call.number(Architecture.X86_64)
                                        == call.number(Architecture.AARCH64));
    }
}
