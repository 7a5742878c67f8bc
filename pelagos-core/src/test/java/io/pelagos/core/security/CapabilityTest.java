package io.pelagos.core.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CapabilityTest {
    @Test
    void thereAre41NumberedWithoutGaps() {
        assertThat(Arrays.stream(Capability.values()).map(Capability::number))
                .containsExactlyElementsOf(IntStream.rangeClosed(0, 40).boxed().toList());
        assertThat(Capability.NET_ADMIN.number()).isEqualTo(12);
        assertThat(Capability.SYS_ADMIN.number()).isEqualTo(21);
        assertThat(Capability.CHECKPOINT_RESTORE.number()).isEqualTo(40);
    }

    @Test
    void theDefaultsAreTheElevenOfPodman() {
        assertThat(Capability.DEFAULTS).hasSize(11);
        assertThat(Capability.mask(Capability.DEFAULTS)).isEqualTo(0x800405fbL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"CAP_NET_ADMIN", "NET_ADMIN", "net_admin", "cap_net_admin"})
    void isParsedInEveryUsualSpelling(String name) {
        assertThat(Capability.parse(name)).isEqualTo(Capability.NET_ADMIN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "CAP_", "CAP_CAP_KILL", "NET-ADMIN", "ALL"})
    void anUnknownNameIsRefusedAndNamed(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Capability.parse(name))
                .withMessageContaining("'" + name + "'");
    }

    @Test
    void aMaskComesBackAsTheSameSet() {
        var all = EnumSet.allOf(Capability.class);
        assertThat(Capability.mask(all)).isEqualTo((1L << 41) - 1);
        assertThat(Capability.ofMask(-1)).isEqualTo(all);
        assertThat(Capability.ofMask(0)).isEmpty();
        var some = List.of(Capability.BPF, Capability.CHOWN);
        assertThat(Capability.ofMask(Capability.mask(some)))
                .containsExactly(Capability.CHOWN, Capability.BPF);
    }
}
