package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans that are started where memory cannot be executed. */
class ImageFileTest {
    @TempDir Path temporary;

    private final Set<String> seen = new TreeSet<>();

    /** Refuses some calls, and looks at the directory of images before each. */
    private Kernel without(Map<Syscall, Errno> refused, long flags) {
        var linux = new LinuxKernel();
        return new Kernel() {
            @Override
            public Architecture architecture() {
                return linux.architecture();
            }

            @Override
            public long call(Syscall syscall, long... arguments) {
                seen.addAll(images());
                if (refused.containsKey(syscall)
                        && (syscall != Syscall.OPENAT || (arguments[2] & flags) == flags)) {
                    return -refused.get(syscall).number();
                }
                return linux.call(syscall, arguments);
            }

            @Override
            public int launch(LaunchPlan plan, LaunchRequest request) {
                return new PlanSpawner(this, directory()).spawn(plan, request);
            }
        };
    }

    private Kernel withoutMemfd() {
        return without(Map.of(Syscall.MEMFD_CREATE, Errno.EACCES), 0);
    }

    private Kernel withoutUnnamedFiles() {
        var flag = OpenFlag.O_TMPFILE.value(Architecture.current());
        return without(
                Map.of(Syscall.MEMFD_CREATE, Errno.EACCES, Syscall.OPENAT, Errno.EOPNOTSUPP), flag);
    }

    private Path directory() {
        return temporary.resolve("launch");
    }

    private List<String> images() {
        if (!Files.isDirectory(directory())) {
            return List.of();
        }
        try (var all = Files.list(directory())) {
            return all.map(file -> file.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs a plan that ends with a code of its own. */
    private void run(Kernel kernel) {
        var plan = new PlanFixture(kernel.architecture());
        plan.exit(PlanFixture.number(23));
        int pid = kernel.launch(plan.build(), new LaunchRequest("image", List.of()));
        var info = new SystemCalls(kernel).waitid(WaitFlag.P_PID, pid);
        assertThat(info[24]).isEqualTo((byte) 23);
    }

    @Test
    void imageNeverHasANameThatAKilledJvmCouldLeave() {
        run(withoutMemfd());
        assertThat(directory()).isEmptyDirectory();
        assertThat(seen).isEmpty();
    }

    @Test
    void nameIsTakenWhereFilesMustHaveOneAndRemovedAgain() {
        run(withoutUnnamedFiles());
        assertThat(directory()).isEmptyDirectory();
        assertThat(seen).singleElement().asString().startsWith("launch-");
    }

    @Test
    void nameThatAKilledJvmHasLeftIsRemovedByTheNextStart() throws IOException {
        var stale = Files.createDirectory(directory()).resolve("launch-1-2");
        Files.createFile(stale);
        var other = Files.createFile(directory().resolve("launch-of-somebody-else"));
        run(withoutUnnamedFiles());
        assertThat(stale).doesNotExist();
        assertThat(other).exists();
    }

    @Test
    void nameThatIsInUseStays() throws IOException {
        var calls = new SystemCalls(withoutUnnamedFiles());
        try (var used = ImageFile.make(calls, directory(), new byte[] {1})) {
            run(withoutUnnamedFiles());
            assertThat(Path.of(used.path())).hasBinaryContent(new byte[] {1});
        }
        assertThat(directory()).isEmptyDirectory();
    }

    @Test
    void failureNamesBothReasons() throws IOException {
        Files.createFile(directory());
        assertThatThrownBy(() -> run(withoutMemfd()))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("memfd_create")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }

    @Test
    void nothingIsLeftWhenTheImageCannotBeWritten() {
        var kernel =
                without(
                        Map.of(
                                Syscall.MEMFD_CREATE,
                                Errno.EACCES,
                                Syscall.OPENAT,
                                Errno.EOPNOTSUPP,
                                Syscall.WRITE,
                                Errno.ENOSPC),
                        OpenFlag.O_TMPFILE.value(Architecture.current()));
        assertThatThrownBy(() -> run(kernel))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("ENOSPC");
        assertThat(directory()).isEmptyDirectory();
    }
}
