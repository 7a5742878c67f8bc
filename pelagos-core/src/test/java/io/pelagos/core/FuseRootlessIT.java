package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.testing.BusyboxRoot;
import io.pelagos.core.testing.FuseServers;
import io.pelagos.core.testing.LeakCheck;
import io.pelagos.core.testing.OrdinaryUser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Root file systems of layers that fuse-overlayfs stacks, for an ordinary user. */
@ExtendWith(LeakCheck.class)
class FuseRootlessIT {
    /** A device that everybody may open, as it is on most machines. */
    private static final String DEVICE =
            """
            mount -t tmpfs -o mode=0755 none /mnt
            cp -a /dev/fuse /mnt/fuse
            chmod 0666 /mnt/fuse
            mount --bind /mnt/fuse /dev/fuse
            umount -l /mnt
            """;

    private static final String NO_PROGRAM =
            "mount --bind /dev/null $(readlink -f $(command -v fuse-overlayfs))\n";

    @TempDir private Path directory;
    private @Nullable OrdinaryUser user;
    private BusyboxRoot root;

    @BeforeEach
    void requireTools() {
        assumeTrue(FuseOverlay.find().isPresent(), "needs fuse-overlayfs");
        assumeTrue(Files.exists(FuseOverlay.DEVICE), "needs /dev/fuse");
        root = BusyboxRoot.in(directory).file("etc/hostname", "box\n");
    }

    @AfterEach
    void removeUser() {
        if (user != null) {
            user.close();
        }
        assertThat(FuseServers.below(directory)).isEmpty();
    }

    private OrdinaryUser user(String... options) throws Exception {
        user = OrdinaryUser.in(directory, options);
        return user;
    }

    private Map<String, String> told(OrdinaryUser user, String prepare, String what)
            throws Exception {
        try (var jvm =
                user.start(
                        prepare,
                        FuseRootlessMain.class,
                        what,
                        user.home().toString(),
                        root.path().toString())) {
            return OrdinaryUser.told(jvm);
        }
    }

    @Test
    void userHasEverythingOfAContainerOnIt() throws Exception {
        var ordinary = user();
        ordinary.own(root.path());
        var told = told(ordinary, DEVICE, "all");
        var text = told.toString();
        assertThat(told.get("who")).as(text).isEqualTo("1");
        assertThat(told.get("changed")).as(text).contains(" n ").endsWith("hostname passwd");
        assertThat(told.get("owned")).as(text).isEqualTo("1000 33 0 0");
        assertThat(told.get("user")).as(text).isEqualTo("1000 /home/app");
        assertThat(told.get("hidden")).as(text).startsWith("0");
        assertThat(told.get("exec")).as(text).startsWith("1000 /home/app box");
        assertThat(told.get("diff"))
                .as(text)
                .startsWith("[A /home/app/mine, A /new, A /new/file, C /etc/passwd, D /etc/group]")
                .contains("exec", "user namespace");
        assertThat(told.get("forked")).as(text).contains("mine").contains("gone more 1");
        assertThat(told.get("kept")).as(text).contains("No such file").contains("1 1");
        assertThat(told.get("scratch")).as(text).isEqualTo("0 left");
        assertThat(told.get("mounts")).as(text).isEqualTo("same");
    }

    @Test
    void layersOfOthersAreStackedByItWhereASingleIdIsAllThereIs() throws Exception {
        var ordinary = user("--system");
        ordinary.ownAlone(root.path());
        var told = told(ordinary, DEVICE, "auto");
        assertThat(told.get("auto")).as(told.toString()).isEqualTo("x 1");
        assertThat(told.get("kernel")).as(told.toString()).contains("Permission denied");
    }

    @Test
    void layersOnAnOverlayAreStackedByItInWhateverWayItNotesDeletions() throws Exception {
        var ordinary = user();
        ordinary.own(root.path());
        var data = ordinary.home().resolve("pelagos");
        var overlay =
                """
                mount -t tmpfs none /mnt
                mkdir /mnt/lower /mnt/upper /mnt/work %1$s
                mount -t overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work \
                    none %1$s
                chown %2$s: %1$s
                """
                        .formatted(data, ordinary.name());
        var told = told(ordinary, DEVICE + overlay, "other");
        var text = told.toString();
        assertThat(told.get("kernel")).as(text).contains("fsconfig", "EINVAL");
        assertThat(told.get("auto")).as(text).isEqualTo("1 hostname passwd");
        assertThat(told.get("diff"))
                .as(text)
                .startsWith("[A /home/app/mine, A /new, A /new/file, C /etc/passwd, D /etc/group]");
    }

    @Test
    void serverThatEndsAtOnceIsAnErrorWithWhatItSaid() throws Exception {
        var ordinary = user();
        ordinary.ownAlone(root.path());
        var broken =
                """
                printf '#!/bin/sh\necho no luck with $3 >&2\nexit 1\n' > %1$s
                chmod 0755 %1$s
                mount --bind %1$s $(readlink -f $(command -v fuse-overlayfs))
                """
                        .formatted(directory.resolve("broken"));
        assertThat(told(ordinary, DEVICE + broken, "fail").get("failed"))
                .contains("waiting for fuse-overlayfs", "no luck with lowerdir=0", "ENOTCONN");
    }

    @Test
    void deviceThatTheUserMayNotOpenIsRefused() throws Exception {
        var ordinary = user();
        ordinary.ownAlone(root.path());
        var told = told(ordinary, "", "fail");
        assertThat(told.get("failed"))
                .as(told.toString())
                .contains("/dev/fuse", "EACCES", "chmod 0666 /dev/fuse");
    }

    @Test
    void missingProgramIsNamedWithWhatFailedOtherwise() throws Exception {
        var ordinary = user("--system");
        ordinary.ownAlone(root.path());
        var told = told(ordinary, DEVICE + NO_PROGRAM, "auto");
        assertThat(told.get("auto"))
                .as(told.toString())
                .contains("UnsupportedHostException", "EOVERFLOW", "install fuse-overlayfs");
    }

    @Test
    void killedJvmLeavesNoServer() throws Exception {
        var ordinary = user();
        ordinary.own(root.path());
        try (var jvm =
                        ordinary.start(
                                DEVICE,
                                FuseRootlessMain.class,
                                "stay",
                                ordinary.home().toString(),
                                root.path().toString());
                var lines = jvm.process().inputReader()) {
            assertThat(lines.readLine()).startsWith("ready");
            var server = ProcessHandle.of(FuseServers.below(directory).getFirst()).orElseThrow();
            jvm.process().destroyForcibly().waitFor();
            server.onExit().join();
        }
        assertThat(FuseServers.below(directory)).isEmpty();
    }

    @Test
    void detachedContainerKeepsItsServerWithoutTheJvm() throws Exception {
        var ordinary = user();
        ordinary.own(root.path());
        assertThat(told(ordinary, DEVICE, "detach")).containsEntry("detached", "queue");
        assertThat(FuseServers.below(directory)).hasSize(1);
        var told = told(ordinary, DEVICE, "attach");
        assertThat(told.get("exec")).as(told.toString()).isEqualTo("mine app");
        assertThat(told.get("diff")).as(told.toString()).contains("A /mine");
        assertThat(told.get("stopped")).as(told.toString()).contains("KILL");
        assertThat(told.get("again")).as(told.toString()).isEqualTo("mine 1");
        assertThat(FuseServers.below(directory)).isEmpty();
    }
}
