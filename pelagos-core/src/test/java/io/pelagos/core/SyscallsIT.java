package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.InSandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The JVM decides about system calls of a container, see seccomp_unotify(2). */
class SyscallsIT extends InSandbox {
    /** The path that a call of mkdir(2) or mkdirat(2) names. */
    private static String path(SyscallRequest call) {
        return call.readString(call.argument(call.name().equals("mkdir") ? 0 : 1), 4096);
    }

    private ContainerBuilder onMkdir(ContainerBuilder builder, SyscallHandler handler) {
        return builder.onSyscall("mkdir", handler).onSyscall("mkdirat", handler);
    }

    @Test
    void aCallIsAllowedOrDeniedByWhatItIsAbout() throws Exception {
        var result =
                onMkdir(
                                sandbox.sh("mkdir /tmp/good; mkdir /tmp/bad; ls /tmp"),
                                call ->
                                        path(call).endsWith("bad")
                                                ? SyscallAnswer.deny(Errno.EDQUOT)
                                                : SyscallAnswer.allow())
                        .run();
        assertThat(result.stdout()).isEqualTo("good\n");
        assertThat(result.stderr()).contains("/tmp/bad").containsIgnoringCase("quota");
    }

    @Test
    void aCallCanBeMadeUp() throws Exception {
        var result =
                onMkdir(
                                sandbox.sh("mkdir /tmp/nothing && ls -d /tmp/nothing"),
                                _ -> SyscallAnswer.returning(0))
                        .run();
        assertThat(result.exit()).isEqualTo(new Exit.Code(1));
        assertThat(result.stderr()).contains("/tmp/nothing").contains("No such file");
    }

    @Test
    void aHandlerThatThrowsDenies() throws Exception {
        var result =
                onMkdir(
                                sandbox.sh("mkdir /tmp/one"),
                                _ -> {
                                    throw new IllegalStateException("I cannot decide");
                                })
                        .run();
        assertThat(result.stderr()).contains("Operation not permitted");
    }

    @Test
    void aHandlerThatHangsDoesNotHangOthers() throws Exception {
        var released = new CountDownLatch(1);
        var asked = new LinkedBlockingQueue<String>();
        SyscallHandler handler =
                call -> {
                    var path = path(call);
                    asked.add(path);
                    if (path.endsWith("slow")) {
                        released.await();
                    }
                    return SyscallAnswer.allow();
                };
        var script = "mkdir /tmp/slow & mkdir /tmp/quick; echo made; wait; ls /tmp";
        try (var container = onMkdir(sandbox.sh(script), handler).start()) {
            var lines = container.stdout().lines().iterator();
            assertThat(lines.next()).isEqualTo("made");
            assertThat(asked.poll(10, TimeUnit.SECONDS)).isNotNull();
            assertThat(asked.poll(10, TimeUnit.SECONDS)).isNotNull();
            released.countDown();
            assertThat(List.of(lines.next(), lines.next())).containsExactly("quick", "slow");
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
        }
    }

    @Test
    void aProcessGetsADescriptorThatItCouldNotOpen() throws Exception {
        var secret = Files.writeString(directory.resolve("secret"), "of the host\n");
        var calls = new SystemCalls(new LinuxKernel());
        SyscallHandler handler =
                call ->
                        call.readString(call.argument(1), 4096).equals("/nowhere")
                                ? SyscallAnswer.addDescriptor(
                                        calls.open(null, secret.toString(), OpenFlag.O_RDONLY))
                                : SyscallAnswer.allow();
        var builder = sandbox.command("cat", "/nowhere").onSyscall("openat", handler);
        var open = handlerOfOpen(calls, secret);
        assertThat(builder.onSyscall("open", open).run().stdout()).isEqualTo("of the host\n");
    }

    private static SyscallHandler handlerOfOpen(SystemCalls calls, Path secret) {
        return call ->
                call.readString(call.argument(0), 4096).equals("/nowhere")
                        ? SyscallAnswer.addDescriptor(
                                calls.open(null, secret.toString(), OpenFlag.O_RDONLY))
                        : SyscallAnswer.allow();
    }

    @Test
    void furtherProcessesAreAskedToo() throws Exception {
        var seen = ConcurrentHashMap.<String>newKeySet();
        SyscallHandler handler =
                call -> {
                    seen.add(path(call));
                    return SyscallAnswer.deny(Errno.EROFS);
                };
        try (var container = onMkdir(sandbox.command("sleep", "1000"), handler).start()) {
            var result = container.exec("mkdir", "/tmp/late").run();
            assertThat(result.stderr()).contains("Read-only file system");
            assertThat(seen).containsExactly("/tmp/late");
            assertThat(container.exec("mkdir", "/tmp/free").privileged().run().success()).isTrue();
        }
    }

    @Test
    void whatTheFilterDeniesNobodyIsAskedAbout() throws Exception {
        var seen = new LinkedBlockingQueue<String>();
        var result =
                sandbox.command("mount", "-t", "tmpfs", "none", "/tmp")
                        .onSyscall(
                                "mount",
                                call -> {
                                    seen.add(call.name());
                                    return SyscallAnswer.returning(0);
                                })
                        .run();
        assertThat(result.success()).isFalse();
        assertThat(seen).isEmpty();
    }

    @Test
    void aKilledCallerIsNoLongerReadFrom() throws Exception {
        var asked = new LinkedBlockingQueue<SyscallRequest>();
        var released = new CountDownLatch(1);
        SyscallHandler handler =
                call -> {
                    asked.add(call);
                    released.await();
                    return SyscallAnswer.allow();
                };
        try (var container = onMkdir(sandbox.sh("exec mkdir /tmp/x"), handler).start()) {
            var call = asked.poll(10, TimeUnit.SECONDS);
            assertThat(call).isNotNull();
            assertThat(call.isWaiting()).isTrue();
            assertThat(path(call)).isEqualTo("/tmp/x");
            container.kill();
            assertThat(container.waitFor()).isInstanceOf(Exit.Killed.class);
            assertThatThrownBy(() -> path(call)).isInstanceOf(RuntimeException.class);
        } finally {
            released.countDown();
        }
    }

    @Test
    void callsThatTheStartMakesItselfAreRefusedByName() {
        for (var name : List.of("execve", "close", "write")) {
            assertThatThrownBy(
                            () ->
                                    sandbox.command("true")
                                            .onSyscall(name, _ -> SyscallAnswer.allow())
                                            .start())
                    .isInstanceOf(InvalidSpecException.class)
                    .hasMessageContaining("onSyscall")
                    .hasMessageContaining(name);
        }
    }

    @Test
    void unknownCallsAndDetachedContainersAreRefused() {
        assertThatThrownBy(
                        () ->
                                sandbox.command("true")
                                        .onSyscall("make_coffee", _ -> SyscallAnswer.allow())
                                        .start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("make_coffee");
        assertThatThrownBy(
                        () ->
                                sandbox.command("true")
                                        .stdin(Stdio.NULL)
                                        .onSyscall("mkdir", _ -> SyscallAnswer.allow())
                                        .startDetached())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("outlives");
    }
}
