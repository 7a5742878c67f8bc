package io.pelagos.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Stdio;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

/** What an ordinary user does with containers, each thing told in a line. */
final class RootlessMain {
    private final Path directory;
    private final Pelagos pelagos;

    private RootlessMain(Path directory, Pelagos pelagos) {
        this.directory = directory;
        this.pelagos = pelagos;
    }

    public static void main(String[] args) throws Exception {
        var directory = Path.of(args[0]);
        try (var pelagos = Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")))) {
            var main = new RootlessMain(directory, pelagos);
            main.tell("identity", () -> main.host("id -u; id -g; hostname"));
            main.tell("map", () -> main.host("cat /proc/self/uid_map"));
            main.tell("warnings", () -> main.warnings());
            main.tell("user", () -> main.user());
            main.tell("unmapped", () -> main.unmapped());
            main.tell(
                    "confined", () -> main.host("grep -E 'NoNewPrivs|Seccomp:' /proc/self/status"));
            main.tell(
                    "devices", () -> main.host("echo x > /dev/null; head -c 2 /dev/zero | od -c"));
            main.tell("written", () -> main.written());
            main.tell("exec", () -> main.exec());
            main.tell("terminal", () -> main.terminal());
            main.tell("layers", () -> main.layers());
            main.tell("others", () -> main.others());
            main.tell("detached", () -> main.detached());
            main.tell("healthy", () -> main.healthy());
            main.tell("volume", () -> main.volume());
            main.tell("typed", () -> main.typed());
            main.tell("copied", () -> main.copied());
            main.tell("listening", () -> main.listening());
            main.tell("privileged", () -> main.privileged());
            main.tell("shared", () -> main.sharedPid());
            main.tell("groups", () -> main.groups());
            main.tell("nested", () -> main.nested());
            main.tell("device", () -> main.device());
            main.tell("required", () -> main.required());
            main.tell("stopped", () -> main.stopped());
            main.tell("ready", () -> main.ready());
            main.tell("kept", () -> main.kept());
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

    private ContainerBuilder sh(String script) {
        return pelagos.container(Rootfs.host()).hostname("box").command("sh", "-c", script);
    }

    private String host(String script) throws InterruptedException {
        return shown(sh(script).run());
    }

    private static String shown(Result result) {
        return result.stdout() + result.stderr() + (result.success() ? "" : result.exit());
    }

    private String warnings() throws InterruptedException {
        return String.join("; ", sh("true").run().warnings());
    }

    private String user() throws InterruptedException {
        return shown(sh("id -u; id -g").user(1000, 1000).run());
    }

    private String unmapped() throws InterruptedException {
        return shown(sh("id -u").user(200_000_000, 0).run());
    }

    private String written() throws Exception {
        var shared = Files.createDirectories(directory.resolve("shared"));
        shown(sh("echo text > /data/file").mount(Mount.bind(shared, "/data")).run());
        return Files.getOwner(shared.resolve("file")).getName()
                + " "
                + Files.readString(shared.resolve("file"));
    }

    private String exec() throws InterruptedException {
        try (var container = sh("sleep 1000").start()) {
            return shown(container.exec("sh", "-c", "id -u; hostname; echo $$ > /dev/null").run());
        }
    }

    private String terminal() throws Exception {
        try (var container = sh("tty; stty size").terminal(30, 90).start()) {
            return new String(container.terminal().output().readAllBytes(), UTF_8);
        }
    }

    private String layers() throws Exception {
        var lower = Files.createDirectories(directory.resolve("lower"));
        for (var name : List.of("usr", "bin", "lib", "lib64", "proc", "dev", "sys", "tmp")) {
            Files.createDirectories(lower.resolve(name));
        }
        Files.writeString(lower.resolve("kept"), "kept");
        Files.writeString(lower.resolve("gone"), "gone");
        var builder =
                pelagos.container(Rootfs.layers(List.of(lower)))
                        .command("sh", "-c", "rm /gone; echo new > /new; ls -d /gone /kept /new");
        for (var tree : List.of("/usr", "/bin", "/lib", "/lib64")) {
            builder.mount(Mount.readOnly(Path.of(tree), tree));
        }
        var result = builder.run();
        return result.stdout() + Files.exists(lower.resolve("gone")) + " " + result.stderr();
    }

    /** Directories of a subordinate id, which this user may not empty from outside. */
    private String others() throws Exception {
        var lower = Files.createDirectories(directory.resolve("open"));
        for (var name : List.of("usr", "bin", "lib", "lib64", "proc", "dev", "sys", "free")) {
            Files.createDirectories(lower.resolve(name));
        }
        Files.setPosixFilePermissions(
                lower.resolve("free"), PosixFilePermissions.fromString("rwxrwxrwx"));
        var builder =
                pelagos.container(Rootfs.layers(List.of(lower)))
                        .user(1000, 1000)
                        .command("sh", "-c", "mkdir -p /free/a/b; echo x > /free/a/b/c; id -u");
        for (var tree : List.of("/usr", "/bin", "/lib", "/lib64")) {
            builder.mount(Mount.readOnly(Path.of(tree), tree));
        }
        var result = builder.run();
        try (var left = Files.list(pelagos.paths().scratch().overlayRoot())) {
            return result.stdout() + left.toList() + result.stderr();
        }
    }

    private String detached() throws Exception {
        var id = sh("echo begun; sleep 1000").name("queue").startDetached().id();
        var found = pelagos.containers().find("queue");
        found.awaitReady(Ready.log("begun"), Duration.ofSeconds(30));
        var inside = found.exec("id", "-u").run().stdout().strip();
        var exit = found.stop(Duration.ZERO);
        found.remove(false);
        return inside + " " + found.id().equals(id) + " " + exit;
    }

    private String healthy() throws Exception {
        var container =
                sh("sleep 1000")
                        .name("healthy")
                        .healthCheck(
                                HealthCheck.command("/usr/bin/id", "-u")
                                        .every(Duration.ofMillis(50), Duration.ofSeconds(20)))
                        .startDetached();
        try {
            container.awaitReady(Ready.healthy(), Duration.ofSeconds(60));
            return "yes";
        } finally {
            container.kill();
            container.waitFor();
            container.remove(false);
        }
    }

    private String volume() throws InterruptedException {
        var volume = pelagos.volumes().create("mine");
        var written = sh("echo kept > /data/file").mount(volume.at("/data")).run();
        var read = sh("cat /data/file; stat -c %u /data/file").mount(volume.at("/data")).run();
        // What another user of the container makes this user may not empty from outside.
        var others = "mkdir -p /data/a/b; echo x > /data/a/b/c; chown -R 1000:1000 /data/a";
        written = shown(written).isEmpty() ? sh(others).mount(volume.at("/data")).run() : written;
        pelagos.volumes().remove("mine");
        return shown(written) + shown(read) + pelagos.volumes().list().size();
    }

    /** A terminal of one more process. */
    private String typed() throws Exception {
        try (var container = sh("sleep 1000").start();
                var exec =
                        container.exec("sh", "-c", "tty; read x; echo got $x").terminal().start()) {
            var terminal = exec.terminal();
            terminal.input().write("word\n".getBytes(UTF_8));
            terminal.input().flush();
            return new String(terminal.output().readAllBytes(), UTF_8);
        }
    }

    private String copied() throws Exception {
        var file = Files.writeString(directory.resolve("in"), "through the root");
        try (var container = sh("sleep 1000").start()) {
            container.copyIn(file, "/tmp/in");
            container.copyOut("/tmp/in", directory.resolve("out"));
            return Files.readString(directory.resolve("out"));
        }
    }

    private String listening() throws InterruptedException {
        var address = UnixDomainSocketAddress.of(directory.resolve("s"));
        var script = "echo $LISTEN_FDS $LISTEN_PID; ls -l /proc/self/fd/3 | grep -c socket:";
        return shown(sh(script).listen("s", address).run());
    }

    private String privileged() throws InterruptedException {
        var result = sh("mount -t tmpfs none /tmp && echo mounted").privileged().run();
        return shown(result) + String.join("; ", result.warnings());
    }

    private String sharedPid() throws InterruptedException {
        return shown(
                sh("test $$ -ne 1 && echo same").share(io.pelagos.core.spec.Namespace.PID).run());
    }

    private String groups() throws InterruptedException {
        return shown(sh("id -G").groups("4", "24").run());
    }

    /** A user namespace in that of the container. */
    private String nested() throws InterruptedException {
        return shown(
                sh("unshare --user --map-root-user id -u")
                        .seccomp(io.pelagos.core.security.SeccompProfile.unconfined())
                        .run());
    }

    private String ready() throws Exception {
        var atMost = Duration.ofSeconds(30);
        var server = sh("exec busybox httpd -f -p 127.0.0.1:8080 -h /etc");
        try (var container =
                server.healthCheck(HealthCheck.tcp(8080).every(Duration.ofMillis(20), atMost))
                        .awaitReady(
                                atMost,
                                Ready.port(8080),
                                Ready.http(8080, "/hostname"),
                                Ready.healthy())
                        .start()) {
            var detached =
                    sh("exec busybox httpd -f -p 127.0.0.1:8080 -h /etc")
                            .healthCheck(
                                    HealthCheck.http(8080, "/hostname")
                                            .every(Duration.ofMillis(20), atMost))
                            .awaitReady(atMost, Ready.port(8080), Ready.healthy())
                            .startDetached();
            var health = container.health() + " " + detached.inspect().health();
            detached.remove(true);
            return health;
        }
    }

    private String kept() throws Exception {
        var container = sh("cat").stdin(Stdio.PIPE).startDetached();
        try (var input = container.stdin()) {
            input.write("text\n".getBytes(UTF_8));
            input.end();
        }
        var exit = container.waitFor();
        var lines = container.logs().lines();
        container.remove(false);
        return lines.getFirst().text() + " " + exit;
    }

    private String device() throws InterruptedException {
        return shown(
                sh("true")
                        .device(
                                new io.pelagos.core.spec.Device(
                                        "/dev/mine",
                                        io.pelagos.core.spec.Device.Type.CHARACTER,
                                        1,
                                        3,
                                        new io.pelagos.core.spec.FileMode(0666),
                                        0,
                                        0,
                                        "rwm"))
                        .run());
    }

    private String required() throws InterruptedException {
        return shown(sh("true").pids(10).required().run());
    }

    private String stopped() throws InterruptedException {
        try (var container = sh("sleep 1000").init().start()) {
            return container.stop(Duration.ofSeconds(20)).toString();
        }
    }
}
