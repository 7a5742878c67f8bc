package io.pelagos.core;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Stdio;
import java.nio.file.Path;
import java.util.List;

/** Runs one container in the foreground, as a command line would, in a JVM of its own. */
final class ForegroundMain {
    private ForegroundMain() {}

    public static void main(String[] args) throws InterruptedException {
        var output = System.getProperty("output");
        var spec =
                ContainerBuilder.describing(Rootfs.host())
                        .command(List.of(System.getProperty("command").split(",", -1)))
                        .stdin(Stdio.NULL)
                        .stdout(
                                output == null
                                        ? Stdio.INHERIT
                                        : new Stdio.ToFile(Path.of(output), false))
                        .stderr(Stdio.INHERIT)
                        .spec();
        var paths = PelagosPaths.under(Path.of(System.getProperty("directory")));
        System.exit(ProcessLauncher.of(paths).run(spec).code());
    }
}
