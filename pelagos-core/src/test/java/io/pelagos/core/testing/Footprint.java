package io.pelagos.core.testing;

import static java.util.stream.Collectors.toCollection;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What this JVM has on the machine: a line of text for each thing, so that two of them can be
 * subtracted and the difference be read.
 *
 * @param processes children of this JVM, zombies included
 * @param cgroups cgroups of containers that are empty or have processes of this JVM
 * @param mounts what is mounted in this JVM's mount namespace
 * @param descriptors open descriptors, but for those that the JVM opens as it likes
 * @param files what lies in the watched directories: files, links and directories
 */
public record Footprint(
        Set<String> processes,
        Set<String> cgroups,
        Set<String> mounts,
        Set<String> descriptors,
        Set<String> files) {
    private static final Path PROC = Path.of("/proc");

    /**
     * Looks around.
     *
     * @param watched directories whose files count
     * @return what is there now
     */
    public static Footprint take(List<Path> watched) {
        var children = children();
        return new Footprint(
                children.stream().map(Footprint::describe).collect(toCollection(TreeSet::new)),
                containerCgroups(),
                mountTable(),
                openDescriptors(),
                filesIn(watched));
    }

    /**
     * Looks at processes and descriptors only, which is quick.
     *
     * @return what is there now
     */
    public static Footprint glance() {
        return new Footprint(
                children().stream().map(Footprint::describe).collect(toCollection(TreeSet::new)),
                Set.of(),
                Set.of(),
                openDescriptors(),
                Set.of());
    }

    /**
     * Tells whether there are no other cgroups now.
     *
     * @return false when one came or went
     */
    public boolean hasSameCgroups() {
        return containerCgroups().equals(cgroups);
    }

    /**
     * Returns what is here and was not there before.
     *
     * @param before an earlier look
     * @return a line for each thing, its kind first
     */
    public List<String> since(Footprint before) {
        var all = new ArrayList<String>();
        add(all, "process", processes, before.processes);
        add(all, "cgroup", cgroups, before.cgroups);
        add(all, "mount", mounts, before.mounts);
        add(all, "descriptor", descriptors, before.descriptors);
        add(all, "file", files, before.files);
        return all;
    }

    private static void add(List<String> all, String kind, Set<String> now, Set<String> before) {
        now.stream().filter(thing -> !before.contains(thing)).forEach(t -> all.add(kind + " " + t));
    }

    /**
     * Returns the processes whose parent is this JVM.
     *
     * @return their ids; a zombie that was not waited for is one too
     */
    public static List<Long> children() {
        long own = ProcessHandle.current().pid();
        try (var entries = Files.list(PROC)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.chars().allMatch(Character::isDigit))
                    .map(Long::valueOf)
                    .filter(pid -> parent(pid) == own)
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException("listing /proc", e);
        }
    }

    private static long parent(long pid) {
        var fields = stat(pid);
        return fields.length < 2 ? -1 : Long.parseLong(fields[1]);
    }

    /** The fields of {@code /proc/PID/stat} behind the name: state, parent, ...; none when gone. */
    private static String[] stat(long pid) {
        var text = read(PROC.resolve(pid + "/stat"));
        return text.isEmpty()
                ? new String[0]
                : text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
    }

    private static String describe(long pid) {
        var fields = stat(pid);
        var state = fields.length == 0 ? "gone" : fields[0];
        return pid + " " + read(PROC.resolve(pid + "/comm")).strip() + " (state " + state + ")";
    }

    private static Set<String> mountTable() {
        return read(PROC.resolve("self/mountinfo"))
                .lines()
                .map(line -> line.split(" ", 6))
                .map(fields -> fields[4] + " " + fields[5])
                .collect(toCollection(TreeSet::new));
    }

    private static Set<String> openDescriptors() {
        var all = new TreeSet<String>();
        try (var entries = Files.list(PROC.resolve("self/fd"))) {
            for (var entry : entries.toList()) {
                var target = Files.readSymbolicLink(entry).toString();
                if (isOurs(target)) {
                    all.add(entry.getFileName() + " -> " + target);
                }
            }
        } catch (java.nio.file.NoSuchFileException e) {
            // Closed between the look at the directory and at the link: look again.
            return openDescriptors();
        } catch (IOException e) {
            throw new IllegalStateException("listing /proc/self/fd", e);
        }
        return all;
    }

    /** The JVM opens jars, its own modules and files of procfs when it needs them. */
    private static boolean isOurs(String target) {
        return !target.endsWith(".jar")
                && !target.endsWith(".class")
                && !target.endsWith("/lib/modules")
                && !target.endsWith("/random")
                && !target.endsWith("/urandom")
                && !(target.startsWith("/proc/" + ProcessHandle.current().pid() + "/")
                        && target.endsWith("/fd"));
    }

    private static Set<String> containerCgroups() {
        var all = new TreeSet<String>();
        for (var base : bases()) {
            walk(base, all);
        }
        return all;
    }

    /** This JVM's own directory in each hierarchy. */
    private static Set<Path> bases() {
        var mounts = read(PROC.resolve("self/mountinfo")).lines().toList();
        var all = new TreeSet<Path>();
        for (var line : read(PROC.resolve("self/cgroup")).lines().toList()) {
            var fields = line.split(":", 3);
            for (var mount : mounts) {
                var halves = mount.split(" - ", 2);
                var system = halves[1].split(" ", 3);
                boolean matches =
                        fields[1].isEmpty()
                                ? system[0].equals("cgroup2")
                                : system[0].equals("cgroup")
                                        && List.of(system[2].split(",", -1))
                                                .containsAll(List.of(fields[1].split(",", -1)));
                if (matches) {
                    var point = Path.of(halves[0].split(" ", -1)[4]);
                    var own = point.resolve(fields[2].substring(1));
                    all.add(Files.isDirectory(own) ? own : point);
                }
            }
        }
        return all;
    }

    private static void walk(Path base, Set<String> found) {
        FileVisitor<Path> visitor =
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path at, BasicFileAttributes attrs) {
                        var name = at.getFileName();
                        if (name != null && name.toString().startsWith("pelagos-") && isOurs(at)) {
                            found.add(at.toString());
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e) {
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path at, java.io.IOException e) {
                        return FileVisitResult.CONTINUE;
                    }
                };
        try {
            Files.walkFileTree(base, Set.of(), 4, visitor);
        } catch (IOException e) {
            throw new IllegalStateException("walking " + base, e);
        }
    }

    /** Others may run containers on this machine: theirs have processes, which are not ours. */
    private static boolean isOurs(Path cgroup) {
        var processes = read(cgroup.resolve("cgroup.procs")).lines().toList();
        return Files.isDirectory(cgroup)
                && (processes.isEmpty()
                        || processes.stream().anyMatch(pid -> descends(Long.parseLong(pid))));
    }

    private static boolean descends(long pid) {
        long own = ProcessHandle.current().pid();
        for (long at = pid; at > 1; at = parent(at)) {
            if (at == own) {
                return true;
            }
        }
        return false;
    }

    private static Set<String> filesIn(List<Path> watched) {
        var all = new TreeSet<String>();
        for (var directory : watched) {
            if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                try (Stream<Path> entries = Files.walk(directory)) {
                    entries.forEach(entry -> all.add(entry.toString()));
                } catch (IOException e) {
                    throw new IllegalStateException("walking " + directory, e);
                }
            }
        }
        return all;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
