package io.pelagos.image.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class CredentialSourcesTest {
    @TempDir Path directory;

    private static Path data() {
        var data = Path.of(System.getProperty("pelagos.testdata", ""), "auth");
        assumeTrue(Files.isDirectory(data), () -> "no pelagos.testdata: nothing at " + data);
        return data;
    }

    @TestFactory
    List<DynamicTest> filesAreReadAsOtherProgramsReadThem() throws IOException {
        var data = data();
        var tests = new ArrayList<DynamicTest>();
        for (var row : new JsonMapper().readTree(Files.readAllBytes(data.resolve("lookup.json")))) {
            tests.add(
                    DynamicTest.dynamicTest(
                            row.get("name").asString(),
                            () -> {
                                var file =
                                        row.get("file").isNull()
                                                ? "absent.json"
                                                : row.get("file").asString();
                                var found =
                                        sources(data.resolve(file))
                                                .find(row.get("key").asString(), false)
                                                .credentials();
                                assertThat(found.username())
                                        .isEqualTo(row.get("username").asString());
                                assertThat(found.password().reveal())
                                        .isEqualTo(row.get("password").asString());
                                assertThat(found.identityToken().reveal())
                                        .isEqualTo(row.get("identityToken").asString());
                            }));
        }
        assertThat(tests).hasSize(20);
        return tests;
    }

    @TestFactory
    List<DynamicTest> whatDockerWritesIsFound() throws IOException {
        var file = Files.readAllBytes(data().resolve("docker-cli-interop.json"));
        var tests = new ArrayList<DynamicTest>();
        for (var row : new JsonMapper().readTree(file)) {
            var query = row.get("query").asString();
            tests.add(
                    DynamicTest.dynamicTest(
                            query,
                            () -> {
                                var path = directory.resolve(query.replace('/', '_'));
                                Files.writeString(
                                        path,
                                        "{\"auths\":{\"%s\":{\"auth\":\"dTpw\"}}}"
                                                .formatted(row.get("login").asString()));
                                assertThat(sources(path).find(query, false).credentials())
                                        .isEqualTo(Credentials.of("u", "p"));
                            }));
        }
        return tests;
    }

    private static CredentialSources sources(Path file) {
        return CredentialSources.of(Map.of("REGISTRY_AUTH_FILE", file.toString()));
    }

    private Map<String, String> withHelper(String name, String script) throws IOException {
        var program = directory.resolve("docker-credential-" + name);
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return Map.of("PATH", directory + ":/usr/bin:/bin", "DOCKER_CONFIG", directory.toString());
    }

    private void config(String text) throws IOException {
        Files.writeString(directory.resolve("config.json"), text);
    }

    @Test
    void theCallerComesFirstThenTheVariablesThenTheFiles() throws IOException {
        config("{\"auths\":{\"r.example\":{\"auth\":\"dTpw\"}}}");
        var environment =
                Map.of(
                        "DOCKER_CONFIG", directory.toString(),
                        "PELAGOS_REGISTRY_USER", "e",
                        "PELAGOS_REGISTRY_PASS", "v");
        var sources = CredentialSources.of(environment);

        assertThat(
                        sources.with("r.example", Credentials.of("c", "d"))
                                .find("r.example/app", true)
                                .credentials())
                .isEqualTo(Credentials.of("c", "d"));
        assertThat(sources.find("r.example/app", true).credentials())
                .isEqualTo(Credentials.of("e", "v"));
        assertThat(sources.find("r.example/app", false).credentials())
                .isEqualTo(Credentials.of("u", "p"));
    }

    @Test
    void theHelperOfARegistryComesBeforeThatOfAll() throws IOException {
        var environment =
                withHelper(
                        "own",
                        "[ \"$1\" = get ] && read host && echo"
                                + " \"{\\\"Username\\\":\\\"$host\\\",\\\"Secret\\\":\\\"s\\\"}\"");
        config("{\"credHelpers\":{\"r.example\":\"own\"},\"credsStore\":\"absent\"}");

        var found = CredentialSources.of(environment).find("r.example/app", true);

        assertThat(found.credentials()).isEqualTo(Credentials.of("r.example", "s"));
        assertThat(found.source()).contains("docker-credential-own").contains("config.json");
    }

    @Test
    void aHelperThatDoesNotAnswerIsKilledAndNamed() throws IOException {
        var environment = withHelper("slow", "exec sleep 1000");
        config("{\"credsStore\":\"slow\"}");

        var found =
                CredentialSources.of(environment)
                        .withHelperLimit(Duration.ofMillis(200))
                        .find("r.example", true);

        assertThat(found.credentials().isAnonymous()).isTrue();
        assertThat(found.describe())
                .contains("docker-credential-slow")
                .contains("200 ms")
                .contains("config.json");
    }

    @Test
    void aBrokenFileIsNamedWithoutItsContent() throws IOException {
        config("{\"auths\":{\"r.example\":{\"auth\":geheim}}}");

        var found =
                CredentialSources.of(Map.of("DOCKER_CONFIG", directory.toString()))
                        .find("r.example", true);

        assertThat(found.describe())
                .contains("config.json")
                .contains("line 1")
                .doesNotContain("geheim");
    }

    @Test
    void loginKeepsWhatElseIsInTheFileAndLetsNobodyReadIt() throws IOException {
        config("{\"psFormat\":\"x\",\"auths\":{\"a.example\":{\"auth\":\"dTpw\",\"more\":1}}}");
        var sources = CredentialSources.of(Map.of("DOCKER_CONFIG", directory.toString()));

        sources.login("docker.io", Credentials.of("me", "geheim"));

        var file = directory.resolve("config.json");
        assertThat(Files.readString(file, StandardCharsets.UTF_8))
                .contains("psFormat")
                .contains("\"more\"")
                .contains("https://index.docker.io/v1/")
                .doesNotContain("geheim");
        assertThat(Files.getPosixFilePermissions(file))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(sources.find("docker.io/library/x", true).credentials())
                .isEqualTo(Credentials.of("me", "geheim"));

        sources.logout("docker.io");

        assertThat(sources.find("docker.io/library/x", true).credentials().isAnonymous()).isTrue();
        assertThatThrownBy(() -> sources.logout("docker.io"))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("not logged in to docker.io");
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void loginGivesTheSecretToTheHelperAndNotToTheFile() throws IOException {
        var environment = withHelper("keep", "[ \"$1\" = store ] && cat > " + directory + "/kept");
        config("{\"credsStore\":\"keep\"}");

        CredentialSources.of(environment).login("r.example", Credentials.of("me", "geheim"));

        assertThat(Files.readString(directory.resolve("kept")))
                .contains("r.example")
                .contains("geheim");
        assertThat(Files.readString(directory.resolve("config.json")))
                .contains("r.example")
                .doesNotContain("geheim");
    }

    @Test
    void aHelperIsAProgramAndNoPath() {
        assertThatThrownBy(() -> new CredentialHelper("../x", Map.of(), Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("../x");
    }
}
