package io.pelagos.image.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryOptionsTest {
    private static final Backoff BACKOFF =
            new Backoff(5, Duration.ofMillis(100), Duration.ofSeconds(1));

    @Test
    void pausesDoubleUpToALimitAndVaryDownwards() {
        assertThat(BACKOFF.pause(1, 0)).isEqualTo(Duration.ofMillis(100));
        assertThat(BACKOFF.pause(3, 0)).isEqualTo(Duration.ofMillis(400));
        assertThat(BACKOFF.pause(3, 1)).isEqualTo(Duration.ofMillis(200));
        assertThat(BACKOFF.pause(100, 0)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aServerMayAskForAPauseInSecondsOrByDate() {
        var now = Instant.parse("2026-01-01T00:00:00Z");

        assertThat(BACKOFF.retryAfter("0", now)).contains(Duration.ZERO);
        assertThat(BACKOFF.retryAfter("3600", now)).contains(Duration.ofSeconds(1));
        assertThat(BACKOFF.retryAfter("Thu, 01 Jan 2026 00:00:01 GMT", now))
                .contains(Duration.ofSeconds(1));
        assertThat(BACKOFF.retryAfter("Wed, 01 Jan 2025 00:00:00 GMT", now))
                .contains(Duration.ZERO);
        assertThat(BACKOFF.retryAfter("soon", now)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "localhost:5000",
                "127.0.0.1:1",
                "[::1]:5000",
                "10.1.2.3",
                "192.168.0.1:80",
                "172.16.0.1",
                "172.31.255.255"
            })
    void nearbyHostsMayBeSpokenToPlainly(String host) {
        assertThat(PlainHttp.NEARBY.allows(host)).isTrue();
        assertThat(PlainHttp.NEVER.allows(host)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "docker.io",
                "10.example.org",
                "172.32.0.1",
                "172.15.0.1",
                "1.2.3.4",
                "localhost.example",
                "10.1.2.3.example",
                "[2001:db8::1]:5000"
            })
    void otherHostsMayNot(String host) {
        assertThat(PlainHttp.NEARBY.allows(host)).isFalse();
        assertThat(PlainHttp.NEARBY.with(host).allows(host)).isTrue();
    }

    @Test
    void proxiesComeFromTheEnvironmentWithExceptions() {
        var proxies =
                EnvironmentProxies.of(
                        Map.of(
                                "https_proxy", "http://me:geheim@p:3128",
                                "NO_PROXY", ".in.example, 10.0.0.0/8,x.example:5000"));

        assertThat(proxies.select(URI.create("https://docker.io/v2/")).getFirst().type())
                .isEqualTo(Proxy.Type.HTTP);
        for (var direct :
                new String[] {
                    "http://docker.io",
                    "https://a.in.example",
                    "https://10.2.3.4",
                    "https://x.example:5000",
                    "https://localhost:1",
                    "https://127.0.0.1"
                }) {
            assertThat(proxies.select(URI.create(direct))).containsExactly(Proxy.NO_PROXY);
        }
        assertThat(proxies.credentials("p", 3128)).contains(Credentials.of("me", "geheim"));
        assertThat(proxies.credentials("q", 3128)).isEmpty();
    }

    @Test
    void aProxyThatIsNoneIsRefusedWithoutItsPassword() {
        assertThatThrownBy(() -> EnvironmentProxies.of(Map.of("HTTP_PROXY", "ftp://me:geheim@p")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("HTTP_PROXY")
                .hasMessageNotContaining("geheim");
    }
}
