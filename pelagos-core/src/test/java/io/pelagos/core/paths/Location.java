package io.pelagos.core.paths;

import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * One function of {@link PelagosPaths} or of its groups, as the tests go over them.
 *
 * @param function its name with its group, {@code images.blobPath}
 * @param base the root it lies under
 * @param input what it is computed from
 * @param call computes it
 */
record Location(
        String function, Base base, Input input, BiFunction<PelagosPaths, String, Path> call) {
    enum Base {
        CONFIG,
        DATA,
        SCRATCH,
        RUNTIME
    }

    enum Input {
        NOTHING,
        NAME,
        NETWORK,
        REFERENCE,
        DIGEST,
        PID,
        PID_AND_COUNTER
    }

    Path path(PelagosPaths paths, String input) {
        return call.apply(paths, input);
    }

    @Override
    public String toString() {
        return function;
    }

    static final List<Location> ALL =
            List.of(
                    fixed("configFile", Base.CONFIG, PelagosPaths::configFile),
                    fixed("dockerConfigFile", Base.CONFIG, p -> p.dockerConfigFile().orElseThrow()),
                    fixed("dataDir", Base.DATA, PelagosPaths::dataDir),
                    fixed("runtimeDir", Base.RUNTIME, PelagosPaths::runtimeDir),
                    fixed("scratchRoot", Base.SCRATCH, PelagosPaths::scratchRoot),
                    fixed("volumesDir", Base.DATA, PelagosPaths::volumesDir),
                    named("volumeDir", Base.DATA, PelagosPaths::volumeDir),
                    named("volumeLabels", Base.DATA, PelagosPaths::volumeLabels),
                    fixed("rootfsStoreDir", Base.DATA, PelagosPaths::rootfsStoreDir),
                    named("rootfsDir", Base.DATA, PelagosPaths::rootfsDir),
                    fixed("launchDir", Base.RUNTIME, PelagosPaths::launchDir),
                    fixed("locksDir", Base.RUNTIME, PelagosPaths::locksDir),
                    fixed("leasesDir", Base.DATA, PelagosPaths::leasesDir),
                    fixed("images.imagesDir", Base.DATA, p -> p.images().imagesDir()),
                    image("images.imageDir", (p, r) -> p.images().imageDir(r)),
                    image("images.manifestFile", (p, r) -> p.images().manifestFile(r)),
                    image("images.ociConfigFile", (p, r) -> p.images().ociConfigFile(r)),
                    fixed("images.layersDir", Base.DATA, p -> p.images().layersDir()),
                    digest("images.layerDir", (p, d) -> p.images().layerDir(d)),
                    digest("images.partialLayerDir", (p, d) -> p.images().partialLayerDir(d)),
                    digest("images.layerCompleteFile", (p, d) -> p.images().layerCompleteFile(d)),
                    digest("images.rootlessLayerFile", (p, d) -> p.images().rootlessLayerFile(d)),
                    fixed("images.blobsDir", Base.DATA, p -> p.images().blobsDir()),
                    digest("images.blobPath", (p, d) -> p.images().blobPath(d)),
                    digest("images.blobDiffidPath", (p, d) -> p.images().blobDiffidPath(d)),
                    fixed("images.buildCacheDir", Base.DATA, p -> p.images().buildCacheDir()),
                    digest("images.buildCacheFile", (p, d) -> p.images().buildCacheFile(d)),
                    runtime("cgroupParentsDir", PelagosPaths::cgroupParentsDir),
                    runtime("containers.containersDir", p -> p.containers().containersDir()),
                    container("containerDir", (c, n) -> c.containerDir(n)),
                    container("containerStateFile", (c, n) -> c.containerStateFile(n)),
                    container("stdoutLog", (c, n) -> c.stdoutLog(n)),
                    container("stderrLog", (c, n) -> c.stderrLog(n)),
                    container("upperDir", (c, n) -> c.upperDir(n)),
                    container("workDir", (c, n) -> c.workDir(n)),
                    container("lockFile", (c, n) -> c.lockFile(n)),
                    runtime(
                            "containers.containerCounterFile",
                            p -> p.containers().containerCounterFile()),
                    runtime("oci.ociDir", p -> p.oci().ociDir()),
                    oci("ociStateDir", (o, id) -> o.ociStateDir(id)),
                    oci("stateFile", (o, id) -> o.stateFile(id)),
                    oci("execSocket", (o, id) -> o.execSocket(id)),
                    oci("mgmtSocket", (o, id) -> o.mgmtSocket(id)),
                    oci("lockFile", (o, id) -> o.lockFile(id)),
                    fixed("scratch.scratchRoot", Base.SCRATCH, p -> p.scratch().scratchRoot()),
                    fixed("scratch.overlayRoot", Base.SCRATCH, p -> p.scratch().overlayRoot()),
                    numbered("overlayBase", Base.SCRATCH, ScratchPaths::overlayBase),
                    numbered("snapshotBase", Base.SCRATCH, ScratchPaths::snapshotBase),
                    numbered(
                            "overlayInMemoryBase", Base.RUNTIME, ScratchPaths::overlayInMemoryBase),
                    numbered("dnsDir", Base.RUNTIME, ScratchPaths::dnsDir),
                    numbered("resolvConf", Base.RUNTIME, ScratchPaths::resolvConf),
                    numbered("hostsDir", Base.RUNTIME, ScratchPaths::hostsDir),
                    numbered("hostsFile", Base.RUNTIME, ScratchPaths::hostsFile),
                    fixed("networks.configDir", Base.DATA, p -> p.networks().configDir()),
                    network("configDir", Base.DATA, (w, n) -> w.configDir(n)),
                    network("configFile", Base.DATA, (w, n) -> w.configFile(n)),
                    runtime("networks.runtimeDir", p -> p.networks().runtimeDir()),
                    network("runtimeDir", Base.RUNTIME, (w, n) -> w.runtimeDir(n)),
                    network("ipamFile", Base.RUNTIME, (w, n) -> w.ipamFile(n)),
                    network("ipv6IpamFile", Base.RUNTIME, (w, n) -> w.ipv6IpamFile(n)),
                    network("natRefcountFile", Base.RUNTIME, (w, n) -> w.natRefcountFile(n)),
                    network("portForwardsFile", Base.RUNTIME, (w, n) -> w.portForwardsFile(n)),
                    runtime("networks.legacyIpamFile", p -> p.networks().legacyIpamFile()),
                    runtime(
                            "networks.legacyNatRefcountFile",
                            p -> p.networks().legacyNatRefcountFile()),
                    runtime(
                            "networks.legacyPortForwardsFile",
                            p -> p.networks().legacyPortForwardsFile()),
                    runtime("networks.netnsDir", p -> p.networks().netnsDir()),
                    named("networks.netnsFile", Base.RUNTIME, (p, n) -> p.networks().netnsFile(n)),
                    runtime("networks.pastaNetnsDir", p -> p.networks().pastaNetnsDir()),
                    new Location(
                            "networks.pastaNetnsFile",
                            Base.RUNTIME,
                            Input.PID,
                            (p, pid) -> p.networks().pastaNetnsFile(Long.parseLong(pid))),
                    runtime("dns.configDir", p -> p.dns().configDir()),
                    runtime("dns.pidFile", p -> p.dns().pidFile()),
                    runtime("dns.backendFile", p -> p.dns().backendFile()),
                    runtime("dns.dnsmasqConf", p -> p.dns().dnsmasqConf()),
                    dns("networkFile", (d, n) -> d.networkFile(n)),
                    dns("lockFile", (d, n) -> d.lockFile(n)),
                    dns("hostsFile", (d, n) -> d.hostsFile(n)),
                    runtime("compose.composeDir", p -> p.compose().composeDir()),
                    named("compose.projectDir", Base.RUNTIME, (p, n) -> p.compose().projectDir(n)),
                    named("compose.stateFile", Base.RUNTIME, (p, n) -> p.compose().stateFile(n)),
                    runtime("sandboxes.sandboxesDir", p -> p.sandboxes().sandboxesDir()),
                    sandbox("dir", (s, id) -> s.dir(id)),
                    sandbox("stateFile", (s, id) -> s.stateFile(id)),
                    sandbox("pidFile", (s, id) -> s.pidFile(id)),
                    sandbox("nsNameFile", (s, id) -> s.nsNameFile(id)),
                    sandbox("nameFile", (s, id) -> s.nameFile(id)));

    private static Location fixed(String function, Base base, Function<PelagosPaths, Path> call) {
        return new Location(function, base, Input.NOTHING, (paths, _) -> call.apply(paths));
    }

    private static Location runtime(String function, Function<PelagosPaths, Path> call) {
        return fixed(function, Base.RUNTIME, call);
    }

    private static Location named(
            String function, Base base, BiFunction<PelagosPaths, String, Path> call) {
        return new Location(function, base, Input.NAME, call);
    }

    private static Location image(String function, BiFunction<PelagosPaths, String, Path> call) {
        return new Location(function, Base.DATA, Input.REFERENCE, call);
    }

    private static Location digest(String function, BiFunction<PelagosPaths, String, Path> call) {
        return new Location(function, Base.DATA, Input.DIGEST, call);
    }

    private static Location container(
            String function, BiFunction<ContainerPaths, String, Path> call) {
        return named(
                "containers." + function, Base.RUNTIME, (p, n) -> call.apply(p.containers(), n));
    }

    private static Location oci(String function, BiFunction<OciPaths, String, Path> call) {
        return named("oci." + function, Base.RUNTIME, (p, n) -> call.apply(p.oci(), n));
    }

    private static Location sandbox(String function, BiFunction<SandboxPaths, String, Path> call) {
        return named("sandboxes." + function, Base.RUNTIME, (p, n) -> call.apply(p.sandboxes(), n));
    }

    private static Location network(
            String function, Base base, BiFunction<NetworkPaths, String, Path> call) {
        return new Location(
                "networks." + function, base, Input.NETWORK, (p, n) -> call.apply(p.networks(), n));
    }

    private static Location dns(String function, BiFunction<DnsPaths, String, Path> call) {
        return new Location(
                "dns." + function, Base.RUNTIME, Input.NETWORK, (p, n) -> call.apply(p.dns(), n));
    }

    private static Location numbered(String function, Base base, Numbered call) {
        return new Location(
                "scratch." + function,
                base,
                Input.PID_AND_COUNTER,
                (paths, input) -> {
                    var dash = input.indexOf('-', 1);
                    var pid = Long.parseLong(input.substring(0, dash));
                    var counter = Integer.parseInt(input.substring(dash + 1));
                    return call.path(paths.scratch(), pid, counter);
                });
    }

    private interface Numbered {
        Path path(ScratchPaths scratch, long pid, int counter);
    }
}
