package io.pelagos.core.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelVersionTest {
    @ParameterizedTest
    @CsvSource({"4.8, 4, 8", "6.12.41-generic, 6, 12", "5.15-rc1, 5, 15", "6.18.44-fc-v657, 6, 18"})
    void isReadFromTheReleaseOfUname(String release, int major, int minor) {
        assertThat(KernelVersion.parse(release)).isEqualTo(new KernelVersion(major, minor));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "6", "six.one", "-1.2", "6.", "123456.1"})
    void anythingElseIsRefused(String release) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KernelVersion.parse(release))
                .withMessageContaining("'" + release + "'");
    }

    @Test
    void isComparedByNumberNotByText() {
        assertThat(new KernelVersion(5, 14).atLeast(new KernelVersion(5, 8))).isTrue();
        assertThat(new KernelVersion(5, 14).atLeast(new KernelVersion(5, 14))).isTrue();
        assertThat(new KernelVersion(4, 19).atLeast(new KernelVersion(5, 0))).isFalse();
    }
}
