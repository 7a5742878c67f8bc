package io.pelagos.image.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SecretTest {
    @Test
    void noTextOfAnObjectShowsASecret() {
        var credentials = new Credentials("me", Secret.of("geheim"), Secret.of("marke"));

        assertThat(
                        credentials
                                + " "
                                + new CredentialSources.Found(
                                        credentials, "x", java.util.List.of()))
                .contains("me")
                .contains("***")
                .doesNotContain("geheim")
                .doesNotContain("marke");
    }

    @Test
    void equalSecretsAreEqual() {
        assertThat(Secret.of("a")).isEqualTo(Secret.of("a")).isNotEqualTo(Secret.of("b"));
        assertThat(Secret.of("")).isSameAs(Secret.NONE);
    }
}
