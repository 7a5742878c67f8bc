package io.pelagos.examples.stories;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Result;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Mount;
import java.nio.file.Path;
import java.time.Duration;

/** An application gives files that it does not trust to a tool, which sees nothing else. */
public final class SandboxedTool {
    private SandboxedTool() {}

    /**
     * Packs an upload.
     *
     * @param upload a directory
     * @param results where {@code upload.tar.gz} appears; user 65534 must be able to write there
     * @return what came of it
     * @throws InterruptedException when the thread is interrupted
     */
    public static Result pack(Path upload, Path results) throws InterruptedException {
        try (var pelagos = Pelagos.open()) {
            return pelagos.container(Rootfs.host())
                    .command("tar", "-czf", "/out/upload.tar.gz", "-C", "/in", ".")
                    .mount(Mount.readOnly(upload, "/in"))
                    .mount(Mount.bind(results, "/out"))
                    .user(65534, 65534)
                    .memory(MiB.of(512))
                    .cpus(1.5)
                    .pids(64)
                    .timeout(Duration.ofMinutes(2))
                    .run();
        }
    }

    /**
     * Packs a directory.
     *
     * @param args the directory of the upload and that of the results
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        var result = pack(Path.of(args[0]), Path.of(args[1]));
        switch (result.exit()) {
            case Exit.Code(int code) when code == 0 -> System.out.println("packed");
            case Exit.Code(int code) -> System.out.println(code + ": " + result.stderr());
            case Exit.OutOfMemory oom -> System.out.println("too large: " + oom);
            case Exit.TimedOut late -> System.out.println("takes too long: " + late);
            case Exit.Killed killed -> System.out.println("crashed: " + killed);
        }
    }
}
