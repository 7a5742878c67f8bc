package io.pelagos.examples.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.spec.TerminalSize;
import io.pelagos.examples.Screen;
import io.pelagos.image.PullListener.Phase;
import io.pelagos.image.PullListener.Progress;
import io.pelagos.image.spec.Digest;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a terminal shows while images are pulled. */
class PullBarsTest {
    private static final long MEBI = 1 << 20;

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(written, true, UTF_8);

    private Optional<TerminalSize> size = Optional.of(new TerminalSize(24, 80));

    private final PullBars bars = new PullBars(out, () -> size);

    private static Digest layer(int number) {
        return Digest.of(new byte[number]);
    }

    private static String name(int number) {
        return layer(number).shortHex();
    }

    private void tell(int number, Phase phase, long bytes, long total) {
        bars.onProgress(new Progress(layer(number), phase, bytes * MEBI, total * MEBI));
    }

    private List<String> screen() {
        return Screen.of(written.toString(UTF_8), size.orElseThrow().columns());
    }

    @Test
    void eachLayerHasABar() {
        out.println("$ pelagos pull app");
        tell(1, Phase.WAITING, 0, 10);
        tell(2, Phase.WAITING, 0, 20);
        tell(3, Phase.PRESENT, 5, 5);
        assertThat(screen())
                .containsExactly(
                        "$ pelagos pull app",
                        name(1) + ": waits",
                        name(2) + ": waits",
                        name(3) + ": was here",
                        "5.0 of 35.0 MiB, 1 of 3 layers");
        tell(1, Phase.FETCHING, 5, 10);
        tell(2, Phase.DONE, 20, 20);
        assertThat(screen())
                .containsExactly(
                        "$ pelagos pull app",
                        name(1) + ": [" + "#".repeat(15) + " ".repeat(15) + "] 5.0 of 10.0 MiB",
                        name(2) + ": 20.0 MiB",
                        name(3) + ": was here",
                        "30.0 of 35.0 MiB, 2 of 3 layers");
    }

    @Test
    void whatIsPrintedAfterwardsComesBelow() {
        tell(1, Phase.WAITING, 0, 10);
        // So soon after the last one that it is not drawn, until the end.
        tell(1, Phase.FETCHING, 1, 10);
        tell(1, Phase.FETCHING, 3, 10);
        bars.close();
        bars.close();
        out.println("connection reset");
        assertThat(screen())
                .containsExactly(
                        name(1) + ": [" + "#".repeat(9) + " ".repeat(21) + "] 3.0 of 10.0 MiB",
                        "3.0 of 10.0 MiB, 0 of 1 layers",
                        "connection reset");
    }

    @Test
    void whatHasComeGivesWayWhereThereIsNoRoom() {
        size = Optional.of(new TerminalSize(6, 80));
        for (int i = 1; i <= 6; i++) {
            tell(i, Phase.WAITING, 0, 1);
        }
        assertThat(screen())
                .containsExactly(
                        name(1) + ": waits",
                        name(2) + ": waits",
                        name(3) + ": waits",
                        name(4) + ": waits",
                        "0.0 of 6.0 MiB, 0 of 6 layers");
        tell(1, Phase.DONE, 1, 1);
        tell(3, Phase.PRESENT, 1, 1);
        assertThat(screen())
                .containsExactly(
                        name(2) + ": waits",
                        name(4) + ": waits",
                        name(5) + ": waits",
                        name(6) + ": waits",
                        "2.0 of 6.0 MiB, 2 of 6 layers");
    }

    @Test
    void aTerminalThatIsNarrowIsNotFilledTwice() {
        size = Optional.of(new TerminalSize(24, 20));
        for (int i = 0; i < 4; i++) {
            tell(1, Phase.WAITING, 0, 10);
            tell(2, Phase.DONE, 10, 10);
        }
        assertThat(screen())
                .containsExactly(name(1) + ": waits", name(2) + ": 10.0", "10.0 of 20.0 MiB, 1");
    }

    @Test
    void aTerminalOfOneLineShowsTheSum() {
        size = Optional.of(new TerminalSize(1, 80));
        tell(1, Phase.WAITING, 0, 0);
        tell(1, Phase.FETCHING, 0, 0);
        bars.close();
        assertThat(screen()).containsExactly("0.0 of 0.0 MiB, 0 of 1 layers");
    }

    @Test
    void whereThereIsNoTerminalEachLayerHasALine() {
        size = Optional.empty();
        tell(1, Phase.WAITING, 0, 10);
        tell(1, Phase.FETCHING, 5, 10);
        tell(1, Phase.DONE, 10, 10);
        tell(2, Phase.PRESENT, 10, 10);
        bars.close();
        assertThat(written.toString(UTF_8)).isEqualTo(name(1) + ": 10.0 MiB\n");
    }
}
