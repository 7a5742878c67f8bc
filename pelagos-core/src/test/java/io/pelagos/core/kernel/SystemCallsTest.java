package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemCallsTest {
    private final SystemCalls calls = new SystemCalls(new LinuxKernel());

    @TempDir Path directory;

    @Test
    void aFailedCallIsWrittenAsTheManualPageWritesIt() {
        assertThatThrownBy(() -> calls.openat(null, "/nope", OpenFlag.O_RDONLY, 0))
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        e -> {
                            assertThat(e.errno()).isEqualTo(Errno.ENOENT);
                            assertThat(e.call())
                                    .isEqualTo("openat(AT_FDCWD, \"/nope\", O_RDONLY, 0)");
                        })
                .hasMessage(
                        "openat(AT_FDCWD, \"/nope\", O_RDONLY, 0): ENOENT (No such file or directory)");
    }

    @Test
    void openedFilesAreClosedOnExecve() {
        try (var file = calls.open(null, "/proc/self/stat", OpenFlag.O_RDONLY);
                var pipe = calls.pipe("pipe");
                var sockets = calls.socketpair("sockets")) {
            for (var fd :
                    List.of(file, pipe.first(), pipe.second(), sockets.first(), sockets.second())) {
                assertThat(calls.fcntl(fd.number(), 1 /* F_GETFD */, 0)).as("%s", fd).isOne();
            }
        }
    }

    @Test
    void resolvingBeneathADirectoryDoesNotLeaveIt() throws Exception {
        Files.createSymbolicLink(directory.resolve("link"), directory.getParent());
        try (var root = calls.open(null, directory.toString(), OpenFlag.O_PATH)) {
            assertThatThrownBy(
                            () ->
                                    calls.openat2(
                                            root,
                                            "link",
                                            OpenFlag.O_RDONLY,
                                            0,
                                            ResolveFlag.RESOLVE_BENEATH))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessageContaining("\"link\", {O_RDONLY, 0, RESOLVE_BENEATH}): EXDEV");
        }
    }

    @Test
    void directoriesAndFilesAreMadeReadWrittenAndRemoved() throws Exception {
        try (var root = calls.open(null, directory.toString(), OpenFlag.O_PATH)) {
            calls.mkdirat(root, "sub", 0700);
            assertThat(directory.resolve("sub")).isDirectory();
            Files.writeString(directory.resolve("sub/file"), "old text");
            calls.writeFile(root, "sub/file", "new");
            assertThat(calls.readFile(root, "sub/file", 100)).isEqualTo("new text");
            calls.unlinkat(root, "sub/file", Constant.flags());
            calls.unlinkat(root, "sub", AtFlag.AT_REMOVEDIR);
            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    void aFileLargerThanTheLimitIsRefused() throws Exception {
        var file = directory.resolve("file");
        Files.write(file, new byte[10_000]);

        assertThat(calls.readFile(null, file.toString(), 10_000)).hasSize(10_000);
        assertThatThrownBy(() -> calls.readFile(null, file.toString(), 9_999))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("more than 9999 bytes");
    }

    @Test
    void whatIsWrittenFullyIsReadFully() throws Exception {
        var bytes = new byte[200_000];
        new java.util.Random(1).nextBytes(bytes);
        try (var pipe = calls.pipe("pipe")) {
            var writer =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        calls.writeFully(pipe.second().number(), bytes);
                                        pipe.second().close();
                                    });
            assertThat(calls.readFully(pipe.first().number(), bytes.length)).isEqualTo(bytes);
            writer.join();
        }
    }

    @Test
    void aChildIsSignalledThroughItsPidfd() throws Exception {
        var process = new ProcessBuilder("cat").start();
        try (var pidfd = calls.pidfdOpen((int) process.pid())) {
            assertThat(calls.pidfdSendSignal(pidfd, 0)).isTrue();
            assertThat(calls.pidfdSendSignal(pidfd, 9)).isTrue();
            assertThat(process.waitFor()).isEqualTo(128 + 9);
            assertThat(calls.pidfdSendSignal(pidfd, 9)).isFalse();
        }
    }

    @Test
    void anInterruptedCallIsRepeated() {
        var script = new ArrayDeque<>(List.of(-4L, -4L, 3L));
        var scripted = new SystemCalls(new Scripted(script));

        assertThat(scripted.retry(Syscall.READ, 0, 0, 0)).isEqualTo(3);
        assertThat(script).isEmpty();
    }

    @Test
    void anUnsafeResolutionIsTriedAgain() {
        var script = new ArrayDeque<>(List.of(-11L, 5L, 0L));
        try (var fd =
                new SystemCalls(new Scripted(script))
                        .openat2(null, "x", OpenFlag.O_PATH, 0, ResolveFlag.RESOLVE_BENEATH)) {
            assertThat(fd.number()).isEqualTo(5);
        }
        assertThat(script).isEmpty();
    }

    @Test
    void onlyTheLastPageOfNumbersIsAnError() {
        assertThat(SystemCalls.check(-4096, Syscall.MMAP)).isEqualTo(-4096);
        assertThatThrownBy(() -> SystemCalls.check(-1, Syscall.MMAP, 1, "x"))
                .hasMessage("mmap(1, x): EPERM (Operation not permitted)");
    }

    @Test
    void stringsAreQuotedAsInC() {
        assertThat(SystemCalls.quote("a\"b\\c\nd\te\u007f"))
                .isEqualTo("\"a\\\"b\\\\c\\nd\\x09e\\x7f\"");
    }

    private record Scripted(ArrayDeque<Long> results) implements Kernel {
        @Override
        public Architecture architecture() {
            return Architecture.X86_64;
        }

        @Override
        public long call(Syscall syscall, long... arguments) {
            return results.removeFirst();
        }

        @Override
        public int launch(LaunchPlan plan, LaunchRequest request) {
            throw new UnsupportedOperationException();
        }
    }
}
