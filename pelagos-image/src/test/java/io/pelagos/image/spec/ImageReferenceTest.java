package io.pelagos.image.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.pelagos.image.fixtures.TestData;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/** References as Docker reads them, checked against the tables of the reference project. */
class ImageReferenceTest {
    private interface Check {
        void check(JsonNode row, String input);
    }

    private static Stream<DynamicTest> each(String file, Check check) throws IOException {
        return TestData.rows("reference/" + file)
                .map(
                        row -> {
                            var input =
                                    row.has("input") ? row.get("input").stringValue() : row + "";
                            return dynamicTest(
                                    "\"" + input.substring(0, Math.min(80, input.length())) + "\"",
                                    () -> check.check(row, input));
                        });
    }

    @TestFactory
    Stream<DynamicTest> theGrammarIsThatOfTheReferenceProject() throws IOException {
        return each(
                "parse.json",
                (row, input) -> {
                    if (row.has("error") && !input.contains("@sha512:")) {
                        assertThatIllegalArgumentException()
                                .isThrownBy(() -> ReferenceGrammar.parse(input))
                                .withMessageContaining(row.get("error").stringValue());
                        return;
                    }
                    var written = ReferenceGrammar.parse(input);
                    if (!row.has("error")) {
                        assertThat(written.name()).isEqualTo(row.get("name").stringValue());
                        assertThat(written.domain()).isEqualTo(row.get("domain").stringValue());
                        assertThat(written.tag() == null ? "" : written.tag())
                                .isEqualTo(row.get("tag").stringValue());
                        assertThat(written.digest() == null ? "" : written.digest().toString())
                                .isEqualTo(row.get("digest").stringValue());
                    }
                });
    }

    @TestFactory
    Stream<DynamicTest> whatDockerRefusesIsRefused() throws IOException {
        return each(
                "normalized-valid-invalid.json",
                (row, input) -> {
                    if (row.get("valid").booleanValue()) {
                        assertThat(ImageReference.parse(input).name()).isNotEmpty();
                    } else {
                        assertThatIllegalArgumentException()
                                .isThrownBy(() -> ImageReference.parse(input))
                                .withMessageContaining(
                                        input.length() > 200 ? "image reference" : input);
                    }
                });
    }

    @TestFactory
    Stream<DynamicTest> familiarAndCompleteFormsAreThoseOfDocker() throws IOException {
        return each(
                "repository-info.json",
                (row, input) -> {
                    var reference = ImageReference.parse(input);
                    assertThat(reference.familiarName())
                            .isEqualTo(row.get("familiar").stringValue());
                    assertThat(reference.name()).isEqualTo(row.get("full").stringValue());
                    assertThat(reference.domain()).isEqualTo(row.get("domain").stringValue());
                    assertThat(reference.path()).isEqualTo(row.get("path").stringValue());
                });
    }

    @TestFactory
    Stream<DynamicTest> domainAndPathAreCompleted() throws IOException {
        return each(
                "normalize-domain-path.json",
                (row, input) -> {
                    var reference = ImageReference.parse(input);
                    assertThat(reference.domain()).isEqualTo(row.get("domain").stringValue());
                    assertThat(reference.path()).isEqualTo(row.get("path").stringValue());
                });
    }

    @TestFactory
    Stream<DynamicTest> theExactReferenceHasATagOrADigest() throws IOException {
        return each(
                "docker-ref-default-tag.json",
                (row, input) ->
                        assertThat(ImageReference.parse(input).exact())
                                .hasToString(row.get("expected").stringValue()));
    }

    @TestFactory
    Stream<DynamicTest> anIdIsTakenForADigest() throws IOException {
        return each(
                "parse-any.json",
                (row, input) -> assertThat(any(input)).isEqualTo(row.get("string").stringValue()));
    }

    private static String any(String input) {
        if (ImageReference.isIdentifier(input)) {
            return new Digest("sha256", input).toString();
        }
        return input.startsWith("sha256:")
                ? Digest.parse(input).toString()
                : ImageReference.parse(input).toString();
    }

    @TestFactory
    Stream<DynamicTest> aCanonicalNameIsTheSameAfterCompletion() throws IOException {
        return each(
                "parse-named-canonical.json",
                (row, input) -> {
                    boolean canonical = ImageReference.parse(input).name().equals(input);
                    assertThat(canonical).isEqualTo(!row.has("error"));
                    if (canonical) {
                        var written = ReferenceGrammar.parse(input);
                        assertThat(written.domain()).isEqualTo(row.get("domain").stringValue());
                        assertThat(written.path()).isEqualTo(row.get("path").stringValue());
                    }
                });
    }

    @TestFactory
    Stream<DynamicTest> whatIsNoNameHasNoName() throws IOException {
        return each(
                "with-name-failure.json",
                (row, input) -> {
                    try {
                        assertThat(ReferenceGrammar.parse(input).name()).isNotEqualTo(input);
                    } catch (IllegalArgumentException e) {
                        assertThat(e).hasMessageContaining("image reference");
                    }
                });
    }

    @TestFactory
    Stream<DynamicTest> patternsFitFamiliarForms() throws IOException {
        return TestData.rows("reference/familiar-match.json")
                .map(
                        row ->
                                dynamicTest(
                                        row.toString(),
                                        () ->
                                                assertThat(
                                                                ImageReference.parse(
                                                                                row.get("reference")
                                                                                        .stringValue())
                                                                        .matches(
                                                                                row.get("pattern")
                                                                                        .stringValue()))
                                                        .isEqualTo(
                                                                row.get("expected")
                                                                        .booleanValue())));
    }

    @Test
    void aPortIsNoTag() {
        var reference = ImageReference.parse("localhost:5000/app").exact();
        assertThat(reference.domain()).isEqualTo("localhost:5000");
        assertThat(reference).hasToString("localhost:5000/app:latest");
    }

    @Test
    void namesWithoutASlashComeFromWhereTheCallerSays() {
        assertThat(ImageReference.parse("redis:7", "localhost:5000/mirror"))
                .hasToString("localhost:5000/mirror/redis:7");
        assertThat(ImageReference.parse("a/redis", "localhost:5000/mirror"))
                .hasToString("docker.io/a/redis");
    }

    @Test
    void aDigestThatIsAPathIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Digest.parse("sha256:../../x"))
                .withMessageContaining("sha256:../../x");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ImageReference.parse("redis@sha256:../../x"));
    }
}
