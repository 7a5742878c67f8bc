package io.pelagos.core.paths;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Making the roots, on a real file system.
 *
 * <p>The user who runs the tests may be root, whose runtime directory is not in {@code /tmp}. So
 * the rules for {@code /tmp} are tried on {@link RootDirectory} with that user's own id, and
 * through {@link PelagosPaths} for a user that directories are given to.
 */
class RootDirectoryTest {
    private static final int OTHER = 12_345;

    @TempDir Path tmp;
    long self;

    @BeforeEach
    void findSelf() {
        self = PathsEnvironment.current().uid();
    }

    @Test
    void itIsMadeWithModeSevenHundredWhateverTheParentAllows() throws IOException {
        Files.setPosixFilePermissions(tmp, PosixFilePermissions.fromString("rwxrwxrwx"));

        var made = RootDirectory.inSharedTmp(tmp.resolve("pelagos-1"), self).create();

        assertThat(mode(made)).isEqualTo(0700);
    }

    @Test
    void itIsAcceptedWhenItWasMadeBefore() throws IOException {
        var directory = RootDirectory.inSharedTmp(tmp.resolve("pelagos-1"), self);
        Files.createFile(directory.create().resolve("kept"));

        assertThat(directory.create()).isDirectoryContaining("glob:**/kept");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxr-xr-x", "rwx--x---", "rwxrwxrwx", "rwx-----x", "r-x------"})
    void anotherModeIsRefusedInTmpAndNotRepaired(String mode) throws IOException {
        var path = directory("pelagos-1", mode);
        var before = mode(path);

        assertThatThrownBy(() -> RootDirectory.inSharedTmp(path, self).create())
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining(path.toString())
                .hasMessageContaining("mode " + String.format("%04o", before));
        assertThat(mode(path)).isEqualTo(before);
    }

    @Test
    void aLinkIsRefusedEvenToADirectoryThatWouldDo() throws IOException {
        var target = directory("elsewhere", "rwx------");
        var link = Files.createSymbolicLink(tmp.resolve("pelagos-1"), target);

        assertThatThrownBy(() -> RootDirectory.inSharedTmp(link, self).create())
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("link");
        assertThat(target).isEmptyDirectory();
    }

    @Test
    void aLinkToNothingIsRefusedAndItsTargetNotMade() throws IOException {
        var link = Files.createSymbolicLink(tmp.resolve("pelagos-1"), tmp.resolve("absent"));

        assertThatThrownBy(() -> RootDirectory.inSharedTmp(link, self).create())
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("link");
        assertThat(tmp.resolve("absent")).doesNotExist();
    }

    @Test
    void aFileIsRefused() throws IOException {
        var file = Files.createFile(tmp.resolve("pelagos-1"));

        assertThatThrownBy(() -> RootDirectory.inSharedTmp(file, self).create())
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("not a directory");
        assertThatThrownBy(() -> RootDirectory.open(file).create())
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("not a directory");
    }

    @Test
    void theDirectoryOfAnotherUserIsRefused() throws IOException {
        var path = directory("pelagos-1", "rwx------");

        assertThatThrownBy(() -> RootDirectory.inSharedTmp(path, self + 1).create())
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("belongs to user " + self + ", not to user " + (self + 1));
    }

    @Test
    void aUserGetsTheDirectoryInTmpThatIsGivenToHimAndNoOther() throws IOException {
        assumeTrue(self == 0, "only root can give files away");
        var paths = ofOther(Map.of());
        var runtime = directory("pelagos-" + OTHER, "rwx------");

        assertThat(paths.runtimeDir()).isEqualTo(runtime);
        assertThatThrownBy(paths::createRuntimeDir)
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("belongs to user 0, not to user " + OTHER);
        giveAway(runtime);
        assertThat(paths.createRuntimeDir()).isEqualTo(runtime);
        Files.setPosixFilePermissions(runtime, PosixFilePermissions.fromString("rwxr-x---"));
        assertThatThrownBy(paths::createRuntimeDir).hasMessageContaining("0750");
    }

    @Test
    void dataAndScratchInTmpAreGuardedLikeTheRuntimeDirectory() throws IOException {
        var paths = ofOther(Map.of());
        directory("pelagos-data-" + OTHER, "rwxrwxrwx");
        directory("pelagos-scratch-" + OTHER, "rwxrwxrwx");

        assertThatThrownBy(paths::createDataDir).isInstanceOf(FileSystemException.class);
        assertThatThrownBy(paths::createScratchRoot).isInstanceOf(FileSystemException.class);
    }

    @Test
    void inTheXdgRuntimeDirectoryNobodyElseMayWriteButReadingIsTolerated() throws IOException {
        var path = directory("pelagos", "rwxr-xr-x");

        assertThat(RootDirectory.owned(path, self).create()).isEqualTo(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxr-x"));
        assertThatThrownBy(() -> RootDirectory.owned(path, self).create())
                .isInstanceOf(FileSystemException.class)
                .hasMessageContaining("0775");
    }

    @Test
    void inTheXdgRuntimeDirectoryALinkOrAnotherOwnerIsRefused() throws IOException {
        var path = directory("pelagos", "rwx------");
        var link = Files.createSymbolicLink(tmp.resolve("link"), path);

        assertThatThrownBy(() -> RootDirectory.owned(link, self).create())
                .hasMessageContaining("link");
        assertThatThrownBy(() -> RootDirectory.owned(path, self + 1).create())
                .hasMessageContaining("belongs to user");
    }

    @Test
    void aWorldOfItsOwnIsMadeWithItsParents() throws IOException {
        var paths = PelagosPaths.under(tmp.resolve("some").resolve("world"));

        assertThat(mode(paths.createDataDir())).isEqualTo(0755 & ~umask());
        assertThat(mode(paths.createRuntimeDir())).isEqualTo(0700);
        assertThat(mode(paths.createScratchRoot())).isEqualTo(0700);
        assertThat(paths.createDataDir()).isEqualTo(paths.dataDir());
    }

    @Test
    void theDirectoryInXdgRuntimeDirIsMadePrivate() throws IOException {
        var made = RootDirectory.owned(tmp.resolve("xdg").resolve("pelagos"), self).create();

        assertThat(mode(made)).isEqualTo(0700);
    }

    private PelagosPaths ofOther(Map<String, String> variables) {
        return PelagosPaths.of(new PathsEnvironment(OTHER, variables, _ -> false, tmp));
    }

    private Path directory(String name, String mode) throws IOException {
        var path = Files.createDirectory(tmp.resolve(name));
        return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    private static void giveAway(Path path) throws IOException {
        Files.setAttribute(path, "unix:uid", OTHER, LinkOption.NOFOLLOW_LINKS);
    }

    private static int mode(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0777;
    }

    private static int umask() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("Umask:"))
                .mapToInt(line -> Integer.parseInt(line.substring(6).strip(), 8))
                .findAny()
                .orElseThrow();
    }
}
