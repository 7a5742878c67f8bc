package io.pelagos.core.internal.files;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What is removed, and what is not. */
@ExtendWith(LeakCheck.class)
class TreeRemovalIT {
    @TempDir private Path directory;

    private static void remove(Path tree) {
        var files = new FileCalls(new SystemCalls(new LinuxKernel()));
        try (var parent =
                files.openPath(
                        String.valueOf(tree.getParent()), Constant.flags(O_RDONLY, O_DIRECTORY))) {
            TreeRemoval.remove(files, parent, String.valueOf(tree.getFileName()));
        }
    }

    @Test
    void aTreeOfAnyDepthGoesAndWhatItsLinksLeadToStays() throws Exception {
        var outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("file"), "stays");
        var tree = Files.createDirectory(directory.resolve("tree"));
        var deep = tree;
        for (int i = 0; i < 300; i++) {
            deep = Files.createDirectory(deep.resolve("d"));
        }
        Files.writeString(deep.resolve("file"), "goes");
        Files.createSymbolicLink(deep.resolve("link"), outside);
        remove(tree);
        assertThat(Files.exists(tree, LinkOption.NOFOLLOW_LINKS)).isFalse();
        assertThat(outside.resolve("file")).hasContent("stays");
        assertThat(directory.toFile().list()).containsExactly("outside");
    }

    @Test
    void aLinkInThePlaceOfATreeGoesAlone() throws Exception {
        var outside = Files.createDirectory(directory.resolve("outside"));
        var link = Files.createSymbolicLink(directory.resolve("link"), outside);
        remove(link);
        assertThat(outside).exists();
        assertThat(Files.exists(link, LinkOption.NOFOLLOW_LINKS)).isFalse();
        remove(directory.resolve("nothing"));
    }

    @Test
    void whatIsMountedInATreeStays() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        var mounted = Files.createDirectory(directory.resolve("mounted"));
        Files.writeString(mounted.resolve("file"), "stays");
        Files.createDirectories(directory.resolve("tree/a/b"));
        try (var jvm = ForkedJvm.unshared(Mounting.class, directory.toString())) {
            assertThat(jvm.output().strip()).isIn("EBUSY", "EXDEV");
        }
        assertThat(mounted.resolve("file")).hasContent("stays");
    }

    /** Runs in a JVM with a mount namespace of its own. */
    static final class Mounting {
        public static void main(String[] args) throws Exception {
            var directory = Path.of(args[0]);
            var mount =
                    List.of(
                            "mount",
                            "--bind",
                            directory.resolve("mounted").toString(),
                            directory.resolve("tree/a/b").toString());
            if (new ProcessBuilder(mount).inheritIO().start().waitFor() != 0) {
                return;
            }
            try {
                remove(directory.resolve("tree"));
            } catch (ErrnoException e) {
                System.out.println(e.errno().name());
            }
        }
    }

    @Test
    void whatCannotBeReachedIsAnError() {
        assertThatThrownBy(() -> remove(directory.resolve("none/tree")))
                .isInstanceOf(ErrnoException.class);
    }
}
