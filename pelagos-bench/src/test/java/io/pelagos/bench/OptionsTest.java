package io.pelagos.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptionsTest {
    private static final Rounds USUAL = new Rounds(1, 2, 3);

    private static Options parse(String... arguments) {
        return Options.parse(List.of(arguments).iterator(), USUAL);
    }

    @Test
    void withoutOptionsEverythingIsMeasuredAsUsual() {
        var options = parse();

        assertThat(options.json()).isFalse();
        assertThat(options.rounds()).isEqualTo(USUAL);
        assertThat(options.wants("anything")).isTrue();
        assertThat(options.scratch()).isEqualTo(Path.of(System.getProperty("java.io.tmpdir")));
    }

    @Test
    void everyOptionIsRead(@TempDir Path directory) {
        var options =
                parse(
                        "--json",
                        "--rounds",
                        "7",
                        "--warmup",
                        "0",
                        "--batch",
                        "5",
                        "--only",
                        "a,b",
                        "--scratch",
                        directory.toString());

        assertThat(options)
                .isEqualTo(new Options(true, new Rounds(0, 7, 5), Set.of("a", "b"), directory));
        assertThat(options.wants("a")).isTrue();
        assertThat(options.wants("c")).isFalse();
    }

    @Test
    void refusalsNameTheOptionAndTheValue() {
        assertThatThrownBy(() -> parse("--fast"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--fast: no such option");
        assertThatThrownBy(() -> parse("--rounds"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--rounds: a value is missing");
        assertThatThrownBy(() -> parse("--rounds", "many"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--rounds: not a number: many");
        assertThatThrownBy(() -> parse("--scratch", "/nonexistent"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--scratch: no directory: /nonexistent");
    }
}
