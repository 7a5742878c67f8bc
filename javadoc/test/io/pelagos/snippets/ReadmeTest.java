package io.pelagos.snippets;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The examples in README.md are the text of regions of files that the build compiles. */
class ReadmeTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** A comment {@code <!-- file#region -->}, if there is one, and the block of Java after it. */
    private static final Pattern EXAMPLE =
            Pattern.compile("(?:<!-- (\\S+)#(\\S+) -->\\s*)?```java\\n(.*?)```", Pattern.DOTALL);

    @Test
    void everyExampleIsCompiled() throws IOException {
        var examples = EXAMPLE.matcher(Files.readString(ROOT.resolve("README.md")));
        assertThat(examples.find()).as("an example").isTrue();
        do {
            assertThat(examples.group(1)).as("the source of\n%s", examples.group(3)).isNotNull();
            assertThat(examples.group(3)).isEqualTo(region(examples));
        } while (examples.find());
    }

    private static String region(Matcher example) throws IOException {
        var source = Files.readString(ROOT.resolve(example.group(1)));
        var region =
                Pattern.compile(
                                "// @start region=" + example.group(2) + "\\n(.*?)\\s*// @end",
                                Pattern.DOTALL)
                        .matcher(source);
        assertThat(region.find()).as("%s#%s", example.group(1), example.group(2)).isTrue();
        return region.group(1).stripIndent() + "\n";
    }
}
