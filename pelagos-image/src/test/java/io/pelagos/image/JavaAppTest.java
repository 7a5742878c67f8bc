package io.pelagos.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaAppTest {
    @TempDir private Path temporary;

    private Path file(String name) throws IOException {
        var file = temporary.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, name);
    }

    private static List<String> paths(LayerFiles layer) {
        return layer.steps().stream().map(LayerFiles.Step::path).toList();
    }

    @Test
    void whatChangesLeastIsLowest() throws IOException {
        var app =
                JavaApp.of("shop.Main")
                        .dependencies(List.of(file("m2/a-1.jar"), file("m2/b-2-SNAPSHOT.jar")))
                        .classes(file("out/shop/Main.class").getParent().getParent())
                        .options("-Xmx64m");
        file("out/shop/messages.properties");
        assertThat(app.layers())
                .extracting(LayerFiles::createdBy)
                .containsExactly("dependencies", "snapshot dependencies", "resources", "classes");
        assertThat(app.layers())
                .extracting(JavaAppTest::paths)
                .containsExactly(
                        List.of("/app/libs/a-1.jar"),
                        List.of("/app/libs/b-2-SNAPSHOT.jar"),
                        List.of("/app/resources/shop/messages.properties"),
                        List.of("/app/classes/shop/Main.class"));
        assertThat(app.entrypoint())
                .containsExactly(
                        "java",
                        "-Xmx64m",
                        "-cp",
                        "/app/resources:/app/classes:/app/libs/a-1.jar:/app/libs/b-2-SNAPSHOT.jar",
                        "shop.Main");
    }

    @Test
    void dependenciesOfTheSameNameAreKeptApart() throws IOException {
        var app =
                JavaApp.of("Main")
                        .directory("/srv")
                        .java("/jre/bin/java")
                        .dependencies(List.of(file("one/x.jar"), file("two/x.jar")));
        assertThat(app.layers())
                .singleElement()
                .extracting(JavaAppTest::paths)
                .isEqualTo(List.of("/srv/libs/x.jar", "/srv/libs/x-2.jar"));
        assertThat(app.entrypoint())
                .startsWith("/jre/bin/java")
                .contains("/srv/resources:/srv/classes:/srv/libs/x.jar:/srv/libs/x-2.jar");
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JavaApp.of("no class"))
                .withMessageContaining("no class");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JavaApp.of("A").dependencies(List.of(Path.of("/missing.jar"))))
                .withMessageContaining("/missing.jar");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JavaApp.of("A").classes(Path.of("/missing")))
                .withMessageContaining("/missing");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LayerFiles.of("x").file("/etc/.wh.a", new byte[0]))
                .withMessageContaining(".wh.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LayerFiles.of("x").file("relative", new byte[0]))
                .withMessageContaining("relative");
    }
}
