package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.LeakCheck;
import io.pelagos.core.testing.Sandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A label that is demanded of a security module which is not there. */
@ExtendWith(LeakCheck.class)
class LabelsIT {
    private static final String CONTEXT = "system_u:system_r:container_t:s0:c1,c2";

    @TempDir private Path directory;
    private Sandbox sandbox;

    @BeforeEach
    void open() {
        sandbox = Sandbox.in(directory);
    }

    @AfterEach
    void close() {
        sandbox.close();
    }

    private static void withoutAppArmor() {
        assumeFalse(
                Files.exists(Path.of("/sys/module/apparmor/parameters/enabled")),
                "AppArmor is in force on this machine");
    }

    private static void withoutSelinux() {
        assumeFalse(
                Files.exists(Path.of("/sys/fs/selinux/enforce")),
                "SELinux is in force on this machine");
    }

    private static void refuses(ContainerBuilder builder, String option, String module) {
        assertThatThrownBy(builder::start)
                .isInstanceOf(UnsupportedHostException.class)
                .hasMessageContaining(option)
                .hasMessageContaining(module + " is not in force");
    }

    @Test
    void aProfileWithoutAppArmorIsRefused() {
        withoutAppArmor();
        refuses(
                sandbox.command("true").apparmorProfile("web"),
                "apparmorProfile \"web\"",
                "AppArmor");
    }

    @Test
    void contextsWithoutSelinuxAreRefused() {
        withoutSelinux();
        refuses(
                sandbox.command("true").selinuxLabel(CONTEXT),
                "selinuxLabel \"" + CONTEXT + "\"",
                "SELinux");
        refuses(
                sandbox.command("true").mountLabel(CONTEXT),
                "mountLabel \"" + CONTEXT + "\"",
                "SELinux");
    }

    @Test
    void everyOtherWayToStartRefusesThemToo() {
        withoutAppArmor();
        var builder = sandbox.command("true").name("labelled").apparmorProfile("web");
        assertThatThrownBy(builder::startDetached).isInstanceOf(UnsupportedHostException.class);
        assertThat(sandbox.pelagos().containers().list()).isEmpty();
        var foreground =
                sandbox.command("true")
                        .stdin(Stdio.NULL)
                        .stdout(Stdio.NULL)
                        .stderr(Stdio.NULL)
                        .apparmorProfile("web")
                        .spec();
        assertThatThrownBy(
                        () ->
                                ProcessLauncher.of(PelagosPaths.under(directory.resolve("p")))
                                        .run(foreground))
                .isInstanceOf(UnsupportedHostException.class);
    }

    @Test
    void notToBeConfinedTakesNoAppArmor() throws Exception {
        assertThat(sandbox.command("true").apparmorProfile("unconfined").run().success()).isTrue();
    }

    @Test
    void whatIsNoLabelIsRefusedByName() {
        assertThatThrownBy(() -> sandbox.command("true").apparmorProfile("a\nb").spec())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("apparmorProfile");
        assertThatThrownBy(() -> sandbox.command("true").selinuxLabel("container_t").spec())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("user:role:type:level");
    }

    @Test
    void labelsForBothModulesCanBeDescribedAndShownButNotStarted() {
        withoutAppArmor();
        var builder = sandbox.command("true").selinuxLabel(CONTEXT).apparmorProfile("web");
        assertThat(ContainerSpec.fromJson(builder.spec().toJson())).isEqualTo(builder.spec());
        assertThat(builder.explain())
                .contains(
                        "taking the AppArmor profile web", "taking the SELinux context " + CONTEXT);
        refuses(builder, "apparmorProfile \"web\"", "AppArmor");
    }

    @Test
    void aLabelOfEitherModuleIsDemandedOfIt() {
        withoutSelinux();
        refuses(
                sandbox.command("true").selinuxLabel(CONTEXT).apparmorProfile("unconfined"),
                "selinuxLabel \"" + CONTEXT + "\"",
                "SELinux");
    }
}
