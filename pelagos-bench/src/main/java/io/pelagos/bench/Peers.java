package io.pelagos.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
        Bundle.write(bundle, scratch.root(), "", "/bin/true");
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
        Bundle.write(bundle, scratch.root(), name(), "/bin/true");
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

    /** A further process by crun in a container of crun. */
    Optional<Subject> crunExec() throws IOException, InterruptedException {
        var crun = onPath("crun");
        if (crun.isEmpty()) {
            return Optional.empty();
        }
        var view =
                "umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"";
        return exec(
                "exec-crun",
                List.of("unshare", "-m", "sh", "-c", view, "sh"),
                List.of(
                        crun.get(),
                        "--root",
                        scratch.subdirectory("crun-exec-state").toString(),
                        "--cgroup-manager=disabled"),
                "");
    }

    /** A further process by runc in a container of runc. */
    Optional<Subject> runcExec() throws IOException, InterruptedException {
        var runc = onPath("runc");
        return runc.isEmpty()
                ? Optional.empty()
                : exec(
                        "exec-runc",
                        List.of(),
                        List.of(
                                runc.get(),
                                "--root",
                                scratch.subdirectory("runc-exec-state").toString()),
                        name() + "-exec");
    }

    private Optional<Subject> exec(
            String name, List<String> around, List<String> runtime, String cgroup)
            throws IOException, InterruptedException {
        var timer = helpers.resolve("timeit");
        if (!Files.isExecutable(timer)) {
            return Optional.empty();
        }
        var bundle = scratch.subdirectory(name + "-bundle");
        Bundle.write(bundle, scratch.root(), cgroup, "/bin/sleep", "100000");
        var container = name() + "-" + name;
        var start = new ArrayList<>(around);
        start.addAll(runtime);
        start.addAll(List.of("run", "--detach", "--bundle", bundle.toString(), container));
        Command.quietly(start);
        var exec = new ArrayList<>(runtime);
        exec.addAll(List.of("exec", container, "/bin/true"));
        var delete = new ArrayList<>(around);
        delete.addAll(runtime);
        delete.addAll(List.of("delete", "--force", container));
        return Optional.of(
                new Ended(Driven.within(name, around, timer, exec), List.copyOf(delete)));
    }

    /** A subject after which something is run. */
    private record Ended(Subject subject, List<String> end) implements Subject {
        @Override
        public String name() {
            return subject.name();
        }

        @Override
        public long[] run(int times) throws IOException, InterruptedException {
            return subject.run(times);
        }

        @Override
        public void close() throws IOException {
            try {
                subject.close();
                Command.quietly(end);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
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

    /** Looks where the shell looks. */
    static Optional<String> onPath(String program) {
        for (var directory : System.getenv("PATH").split(File.pathSeparator, -1)) {
            var file = Path.of(directory, program);
            if (Files.isExecutable(file)) {
                return Optional.of(file.toString());
            }
        }
        return Optional.empty();
    }
}
