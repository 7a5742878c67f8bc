package io.pelagos.image.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.time.Clock;
import org.junit.jupiter.api.Test;

class RefusalsTest {
    /** What is told of a status that stands for Docker Hub's. */
    private static ImageException refusal(String path, int status, String body) throws IOException {
        try (var server = new ScriptedServer(call -> call.send(status, body));
                var connection =
                        new Connection(
                                RegistryOptions.usual(),
                                CredentialSources.none(),
                                Clock.systemUTC())) {
            var hub = new Endpoint(Endpoint.Scheme.HTTP, server.host(), path, "docker.io", true);
            var ask = Ask.get(connection.url(hub, "manifests/latest"));
            try (var reply =
                    connection.send(hub, ask, Scopes.NONE, 1, connection.deadline(), "manifest")) {
                return connection.refusal(
                        hub, reply, "manifest", new Repository("docker.io", path));
            }
        }
    }

    @Test
    void whatDockerHubDoesNotHaveIsNotFoundAndTheColonIsHintedAt() throws IOException {
        assertThat(refusal("library/alpine3", 401, ""))
                .isInstanceOf(ImageNotFoundException.class)
                .hasMessageContaining("image not found")
                .hasMessageContaining("\"alpine3\" does not exist on Docker Hub")
                .hasMessageContaining("':'");
    }

    @Test
    void whatIsPrivateThereIsDeniedAndLoginIsHintedAt() throws IOException {
        var denied = "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}";

        assertThat(refusal("me/app", 403, denied))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("DENIED (no)")
                .hasMessageContaining("no credentials were sent")
                .hasMessageContaining("pelagos image login docker.io");
    }

    @Test
    void anAnswerThatIsNoJsonIsToldByItsStatus() throws IOException {
        assertThat(refusal("me/app", 418, "<html>")).hasMessageContaining("status 418");
    }
}
