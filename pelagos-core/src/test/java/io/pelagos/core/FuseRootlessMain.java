package io.pelagos.core;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.OverlayBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/** What an ordinary user does with layers that fuse-overlayfs stacks, each told in a line. */
final class FuseRootlessMain {
    private static final String WHO =
            "grep -c '^fuse-overlayfs / fuse.fuse-overlayfs' /proc/mounts";

    private final Path home;
    private final Path root;
    private final Pelagos pelagos;

    private FuseRootlessMain(Path home, Path root, Pelagos pelagos) {
        this.home = home;
        this.root = root;
        this.pelagos = pelagos;
    }

    /**
     * Does it.
     *
     * @param args what is done, the user's home, and a root file system
     */
    public static void main(String[] args) throws Exception {
        var home = Path.of(args[1]);
        try (var pelagos = Pelagos.open(PelagosPaths.under(home.resolve("pelagos")))) {
            var main = new FuseRootlessMain(home, Path.of(args[2]), pelagos);
            switch (args[0]) {
                case "all" -> main.all();
                case "auto" -> main.auto();
                case "other" -> main.onOtherFileSystem();
                case "fail" -> main.tell("failed", () -> main.run(OverlayBackend.FUSE, "true"));
                case "stay" -> main.stay();
                case "detach" -> main.detach();
                case "attach" -> main.attach();
                default -> throw new IllegalArgumentException(args[0]);
            }
        }
    }

    private void tell(String what, Callable<String> action) {
        String result;
        try {
            result = action.call();
        } catch (Exception e) {
            result = e.toString();
        }
        System.out.println(what + ": " + result.strip().replaceAll("\\s+", " "));
    }

    private Rootfs.Layers layers(OverlayBackend backend) {
        return Rootfs.layers(List.of(root)).stackedBy(backend);
    }

    private ContainerBuilder sh(OverlayBackend backend, String script) {
        return pelagos.container(layers(backend)).command("sh", "-c", script);
    }

    private String run(OverlayBackend backend, String script) throws InterruptedException {
        return shown(sh(backend, script).run());
    }

    private static String shown(Result result) {
        return result.stdout() + result.stderr() + (result.success() ? "" : result.exit());
    }

    private String mounts() throws IOException {
        return Files.readString(Path.of("/proc/self/mountinfo"));
    }

    private void all() throws Exception {
        var before = mounts();
        var fuse = OverlayBackend.FUSE;
        tell("who", () -> run(fuse, WHO));
        tell(
                "changed",
                () -> run(fuse, "echo more >> /etc/passwd; rm /etc/group; mkdir /n; ls / /etc"));
        tell(
                "owned",
                () ->
                        run(
                                fuse,
                                "cp /etc/group /g; chown app:web /g; stat -c '%u %g' /g"
                                        + " /etc/group"));
        tell("user", () -> shown(sh(fuse, "id -u; echo $HOME; echo x > /tmp/x").user("app").run()));
        tell("hidden", () -> run(fuse, "ps | grep -c '[f]use-overlayfs'"));
        tell("exec", this::exec);
        tell("diff", this::diff);
        tell("forked", this::forked);
        tell("kept", this::kept);
        tell(
                "scratch",
                () -> {
                    try (var left = Files.list(home.resolve("pelagos/data/scratch"))) {
                        return left.count() + " left";
                    }
                });
        tell("mounts", () -> before.equals(mounts()) ? "same" : mounts());
    }

    private String exec() throws InterruptedException {
        try (var container = sh(OverlayBackend.FUSE, "rm /etc/group; sleep 1000").start()) {
            return shown(
                    container
                            .exec(
                                    "sh",
                                    "-c",
                                    "id -u; echo $HOME; cat /etc/hostname; touch /home/app/x")
                            .user("app")
                            .run());
        }
    }

