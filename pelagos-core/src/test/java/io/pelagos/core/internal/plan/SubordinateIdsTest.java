package io.pelagos.core.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.spec.IdMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class SubordinateIdsTest {
    private static final String FILE =
            """
            # a comment
            alice:100000:65536
            bob:165536:65536
            1001:300000:10
            alice:400000:1000
            alice:nonsense:1
            alice:1:0
            alice:4294967290:65536
            alice:5:5:5
            """;

    @Test
    void rangesAreFoundByNameAndByNumberInTheirOrder() {
        assertThat(SubordinateIds.parse(FILE, "alice", 1001))
                .containsExactly(
                        new SubordinateIds(100000, 65536),
                        new SubordinateIds(300000, 10),
                        new SubordinateIds(400000, 1000));
        assertThat(SubordinateIds.parse(FILE, "carol", 1002)).isEmpty();
        assertThat(SubordinateIds.parse("", "alice", 1001)).isEmpty();
    }

    @Test
    void theUserItselfIsRootAndAllRangesFollowWithoutAGap() {
        var ranges = List.of(new SubordinateIds(100000, 65536), new SubordinateIds(300000, 10));
        assertThat(SubordinateIds.below(1001, ranges))
                .containsExactly(
                        new IdMap(0, 1001, 1),
                        new IdMap(1, 100000, 65536),
                        new IdMap(65537, 300000, 10));
        assertThat(SubordinateIds.below(1001, List.of())).containsExactly(new IdMap(0, 1001, 1));
    }

    @Test
    void rangesAloneBeginWithRoot() {
        assertThat(
                        SubordinateIds.alone(
                                List.of(new SubordinateIds(7, 3), new SubordinateIds(50, 2))))
                .containsExactly(new IdMap(0, 7, 3), new IdMap(3, 50, 2));
    }
}
