package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Personality;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.InSandbox;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Descriptors that a program gets beside its streams, sockets to listen on among them. */
class PassedDescriptorsIT extends InSandbox {
    private static final Path PERL = Path.of("/usr/bin/perl");

    /** Answers each caller with the name of the socket. */
    private static final String SERVER =
            "open(my $s, '+<&=', 3) or die $!; accept(my $c, $s) or die $!;"
                    + " print $c \"$ENV{LISTEN_FDS} $ENV{LISTEN_PID} $ENV{LISTEN_FDNAMES} $$\";";

    private final SystemCalls calls = new SystemCalls(new LinuxKernel());

    private ContainerBuilder server() {
        assumeTrue(Files.isExecutable(PERL), "there is no perl on this machine");
        return sandbox.pelagos()
                .container(Rootfs.host())
                .command(PERL.toString(), "-e", SERVER)
                .stdin(Stdio.NULL)
                .stdout(Stdio.NULL);
    }

    private static String answer(SocketChannel connected) throws IOException {
        try (connected) {
            return new String(
                    Channels.newInputStream(connected).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static int freePort() throws IOException {
        try (var probe = ServerSocketChannel.open()) {
            probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return ((InetSocketAddress) probe.getLocalAddress()).getPort();
        }
    }

    @Test
    void aContainerWithoutNetworkServesOnAPortOfTheHost() throws Exception {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort());
        try (var container = server().listen("http", address).start()) {
            assertThat(answer(SocketChannel.open(address))).isEqualTo("1 1 http 1");
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
        }
    }

    @Test
    void aChannelOfTheJvmIsServedByTheContainer() throws Exception {
        try (var channel = ServerSocketChannel.open()) {
            channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (var container = server().init().listen("mine", channel).start()) {
                assertThat(answer(SocketChannel.open(channel.getLocalAddress())))
                        .isEqualTo("1 2 mine 2");
                assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
            }
            assertThat(channel.isOpen()).isTrue();
        }
    }

    @Test
    void aSocketOfTheFileSystemIsOpenedAndAStaleOneReplaced() throws Exception {
        var path = directory.resolve("app.sock");
        var address = UnixDomainSocketAddress.of(path);
        for (int round = 0; round < 2; round++) {
            try (var container = server().listen("app", address).start()) {
                assertThat(answer(SocketChannel.open(address))).isEqualTo("1 1 app 1");
                assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
            }
            assertThat(path).exists();
        }
    }

    @Test
    void whatSomebodyListensOnIsNotTakenAway() throws Exception {
        var path = directory.resolve("app.sock");
        var address = UnixDomainSocketAddress.of(path);
        try (var owner = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            owner.bind(address);
            assertThatThrownBy(() -> sandbox.command("true").listen("app", address).start())
                    .isInstanceOf(SyscallFailedException.class)
                    .hasMessageContaining("app.sock")
                    .hasMessageContaining("EADDRINUSE");
            assertThat(path).exists();
        }
        Files.delete(path);
        Files.writeString(path, "a file");
        assertThatThrownBy(() -> sandbox.command("true").listen("app", address).start())
                .hasMessageContaining("EADDRINUSE");
        assertThat(path).hasContent("a file");
    }

    @Test
    void aSocketThatWasMadeGoesWhenTheStartFails() {
        var path = directory.resolve("app.sock");
        assertThatThrownBy(
                        () ->
                                sandbox.command("/no/such/program")
                                        .listen("app", UnixDomainSocketAddress.of(path))
                                        .start())
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("/no/such/program");
        assertThat(path).doesNotExist();
    }

    @Test
    void descriptorsComeInOrderFromThreeOnAndNoOthers() throws Exception {
        var one = Files.writeString(directory.resolve("one"), "first\n");
        var two = Files.writeString(directory.resolve("two"), "second\n");
        var three = Files.writeString(directory.resolve("three"), "third\n");
        try (var a = calls.open(null, one.toString(), OpenFlag.O_RDONLY);
                var b = calls.open(null, two.toString(), OpenFlag.O_RDONLY);
                var c = calls.open(null, three.toString(), OpenFlag.O_RDONLY)) {
            var script = "cat <&5; cat <&3; cat <&4; ls /proc/$$/fd; test -z \"$LISTEN_FDS\"";
            var result =
                    sandbox.sh(script)
                            .preserveFds(c, a)
                            .preserveFds(b.number())
                            .stdin(Stdio.NULL)
                            .run();
            assertThat(result.stderr()).isEmpty();
            assertThat(result.stdout()).startsWith("second\nthird\nfirst\n0\n1\n2\n3\n4\n5\n");
            // busybox sh keeps a copy of what it redirects at 10 and above while it does so.
            assertThat(result.stdout().lines().skip(3).filter(n -> Integer.parseInt(n) < 10))
                    .containsExactly("0", "1", "2", "3", "4", "5");
            assertThat(result.exit()).isEqualTo(new Exit.Code(0));
        }
    }

    @Test
    void aTerminalAskedCallsAndJoinedNamespacesGoTogetherWithThem() throws Exception {
        var file = Files.writeString(directory.resolve("file"), "passed\n");
        try (var fd = calls.open(null, file.toString(), OpenFlag.O_RDONLY);
                var other = sandbox.command("sleep", "1000").start();
                var container =
                        sandbox.sh("cat <&3; mkdir /tmp/x; hostname")
                                .join(other, Namespace.NETWORK, Namespace.IPC)
                                .onSyscall("mkdir", _ -> SyscallAnswer.deny(Errno.EDQUOT))
                                .onSyscall("mkdirat", _ -> SyscallAnswer.deny(Errno.EDQUOT))
                                .hostname("together")
                                .terminal()
                                .preserveFds(fd)
                                .start()) {
            var text =
                    new String(
                            container.terminal().output().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(text).contains("passed").contains("uota").contains("together");
        }
    }

    @Test
    void nobodyElseKeepsWhatTheProgramHasClosed() throws Exception {
        try (var pipe = calls.pipe("a pipe")) {
            var writer = pipe.second();
            try (var container =
                    sandbox.sh("echo word >&3; exec 3>&-; read x").preserveFds(writer).start()) {
                writer.close();
                assertThat(
                                new String(
                                        calls.readFully(pipe.first().number(), 100),
                                        StandardCharsets.UTF_8))
                        .isEqualTo("word\n");
                container.kill();
            }
        }
    }

    @Test
    void furtherProcessesGetTheirOwn() throws Exception {
        var file = Files.writeString(directory.resolve("file"), "for the exec\n");
        try (var container = sandbox.command("sleep", "1000").start();
                var fd = calls.open(null, file.toString(), OpenFlag.O_RDONLY)) {
            var result = container.exec("sh", "-c", "cat <&3; cat <&4").preserveFds(fd, fd).run();
            assertThat(result.stdout()).isEqualTo("for the exec\n");
            assertThat(container.exec("sh", "-c", "ls /proc/$$/fd; true").run().stdout())
                    .isEqualTo("0\n1\n2\n");
            assertThatThrownBy(() -> container.exec("/missing").preserveFds(fd).start())
                    .isInstanceOf(CommandException.class);
        }
    }

    @Test
    void aDetachedContainerGetsANewSocketEachTime() throws Exception {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort());
        var container = server().name("served").listen("http", address).startDetached();
        try {
            assertThat(answer(SocketChannel.open(address))).isEqualTo("1 1 http 1");
            container.waitFor();
            container.start();
            assertThat(answer(SocketChannel.open(address))).isEqualTo("1 1 http 1");
            container.waitFor();
        } finally {
            container.remove(true);
        }
    }

    @Test
    void whatIsNotThereIsRefusedBeforeAnythingIsTouched() throws Exception {
        assertThatThrownBy(() -> sandbox.command("true").preserveFds(987).start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("preserveFds 987")
                .hasMessageContaining("EBADF");
        try (var file = calls.open(null, "/dev/null", OpenFlag.O_RDONLY)) {
            assertThatThrownBy(() -> sandbox.command("true").listen("x", file.number()).start())
                    .isInstanceOf(InvalidSpecException.class)
                    .hasMessageContaining("no socket of this JVM that listens");
        }
        try (var unbound = ServerSocketChannel.open()) {
            assertThatThrownBy(() -> sandbox.command("true").listen("x", unbound).start())
                    .isInstanceOf(InvalidSpecException.class)
                    .hasMessageContaining("is not bound");
        }
        assertThatThrownBy(
                        () ->
                                sandbox.command("true")
                                        .share(Namespace.PID)
                                        .listen(
                                                "x",
                                                new InetSocketAddress(
                                                        InetAddress.ofLiteral("127.0.0.1"), 1))
                                        .start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("LISTEN_PID");
        assertThatThrownBy(
                        () ->
                                sandbox.command("true")
                                        .listen(
                                                "x",
                                                new InetSocketAddress(
                                                        InetAddress.ofLiteral("127.0.0.1"), 0))
                                        .start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("names no port");
    }

    @Test
    void twoSocketsAtOneAddressCannotBeToldApart() throws Exception {
        try (var one = ServerSocketChannel.open();
                var two = ServerSocketChannel.open()) {
            one.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            two.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            one.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
            two.bind(one.getLocalAddress());
            assertThatThrownBy(() -> sandbox.command("true").listen("x", one).start())
                    .isInstanceOf(InvalidSpecException.class)
                    .hasMessageContaining("2 descriptors");
        }
    }

    @Test
    void aChannelIsFoundWhateverItsFamily() throws Exception {
        var sockets = new ListeningSockets(calls);
        for (var address :
                new java.net.SocketAddress[] {
                    new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                    new InetSocketAddress(InetAddress.ofLiteral("::1"), 0),
                    new InetSocketAddress(0)
                }) {
            try (var channel = ServerSocketChannel.open()) {
                channel.bind(address);
                assertThat(sockets.listens(sockets.find(channel))).isTrue();
            }
        }
        try (var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(directory.resolve("s")));
            assertThat(sockets.listens(sockets.find(channel))).isTrue();
        }
    }

    @Test
    void theMachineOfAProgramCanBeOneOf32Bits() throws Exception {
        var usual = sandbox.command("uname", "-m").run().stdout();
        var result = sandbox.command("uname", "-m").personality(Personality.LINUX32).run();
        assertThat(result.stdout()).isNotEqualTo(usual).containsAnyOf("i686", "armv8l");
        try (var container =
                sandbox.command("sleep", "1000").personality(Personality.LINUX32).start()) {
            assertThat(container.exec("uname", "-m").run().stdout()).isEqualTo(result.stdout());
        }
    }
}
