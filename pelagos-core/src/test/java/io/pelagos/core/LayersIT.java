package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.testing.InSandbox;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Root file systems of layers. */
class LayersIT extends InSandbox {
    private static final List<IdMap> IDS = List.of(new IdMap(0, 300_000, 65_536));

    private Path layer(String name, String file, String text) throws IOException {
        var layer = directory.resolve("layers").resolve(name);
        Files.createDirectories(layer.resolve(file).getParent());
        Files.writeString(layer.resolve(file), text);
        return layer;
    }

    private Rootfs.Layers layers(Path... higher) {
        var all = new ArrayList<>(List.of(sandbox.root().path()));
        all.addAll(List.of(higher));
        return Rootfs.layers(all);
    }

    private String run(Rootfs root, String script) throws InterruptedException {
        var result = sandbox.sh(root, script).run();
        assertThat(result.stderr()).isEmpty();
        return result.stdout();
    }

    private Path scratch() {
        return PelagosPaths.under(directory.resolve("pelagos")).scratch().overlayRoot();
    }

    @Test
    void higherLayersHideLowerOnes() throws Exception {
        var low = layer("low", "etc/word", "low");
        var high = layer("high", "etc/word", "high");
        assertThat(run(layers(low, high), "cat /etc/word")).isEqualTo("high");
        assertThat(run(layers(high, low), "cat /etc/word")).isEqualTo("low");
    }

    @Test
    void changesGoToALayerThatIsRemovedWithTheContainer() throws Exception {
        var low = layer("low", "etc/word", "low");
        var root = layers(low);
        assertThat(run(root, "echo changed > /etc/word; rm /etc/group; cat /etc/word; ls /etc"))
                .isEqualTo("changed\npasswd\nword\n");
        assertThat(low.resolve("etc/word")).hasContent("low");
        assertThat(scratch()).isEmptyDirectory();
        assertThat(run(root, "cat /etc/word; ls /etc")).isEqualTo("lowgroup\npasswd\nword\n");
    }

    @Test
    void changesOfAKeptLayerAreThereForTheNextContainer() throws Exception {
        var root = layers().keepingChanges(directory.resolve("kept"));
        run(root, "echo mine > /root/mine; rm -r /home");
        assertThat(directory.resolve("kept/upper/root/mine")).hasContent("mine");
        assertThat(run(root, "cat /root/mine; test -d /home || echo gone"))
                .isEqualTo("mine\ngone\n");
    }

    @Test
    void hundredsOfLayersAreStacked() throws Exception {
        var higher = new ArrayList<Path>();
        for (int i = 0; i < 499; i++) {
            higher.add(layer("layer-with-a-long-name-" + "x".repeat(180) + i, "n/" + i, "" + i));
        }
        var root = layers(higher.toArray(Path[]::new));
        assertThat(run(root, "ls /n | wc -l; cat /n/0 /n/498")).isEqualTo("499\n0498");
    }

    @Test
    void moreThanTheKernelTakesAreRefusedBeforeAnythingIsMade() throws Exception {
        var all = java.util.Collections.nCopies(501, layer("low", "x", "x"));
        assertThatThrownBy(() -> Rootfs.layers(all))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("501")
                .hasMessageContaining("500");
    }

    @Test
    void aWritableLayerMeansSomethingWithoutThoseBelow() throws Exception {
        var low = layer("low", "dir/deep/file", "contents");
        Files.writeString(low.resolve("big"), "x".repeat(100_000));
        var kept = layers(low).keepingChanges(directory.resolve("kept"));
        run(kept, "chmod 600 /big; mv /dir /moved");
        // Neither the permissions alone nor a reference to the old name are in it.
        var upper = directory.resolve("kept/upper");
        assertThat(upper.resolve("big")).hasContent("x".repeat(100_000));
        assertThat(upper.resolve("moved/deep/file")).hasContent("contents");
        assertThat(
                        run(
                                Rootfs.layers(List.of(sandbox.root().path(), upper)),
                                "cat /moved/deep/file"))
                .isEqualTo("contents");
    }

    @Test
    void onlyWhatIsRemovedWithTheContainerIsVolatile() throws Exception {
        var look = "grep ' / ' /proc/mounts";
        assertThat(run(layers(), look)).contains("volatile").doesNotContain("metacopy=on");
        assertThat(run(layers().keepingChanges(directory.resolve("kept")), look))
                .contains("overlay")
                .doesNotContain("volatile")
                .doesNotContain("redirect_dir=on");
    }

    /** Linux 6.1 as far as its version tells; the present one still takes layers as that does. */
    private static final class OldKernel implements Kernel {
        private static final int UTSNAME_SIZE = 390;
        private static final int RELEASE = 130;
        private final Kernel kernel = new LinuxKernel();

        @Override
        public Architecture architecture() {
            return kernel.architecture();
        }

        @Override
        @SuppressWarnings("restricted")
        public long call(Syscall syscall, long... arguments) {
            long result = kernel.call(syscall, arguments);
            if (syscall == Syscall.UNAME) {
                MemorySegment.ofAddress(arguments[0])
                        .reinterpret(UTSNAME_SIZE)
                        .setString(RELEASE, "6.1.0-old");
            }
            return result;
        }

        @Override
        public int launch(LaunchPlan plan, LaunchRequest request) {
            return kernel.launch(plan, request);
        }
    }