    private static final String CHANGES =
            "mkdir /new; echo x > /new/file; echo more >> /etc/passwd; rm /etc/group;"
                    + " rm -r /home/app; mkdir /home/app; echo y > /home/app/mine; echo ready; cat";

    private String diff() throws Exception {
        try (var container = sh(OverlayBackend.FUSE, CHANGES).start()) {
            container.awaitReady(Ready.log("ready"), java.time.Duration.ofSeconds(60));
            String copied;
            try {
                container.copyOut("/etc/passwd", home.resolve("copied"));
                copied = "copied";
            } catch (UnsupportedHostException e) {
                copied = e.getMessage();
            }
            return container.diff().stream().map(Object::toString).sorted().toList() + copied;
        }
    }

    /** The layer means the same to the kernel. */
    private String forked() throws Exception {
        var layer = home.resolve("committed");
        var kept = layers(OverlayBackend.FUSE).keepingChanges(home.resolve("changed"));
        try (var container = pelagos.container(kept).command("sh", "-c", CHANGES).start()) {
            container.stdin().close();
            container.waitFor();
            container.commit(layer);
        }
        var script =
                "ls -a /home/app /new; test -e /etc/group || echo gone; tail -n 1 /etc/passwd"
                        + "; grep -c ' / overlay ' /proc/mounts";
        return shown(
                pelagos.container(
                                Rootfs.layers(List.of(root, layer))
                                        .stackedBy(OverlayBackend.KERNEL))
                        .command("sh", "-c", script)
                        .run());
    }

    private String kept() throws Exception {
        var kept = layers(OverlayBackend.FUSE).keepingChanges(home.resolve("kept"));
        shown(pelagos.container(kept).command("sh", "-c", "rm -r /home; echo 1 > /one").run());
        return shown(
                pelagos.container(kept.stackedBy(OverlayBackend.AUTO))
                        .command("sh", "-c", "ls -d /home; cat /one; " + WHO)
                        .run());
    }

    private void auto() {
        tell(
                "auto",
                () ->
                        run(
                                OverlayBackend.AUTO,
                                "echo x >> /etc/passwd; tail -n 1 /etc/passwd; " + WHO));
        tell("kernel", () -> run(OverlayBackend.KERNEL, "echo x >> /etc/passwd"));
    }

    /** Where the writable layers lie on a file system that the kernel does not take for them. */
    private void onOtherFileSystem() {
        tell("kernel", () -> run(OverlayBackend.KERNEL, "true"));
        tell("auto", () -> run(OverlayBackend.AUTO, WHO + "; rm /etc/group; ls /etc"));
        tell("diff", this::diff);
    }

    /** Starts one that runs until this JVM is killed. */
    private void stay() throws Exception {
        var container = sh(OverlayBackend.FUSE, "echo ready; sleep 1000").start();
        container.awaitReady(Ready.log("ready"), java.time.Duration.ofSeconds(60));
        System.out.println("ready: " + container.pid());
        container.waitFor();
    }

    private void detach() throws Exception {
        var container =
                sh(OverlayBackend.FUSE, "echo mine > /mine; echo ready; sleep 1000")
                        .name("queue")
                        .startDetached();
        container.awaitReady(Ready.log("ready"), java.time.Duration.ofSeconds(60));
        System.out.println("detached: queue");
    }

    private void attach() throws Exception {
        var found = pelagos.containers().find("queue");
        tell("exec", () -> shown(found.exec("sh", "-c", "cat /mine; id -un").user("app").run()));
        tell("diff", () -> found.diff().toString());
        tell("stopped", () -> found.stop(java.time.Duration.ZERO).toString());
        tell(
                "again",
                () -> {
                    found.start();
                    found.awaitReady(Ready.log("ready"), java.time.Duration.ofSeconds(60));
                    var text = shown(found.exec("sh", "-c", "cat /mine; " + WHO).run());
                    found.stop(java.time.Duration.ZERO);
                    return text;
                });
        found.remove(false);
    }
}
