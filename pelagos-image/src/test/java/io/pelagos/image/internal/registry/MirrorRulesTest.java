package io.pelagos.image.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.image.spec.RegistryException;
import java.util.List;
import org.junit.jupiter.api.Test;

class MirrorRulesTest {
    private static final Repository REDIS = new Repository("docker.io", "library/redis");

    private static List<String> places(MirrorRules rules, Repository repository) {
        return rules.endpoints(repository, false).stream()
                .map(it -> it.scheme() + " " + it)
                .toList();
    }

    @Test
    void withoutRulesTheRegistryItselfIsAsked() {
        assertThat(places(MirrorRules.none(), REDIS))
                .containsExactly("AS_ALLOWED registry-1.docker.io/library/redis");
    }

    @Test
    void mirrorsKeepThePathAndComeBeforeTheRegistry() {
        var rules =
                MirrorRules.pelagos(
                        "[mirrors]\n\"docker.io\" = [\"http://m:5000\", \"https://n/hub/\"]", "f");

        assertThat(places(rules, REDIS))
                .containsExactly(
                        "HTTP m:5000/library/redis",
                        "HTTPS n/hub/library/redis",
                        "AS_ALLOWED registry-1.docker.io/library/redis");
        assertThat(rules.origin(REDIS).origin()).isTrue();
        assertThat(places(rules, new Repository("other", "x"))).hasSize(1);
    }

    @Test
    void theLongestPrefixCounts() {
        var rules =
                MirrorRules.containers(
                        """
                        unqualified-search-registries = ["docker.io"]
                        [[registry]]
                        prefix = "docker.io"
                        location = "all.example"
                        [[registry]]
                        prefix = "docker.io/library"
                        location = "some.example/hub"
                        insecure = true
                        [[registry.mirror]]
                        location = "m.example"
                        """,
                        "f");

        assertThat(places(rules, REDIS))
                .containsExactly("AS_ALLOWED m.example/redis", "HTTP some.example/hub/redis");
        assertThat(places(rules, new Repository("docker.io", "libraryx/y")))
                .containsExactly("AS_ALLOWED all.example/libraryx/y");
    }

    @Test
    void someMirrorsServeOnlyDigests() {
        var rules =
                MirrorRules.containers(
                        """
                        [[registry]]
                        location = "r.example"
                        [[registry.mirror]]
                        location = "m.example"
                        pull-from-mirror = "digest-only"
                        """,
                        "f");
        var repository = new Repository("r.example", "a");

        assertThat(rules.endpoints(repository, false)).hasSize(1);
        assertThat(rules.endpoints(repository, true)).hasSize(2);
    }

    @Test
    void aBlockedRegistryIsRefusedByTheFileThatSaysSo() {
        var rules =
                MirrorRules.containers(
                        "[[registry]]\nprefix=\"*.bad.example\"\nblocked=true\n", "/etc/r.conf");

        assertThatThrownBy(() -> rules.origin(new Repository("a.bad.example", "x")))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("/etc/r.conf");
        assertThat(rules.origin(new Repository("bad.example", "x")).host())
                .isEqualTo("bad.example");
    }

    @Test
    void whatIsNoUrlIsRefused() {
        assertThatThrownBy(() -> MirrorRules.pelagos("[mirrors]\n\"a\" = [\"ftp://m\"]", "/etc/f"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("/etc/f")
                .hasMessageContaining("ftp://m");
        assertThatThrownBy(() -> MirrorRules.pelagos("[mirrors", "/etc/f"))
                .hasMessageContaining("/etc/f: is no TOML");
    }
}
