package io.pelagos.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoIT {
    @BeforeEach
    void root() throws IOException {
        Root.required();
    }

    @Test
    void wordsAreCountedAndWhatMustBeRefusedIs(@TempDir Path folder) throws Exception {
        var text = Files.writeString(folder.resolve("text"), "the sea, the Sea!\nthe end\n");
        var program = Program.run("", Demo.class, text.toString());
        assertThat(program.code()).as(program.err() + program.out()).isZero();
        assertThat(program.out())
                .contains("2 lines, 6 words, 26 bytes", "3 the", "2 sea", "1 end")
                .contains("refused: ", "Read-only file system", "OutOfMemory")
                .doesNotContain("NOT REFUSED");
    }

    @Test
    void theTextMayComeFromStandardInput() throws Exception {
        var program = Program.run("one two\n", Demo.class, "-");
        assertThat(program.code()).as(program.err() + program.out()).isZero();
        assertThat(program.out()).contains("1 lines, 2 words, 8 bytes");
    }
}
