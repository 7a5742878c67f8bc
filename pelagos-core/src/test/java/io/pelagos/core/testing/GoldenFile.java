package io.pelagos.core.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An expected text in the test resources beside a test class. Run with {@code
 * -Dpelagos.golden=write} to write what is there now instead of comparing, and read the difference
 * in the version control before committing it.
 *
 * @param test the class that it is for
 * @param name its name without the suffix {@code .txt}
 */
public record GoldenFile(Class<?> test, String name) {
    /** Compares a text with the file. */
    public void assertEquals(String actual) throws IOException {
        if ("write".equals(System.getProperty("pelagos.golden"))) {
            var file =
                    Path.of("src/test/resources", test.getPackageName().replace('.', '/'))
                            .resolve(name + ".txt");
            Files.createDirectories(file.getParent());
            Files.writeString(file, actual);
            return;
        }
        try (var expected = test.getResourceAsStream(name + ".txt")) {
            assertThat(expected)
                    .as("the golden file " + name + ".txt: write it with -Dpelagos.golden=write")
                    .isNotNull();
            assertThat(actual)
                    .as(name)
                    .isEqualTo(new String(expected.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
