package io.pelagos.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The programs that are measured beside ours, as far as they are installed.
 *
 * @param scratch where their bundles and state go
 * @param helpers where the C programs were compiled to
 */
record Peers(Scratch scratch, Path helpers) {
    /** The same system calls from a small C program: what a start costs the kernel. */
    Optional<Subject> floor() {
        var floor = helpers.resolve("floor");
        return Files.isExecutable(floor)
                ? Optional.of(
                        new Driven(
                                "floor",
                                times ->
                                        List.of(
                                                floor.toString(),
                                                scratch.root().toString(),
                                                Integer.toString(times))))
                : Optional.empty();
    }

    Optional<Subject> bubblewrap() {
        return onPath("bwrap")
                .flatMap(
                        bwrap ->
                                timed(
                                        "bwrap",
                                        List.of(),
                                        List.of(
                                                bwrap,
                                                "--unshare-all",
                                                "--bind",
                                                scratch.root().toString(),
                                                "/",
                                                "--proc",
                                                "/proc",
                                                "--dev",
                                                "/dev",
                                                "--mqueue",
                                                "/dev/mqueue",
                                                "--tmpfs",
                                                "/dev/shm",
                                                "--cap-drop",
                                                "ALL",
                                                "--clearenv",
                                                "--die-with-parent",
                                                "/bin/true")));
    }

    /** crun as it runs where cgroup version 2 is all there is, without cgroups. */
    Optional<Subject> crun() throws IOException {
        var crun = onPath("crun");
        if (crun.isEmpty()) {
            return Optional.empty();
        }
        var bundle = scratch.subdirectory("crun-bundle");
        Bundle.write(bundle, scratch.root(), "");
        var view =
                "umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"";
        return timed(
                "crun",
                List.of("unshare", "-m", "sh", "-c", view, "sh"),
                List.of(
                        crun.get(),
                        "--root",
                        scratch.subdirectory("crun-state").toString(),
                        "--cgroup-manager=disabled",
                        "run",
                        "--bundle",
                        bundle.toString(),
                        name()));
    }

    /** runc, with cgroups below the caller's own; it removes them itself. */
    Optional<Subject> runc() throws IOException {
        var runc = onPath("runc");
        if (runc.isEmpty()) {
            return Optional.empty();
        }
        var bundle = scratch.subdirectory("runc-bundle");
        Bundle.write(bundle, scratch.root(), name());
        return timed(
                "runc",
                List.of(),
                List.of(
                        runc.get(),
                        "--root",
                        scratch.subdirectory("runc-state").toString(),
                        "run",
                        "--bundle",
                        bundle.toString(),
                        name()));
    }

    /** The timer is needed: from the JVM a peer would be timed with what the JVM adds. */
    private Optional<Subject> timed(String name, List<String> around, List<String> command) {
        var timer = helpers.resolve("timeit");
        return Files.isExecutable(timer)
                ? Optional.of(Driven.within(name, around, timer, command))
                : Optional.empty();
    }

    private static String name() {
        return "pelagos-bench-" + ProcessHandle.current().pid();
    }

    private static Optional<String> onPath(String program) {
        for (var directory : System.getenv("PATH").split(File.pathSeparator, -1)) {
            var file = Path.of(directory, program);
            if (Files.isExecutable(file)) {
                return Optional.of(file.toString());
            }
        }
        return Optional.empty();
    }
}
