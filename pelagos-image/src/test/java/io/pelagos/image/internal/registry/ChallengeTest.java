package io.pelagos.image.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChallengeTest {
    private static List<Challenge> parse(String... headers) {
        return Challenge.parse(List.of(headers));
    }

    @Test
    void parametersAreTokensOrQuoted() {
        assertThat(parse("Bearer realm=\"https://a/t\", service=s ,Scope=\"x:\\\"y\\\",z\""))
                .containsExactly(
                        new Challenge(
                                "bearer",
                                Map.of(
                                        "realm",
                                        "https://a/t",
                                        "service",
                                        "s",
                                        "scope",
                                        "x:\"y\",z")));
    }

    @Test
    void oneHeaderMayHaveSeveral() {
        assertThat(parse("Negotiate, Basic realm=\"a, b\", Bearer realm=c,service=d", "Digest x=y"))
                .extracting(Challenge::scheme)
                .containsExactly("negotiate", "basic", "bearer", "digest");
    }

    @Test
    void aTokenInsteadOfParametersIsPassedOver() {
        assertThat(parse("Negotiate YWJj==, Basic realm=r"))
                .containsExactly(
                        new Challenge("negotiate", Map.of()),
                        new Challenge("basic", Map.of("realm", "r")));
    }

    @Test
    void nonsenseIsNoChallenge() {
        assertThat(parse("", ",,", "=", "\"x")).isEmpty();
        assertThat(parse("Bearer realm=\"open")).hasSize(1);
    }
}
