package io.pelagos.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pelagos.core.Volume;
import io.pelagos.core.security.Capability;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.IdMapping;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.NamespaceMode;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Rlimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionParsersTest {
    @Test
    void durationsAreSecondsOrHaveUnits() {
        assertThat(DurationOption.parse("90")).isEqualTo(Duration.ofSeconds(90));
        assertThat(DurationOption.parse("1m30s")).isEqualTo(Duration.ofSeconds(90));
        assertThat(DurationOption.parse("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(DurationOption.parse("2h")).isEqualTo(Duration.ofHours(2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "1x", "-1", "1.5", "1m30", "99999999999"})
    void otherDurationsAreRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DurationOption.parse(text))
                .withMessageContaining("\"" + text + "\"");
    }

    @Test
    void aUlimitWithoutAHardLimitHasTheSoftOneForBoth() {
        assertThat(UlimitOption.parse("nofile=1024"))
                .isEqualTo(new UlimitOption(Rlimit.NOFILE, new Rlimit.Limit(1024, 1024)));
        assertThat(UlimitOption.parse("core=0:-1").limit()).isEqualTo(new Rlimit.Limit(0, -1));
        assertThat(UlimitOption.parse("cpu=unlimited").limit()).isEqualTo(new Rlimit.Limit(-1, -1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nofile", "nofile=", "nofile=x", "nofile=-2", "none=1", "nofile=2:1"})
    void otherUlimitsAreRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> UlimitOption.parse(text));
    }

    @Test
    void aVolumeIsABindMountWithWords() {
        assertThat(VolumeOption.parse("/srv:/data"))
                .isEqualTo(Mount.bind(Path.of("/srv"), "/data"));
        assertThat(VolumeOption.parse("/srv:/data:ro,noexec,rslave"))
                .isEqualTo(
                        Mount.readOnly(Path.of("/srv"), "/data")
                                .with(Mount.Option.NOEXEC)
                                .propagation(Mount.Propagation.SLAVE));
        assertThat(VolumeOption.parse("./x:/data").source())
                .isEqualTo(Path.of("x").toAbsolutePath().toString());
        assertThat(VolumeOption.parse("/srv:/data:dev,suid").options()).isEmpty();
    }

    @Test
    void aBindMountCanShowOtherOwners() {
        assertThat(VolumeOption.parse("/srv:/data:ro,idmap"))
                .isEqualTo(Mount.readOnly(Path.of("/srv"), "/data").idMapped());
        var mapping =
                new IdMapping(
                        List.of(new IdMap(1000, 0, 1), new IdMap(0, 5, 10)),
                        List.of(new IdMap(7, 8, 9)));
        var bind = Mount.bind(Path.of("/srv"), "/data").idMapped(mapping);
        assertThat(VolumeOption.parse("/srv:/data:idmap=uids=1000-0-1#0-5-10;gids=7-8-9,rw"))
                .isEqualTo(bind);
        assertThat(
                        MountOption.parse(
                                "type=bind,source=/srv,target=/data,"
                                        + "idmap=uids=1000-0-1#0-5-10;gids=7-8-9"))
                .isEqualTo(bind);
        assertThat(MountOption.parse("type=bind,source=/srv,target=/data,idmap"))
                .isEqualTo(Mount.bind(Path.of("/srv"), "/data").idMapped());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "idmap=",
                "idmap=uids=0-0-1",
                "idmap=gids=0-0-1;uids=0-0-1",
                "idmap=uids=0-0;gids=0-0-1",
                "idmap=uids=0-0-0;gids=0-0-1",
                "idmap=uids=0-0-2#1-9-1;gids=0-0-1"
            })
    void otherMappingsAreRefused(String word) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> VolumeOption.parse("/srv:/data:" + word));
    }

    @Test
    void volumesAreFilteredByNameLabelAndUse() {
        var volume =
                new Volume(
                        "data-1", Path.of("/v"), Instant.EPOCH, List.of(), Map.of("app", "shop"));
        for (var fits :
                List.of("name=ata", "label=app", "label=app=shop", "dangling=true", "dangling=1")) {
            assertThat(VolumeFilterOption.parse(fits).test(volume)).as(fits).isTrue();
        }
        for (var other : List.of("name=x", "label=x", "label=app=x", "dangling=false")) {
            assertThat(VolumeFilterOption.parse(other).test(volume)).as(other).isFalse();
        }
        for (var refused : List.of("x=y", "dangling=maybe", "name")) {
            assertThatIllegalArgumentException()
                    .as(refused)
                    .isThrownBy(() -> VolumeFilterOption.parse(refused));
        }
    }

    @Test
    void aNameIsThatOfAVolumeWhichIsMadeWhenMissing() {
        var bind = VolumeOption.parse("name:/data:ro");
        assertThat(bind.source()).endsWith("/volumes/name");
        assertThat(bind.makesSource()).isTrue();
        assertThat(bind.options()).contains(Mount.Option.READ_ONLY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/srv", ":/data", "-name:/data", "/srv:data", "/a:/b:z", "/a:/b:ro:x"})
    void otherVolumesAreRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> VolumeOption.parse(text));
    }

    @Test
    void aTmpfsHasSizeModeAndWords() {
        var mount = TmpfsOption.parse("/scratch:size=64m,mode=0700,exec");
        assertThat(mount.target()).isEqualTo("/scratch");
        assertThat(mount.size().bytes()).isEqualTo(64L << 20);
        assertThat(mount.mode().bits()).isEqualTo(0700);
        assertThat(mount.options())
                .containsExactlyInAnyOrder(Mount.Option.NOSUID, Mount.Option.NODEV);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TmpfsOption.parse("/scratch:sise=1"))
                .withMessageContaining("sise=1");
    }

    @Test
    void theLongFormMountsTheSame() {
        assertThat(MountOption.parse("type=bind,src=/srv,dst=/data,ro"))
                .isEqualTo(Mount.readOnly(Path.of("/srv"), "/data"));
        assertThat(MountOption.parse("type=tmpfs,target=/s,tmpfs-size=1m,tmpfs-mode=755"))
                .isEqualTo(TmpfsOption.parse("/s:size=1m,mode=755"));
        assertThat(MountOption.parse("type=mqueue,target=/q"))
                .isEqualTo(Mount.fileSystem("mqueue", "/q"));
        assertThat(MountOption.parse("type=devpts,target=/pts,newinstance,mode=0620"))
                .isInstanceOfSatisfying(
                        Mount.FileSystem.class,
                        mount ->
                                assertThat(mount.parameters())
                                        .isEqualTo(Map.of("newinstance", "", "mode", "0620")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "type=bind,source=/srv",
                "type=bind,target=/data",
                "type=bind,source=/a,target=/b,colour=red",
                "type=bind,source=/a,target=/b,readonly=perhaps",
                "type=bind,source=/a,src=/c,target=/b",
                "type=volume,source=a,target=/b",
                "type=tmpfs,target=/a,tmpfs-size=big"
            })
    void otherMountsAreRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> MountOption.parse(text));
    }

    @Test
    void aFileMountHoldsWhatTheFileHolds(@TempDir Path folder) throws IOException {
        var file = Files.writeString(folder.resolve("f"), "contents");
        assertThat(MountOption.parse("type=file,source=" + file + ",target=/f"))
                .isEqualTo(Mount.file("/f", Files.readAllBytes(file)));
    }

    @Test
    void aDeviceHasTheNumbersOfTheHostsNode() {
        var device = DeviceOption.parse("/dev/null:/dev/nothing:rw").device();
        assertThat(device.path()).isEqualTo("/dev/nothing");
        assertThat(device.type()).isEqualTo(Device.Type.CHARACTER);
        assertThat(device.major()).isEqualTo(1);
        assertThat(device.minor()).isEqualTo(3);
        assertThat(device.access()).isEqualTo("rw");
        assertThat(DeviceOption.parse("/dev/null:r").access()).isEqualTo("r");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DeviceOption.parse("/proc/self/status").device())
                .withMessageContaining("/proc/self/status");
    }

    @Test
    void largeDeviceNumbersAreTakenApartAsTheCLibraryDoes() {
        assertThat(DeviceNumbers.ofRdev(0x103)).isEqualTo(new DeviceNumbers(1, 3));
        assertThat(DeviceNumbers.ofRdev(0x10300105L)).isEqualTo(new DeviceNumbers(1, 0x10305));
    }

    @Test
    void deviceRulesAreReadAsDockerWritesThem() {
        assertThat(DeviceRuleOption.parse("c 1:* rwm"))
                .isEqualTo(new Resources.DeviceRule(true, Device.Type.CHARACTER, 1, null, "rwm"));
        assertThatIllegalArgumentException().isThrownBy(() -> DeviceRuleOption.parse("c 1 rwm"));
        assertThatIllegalArgumentException().isThrownBy(() -> DeviceRuleOption.parse("x 1:1 r"));
    }

    @Test
    void namespacesArePrivateOrTheHostsOrAFile() {
        assertThat(NamespaceOption.parse("private")).isEqualTo(NamespaceMode.CREATE);
        assertThat(NamespaceOption.parse("host")).isEqualTo(NamespaceMode.HOST);
        assertThat(NamespaceOption.parse("ns:/run/netns/a"))
                .isEqualTo(new NamespaceMode.Path("/run/netns/a"));
        assertThatIllegalArgumentException().isThrownBy(() -> NamespaceOption.parse("bridge"));
    }

    @Test
    void idMapsAreInsideOutsideCount() {
        assertThat(IdMapOption.parse("0:100000:65536")).isEqualTo(new IdMap(0, 100000, 65536));
        assertThatIllegalArgumentException().isThrownBy(() -> IdMapOption.parse("0:1"));
    }

    @Test
    void capabilitiesAreNamedOrAll() {
        assertThat(CapabilityOption.parse("net_admin,CAP_SYS_TIME").capabilities())
                .containsExactlyInAnyOrder(Capability.NET_ADMIN, Capability.SYS_TIME);
        assertThat(CapabilityOption.parse("all").all()).isTrue();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CapabilityOption.parse("FLY"))
                .withMessageContaining("FLY");
    }

    @Test
    void securityOptionsHaveAnEqualsSignOrAColon() {
        assertThat(SecurityOption.parse("no-new-privileges"))
                .isEqualTo(new SecurityOption.NewPrivileges(false));
        assertThat(SecurityOption.parse("no-new-privileges:false"))
                .isEqualTo(new SecurityOption.NewPrivileges(true));
        assertThat(SecurityOption.parse("seccomp=unconfined"))
                .isEqualTo(new SecurityOption.Seccomp("unconfined"));
        assertThat(SecurityOption.parse("unmask=ALL")).isEqualTo(new SecurityOption.Unmask("ALL"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SecurityOption.parse("tomoyo=x"))
                .withMessageContaining("tomoyo=x");
    }

    @Test
    void anEnvironmentFileHasCommentsAndVariablesOfTheCaller(@TempDir Path folder)
            throws IOException {
        var file = Files.writeString(folder.resolve("env"), "# note\n\nA=1\nB\nC\nD=x=y\n");
        var environment = new LinkedHashMap<String, String>();
        EnvFile.read(file).forEach(variable -> variable.addTo(environment, Map.of("B", "2")));
        assertThat(environment).isEqualTo(Map.of("A", "1", "B", "2", "D", "x=y"));
    }

    @Test
    void aBadLineOfAnEnvironmentFileIsNamed(@TempDir Path folder) throws IOException {
        var file = Files.writeString(folder.resolve("env"), "A=1\n=2\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EnvFile.read(file))
                .withMessageContaining("line 2")
                .withMessageContaining(file.toString());
    }
}
