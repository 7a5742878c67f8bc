package io.pelagos.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SummaryTest {
    @Test
    void percentilesAreTheNearestRank() {
        var nanos = LongStream.rangeClosed(1, 200).map(i -> (201 - i) * 1000).toArray();

        var summary = Summary.of("x", nanos);

        assertThat(summary).isEqualTo(new Summary("x", 200, 1, 100, 198));
    }

    @Test
    void oneValueIsEveryFigure() {
        assertThat(Summary.of("x", new long[] {1500}))
                .isEqualTo(new Summary("x", 1, 1.5, 1.5, 1.5));
    }

    @Test
    void whatIsSummarisedStaysAsItIs() {
        var nanos = new long[] {3, 1, 2};

        var summary = Summary.of("x", nanos);

        assertThat(nanos).containsExactly(3, 1, 2);
        assertThat(summary.n()).isEqualTo(3);
    }

    @Test
    void nothingHasNoFigures() {
        assertThatThrownBy(() -> Summary.of("x", new long[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("x was not measured");
    }

    @Test
    void samplesOfAllRoundsCount() {
        var samples = new Samples();
        samples.add(new long[] {5000, 1000});
        samples.add(new long[] {3000});

        assertThat(samples.summary("x")).isEqualTo(new Summary("x", 3, 1, 3, 5));
    }
}