    @Test
    void anOldKernelGetsHundredsOfLayersByShortNames() throws Exception {
        var higher = new ArrayList<Path>();
        higher.add(sandbox.root().path());
        for (int i = 0; i < 200; i++) {
            higher.add(layer("layer,with:a-long-name-" + "x".repeat(150) + i, "n/" + i, "" + i));
        }
        var places = PelagosPaths.under(directory.resolve("old"));
        try (var old = Pelagos.open(places, new OldKernel())) {
            for (var root :
                    List.of(
                            Rootfs.layers(higher),
                            Rootfs.layers(higher).inMemory(),
                            Rootfs.layers(higher).keepingChanges(directory.resolve("k:ept")))) {
                var builder =
                        old.container(root)
                                .command("sh", "-c", "ls /n | wc -l; cat /n/199; echo y > /mine");
                assertThat(builder.explain())
                        .contains("mount(\"overlay\", \".\", \"overlay\"")
                        .doesNotContain("lowerdir+");
                var result = builder.run();
                assertThat(result.stderr()).isEmpty();
                assertThat(result.stdout()).isEqualTo("200\n199");
            }
            assertThat(directory.resolve("k:ept/upper/mine")).hasContent("y");
            assertThatThrownBy(
                            () ->
                                    old.container(Rootfs.layers(higher).idMapped())
                                            .command("true")
                                            .userNamespace(IDS, IDS)
                                            .start())
                    .isInstanceOf(UnsupportedHostException.class)
                    .hasMessageContaining("6.5")
                    .hasMessageContaining("6.1");
        }
        assertThat(places.scratch().overlayRoot()).isEmptyDirectory();
    }

    @Test
    void namesThatMeanSomethingToOverlayfsAreTakenAsTheyAre() throws Exception {
        var odd = layer("a:b,upperdir=c\\d", "etc/word", "odd");
        assertThat(run(layers(odd), "cat /etc/word")).isEqualTo("odd");
    }

    @Test
    void usersAreLookedUpThroughAllLayers() throws Exception {
        var high = layer("high", "data/accounts", "made:x:77:78:made:/made:/bin/sh\n");
        Files.createDirectories(high.resolve("etc"));
        Files.createSymbolicLink(high.resolve("etc/passwd"), Path.of("../../data/accounts"));
        var result = sandbox.sh(layers(high), "id -u; id -g; echo $HOME").user("made").run();
        assertThat(result.stdout()).isEqualTo("77\n78\n/made\n");
    }

    @Test
    void rootHasTheOwnerAndModeOfTheHighestLayer() throws Exception {
        var high = layer("high", "x", "x");
        Files.setAttribute(high, "unix:mode", 0711);
        Files.setAttribute(high, "unix:uid", 5);
        assertThat(run(layers(high), "stat -c '%a %u' /")).isEqualTo("711 5\n");
    }

    @Test
    void missingLayerIsNamedAndNothingIsLeft() {
        var missing = directory.resolve("missing");
        assertThatThrownBy(() -> sandbox.sh(layers(missing), "true").start())
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining(missing.toString())
                .hasMessageContaining("ENOENT");
        assertThat(scratch()).doesNotExist();
    }

    @Test
    void failedStartLeavesNoWritableLayer() {
        var container = sandbox.pelagos().container(layers()).command("/no/such");
        assertThatThrownBy(container::start).isInstanceOf(CommandException.class);
        assertThat(scratch()).isEmptyDirectory();
    }

    @Test
    void planNamesTheLayers() throws Exception {
        var low = layer("low", "x", "x");
        assertThat(sandbox.sh(layers(low), "true").explain())
                .contains("fsconfig($overlay context, FSCONFIG_SET_STRING, \"lowerdir+\", \"low\"")
                .contains("\"redirect_dir\", \"nofollow\"")
                .contains("FSCONFIG_SET_FLAG, \"volatile\"");
    }

    @Test
    void layersWhoseOwnersHaveDiedAreRemovedWhenPelagosIsOpened() throws Exception {
        var left = Files.createDirectories(scratch().resolve("overlay-1-0/upper/deep"));
        Files.writeString(scratch().resolve("overlay-1-0/owner"), "a-boot-long-ago pid:[1] 1 1");
        var foreign = Files.createDirectories(scratch().resolve("somebody-elses"));
        try (var again = Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")))) {
            assertThat(again.running()).isEmpty();
        }
        assertThat(left).doesNotExist();
        assertThat(scratch().resolve("overlay-1-0")).doesNotExist();
        assertThat(foreign).exists();
    }

    @Test
    void layersOfTheLivingAreLeftAloneWhenAnotherOpensPelagos() throws Exception {
        try (var container = sandbox.sh(layers(), "echo here > /mine; cat; cat /mine").start()) {
            try (var again = Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")))) {
                assertThat(again.running()).isEmpty();
            }
            container.stdin().close();
            assertThat(container.stdout().text()).isEqualTo("here\n");
        }
    }

    @Test
    void inMemoryLayerLiesInTheRuntimeDirectory() throws Exception {
        var runtime = PelagosPaths.under(directory.resolve("pelagos")).runtimeDir();
        try (var container = sandbox.sh(layers().inMemory(), "echo up; cat").start()) {
            assertThat(container.stdout().read()).isEqualTo('u');
            assertThat(runtime).isDirectoryContaining("glob:**/overlay-*");
        }
        assertThat(runtime).isDirectoryNotContaining("glob:**/overlay-*");
    }
}
