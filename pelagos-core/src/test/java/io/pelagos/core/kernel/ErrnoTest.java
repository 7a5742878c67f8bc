package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrnoTest {
    @Test
    void everyErrorOfTheHeadersIsThereAndNoOther() throws IOException {
        var headers =
                new HashMap<>(KernelHeader.definitions("/usr/include/asm-generic/errno-base.h"));
        headers.putAll(KernelHeader.definitions("/usr/include/asm-generic/errno.h"));
        // Those with a name instead of a number (EWOULDBLOCK, EDEADLOCK) are other names.
        headers.values().removeIf(value -> !value.chars().allMatch(Character::isDigit));

        var ours = new HashMap<String, String>();
        for (var errno : Errno.values()) {
            ours.put(errno.name(), Integer.toString(errno.number()));
        }
        assertThat(ours).isEqualTo(headers).hasSizeGreaterThan(130);
    }

    @ParameterizedTest
    @EnumSource
    void isFoundByItsNumber(Errno errno) {
        assertThat(Errno.of(errno.number())).isSameAs(errno);
        assertThat(errno.text()).isNotBlank().doesNotEndWith(".");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 41, 58, 134, 4095, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void aNumberThatLinuxDoesNotHaveIsRefused(int number) {
        assertThatThrownBy(() -> Errno.of(number))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no errno has the number " + number);
    }

    @Test
    void isPrintedWithItsNameAndItsText() {
        assertThat(Errno.ENOENT).hasToString("ENOENT (No such file or directory)");
    }
}
