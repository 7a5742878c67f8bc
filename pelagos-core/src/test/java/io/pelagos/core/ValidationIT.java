package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Rlimit;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.InSandbox;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is refused before anything is touched. */
class ValidationIT extends InSandbox {
    private void refused(ContainerBuilder container, String option, String value) {
        assertThatThrownBy(container::start)
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining(option)
                .hasMessageContaining(value);
        assertThat(directory.resolve("pelagos")).doesNotExist();
        assertThat(ProcessHandle.current().children()).isEmpty();
        assertThat(sandbox.pelagos().running()).isEmpty();
    }

    private ContainerBuilder container() {
        return sandbox.command("true");
    }

    @Test
    void optionAndValueAreNamed() {
        refused(container().command(), "command", "[]");
        refused(container().args("a\0b"), "command", "NUL");
        refused(container().env("A=B", "c"), "environment", "A=B");
        refused(container().env("", "c"), "environment", "\"\"");
        refused(container().cwd("relative"), "cwd", "relative");
        refused(container().name("../up"), "name", "../up");
        refused(container().hostname("no host"), "hostname", "no host");
        refused(container().domainname("a/b"), "domainname", "a/b");
        refused(container().user("a b"), "user", "a b");
        refused(container().groups("-1"), "group", "-1");
        refused(container().umask(new FileMode(01000)), "umask", "1000");
        refused(container().oomScoreAdj(2000), "oom", "2000");
        refused(container().timeout(Duration.ZERO), "timeout", "PT0S");
        refused(container().pids(0), "pids", "0");
        refused(container().cpus(-1), "cpus", "-1");
        refused(container().rlimit(Rlimit.NOFILE, 10, 5), "rlimit", "10");
        refused(container().sysctl("kernel.panic", "1"), "sysctl", "kernel.panic");
        refused(container().share(Namespace.MOUNT), "share", "MOUNT");
        refused(container().share(Namespace.UTS).hostname("blue"), "hostname", "blue");
    }

    @Test
    void mountsThatContradictEachOtherAreRefused() {
        refused(
                container().mount(Mount.tmpfs("/mem")).mount(Mount.tmpfs("/mem/../mem/")),
                "mount",
                "/mem");
        assertThatThrownBy(() -> Mount.tmpfs("relative"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("relative");
        assertThatThrownBy(() -> Mount.tmpfs("/"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"/\"");
    }

    @Test
    void detachedContainerHasNoChannelForItsInput() {
        refused(
                container()
                        .supervision(Supervision.DETACHED)
                        .stdin(
                                new Stdio.ToChannel(
                                        Channels.newChannel(InputStream.nullInputStream()))),
                "supervision",
                "DETACHED");
    }

    @Test
    void specificationIsEqualByValue() {
        var first = container().env("A", "b").mount(Mount.tmpfs("/mem")).spec();
        var second = container().env("A", "b").mount(Mount.tmpfs("/mem/")).spec();
        assertThat(first).isEqualTo(second).hasSameHashCodeAs(second);
        assertThat(container().env("A", "c").spec()).isNotEqualTo(first);
    }

    @Test
    void builderMakesOneContainerAfterAnother() throws Exception {
        var builder = sandbox.command("hostname");
        assertThat(builder.hostname("one").run().stdout()).isEqualTo("one\n");
        assertThat(builder.hostname("two").run().stdout()).isEqualTo("two\n");
    }
}
