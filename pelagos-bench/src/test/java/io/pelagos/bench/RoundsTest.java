package io.pelagos.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoundsTest {
    private final List<String> order = new ArrayList<>();

    private record Noted(String name, boolean slow, List<String> order) implements Subject {
        @Override
        public long[] run(int times) {
            order.add(name + times);
            var nanos = new long[times];
            Arrays.fill(nanos, 1000L * order.size());
            return nanos;
        }
    }

    private Subject subject(String name, boolean slow) {
        return new Noted(name, slow, order);
    }

    @Test
    void eachRoundBeginsWithAnotherSubject() throws Exception {
        var subjects = List.of(subject("a", false), subject("b", false), subject("c", false));

        var rows = new Rounds(0, 3, 1).measure(subjects);

        assertThat(order).containsExactly("a1", "b1", "c1", "b1", "c1", "a1", "c1", "a1", "b1");
        assertThat(rows).extracting(Summary::name).containsExactly("a", "b", "c");
    }

    @Test
    void warmupIsNotCounted() throws Exception {
        var rows = new Rounds(2, 1, 4).measure(List.of(subject("a", false)));

        assertThat(order).containsExactly("a4", "a4", "a4");
        assertThat(rows).containsExactly(new Summary("a", 4, 3, 3, 3));
    }

    @Test
    void whatIsSlowRunsOnceInARoundAndIsNotWarmedUp() throws Exception {
        var rows = new Rounds(5, 2, 10).measure(List.of(subject("a", true)));

        assertThat(order).containsExactly("a1", "a1");
        assertThat(rows.getFirst().n()).isEqualTo(2);
    }

    @Test
    void roundsThatMeasureNothingAreRefused() {
        assertThatThrownBy(() -> new Rounds(0, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rounds: 0");
        assertThatThrownBy(() -> new Rounds(-1, 1, 1)).hasMessageContaining("warmup: -1");
        assertThatThrownBy(() -> new Rounds(0, 1, 0)).hasMessageContaining("batch: 0");
    }
}
