package io.pelagos.examples.demo;

import io.pelagos.core.Pelagos;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Stats;
import io.pelagos.core.spec.Stdio;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The words of a text, counted by wc(1), tr(1), sort(1) and uniq(1) in a container, and what that
 * container says about itself.
 *
 * @param total lines, words and bytes
 * @param mostFrequent words with how often they occur, the most frequent first
 * @param cgroup the lines of {@code /proc/PID/cgroup}, see cgroups(7)
 * @param namespaces kind and identity of each namespace, as the container sees them
 * @param status fields of {@code /proc/self/status}, see proc_pid_status(5)
 * @param interfaces names of network interfaces
 * @param stats what the container used, just before its end
 * @param warnings what was asked for and could not be had
 * @param exit how it ended
 * @param starting how long it took until the program ran
 * @param running how long it ran
 */
public record WordCount(
        List<Long> total,
        List<String> mostFrequent,
        List<String> cgroup,
        List<String> namespaces,
        Map<String, String> status,
        String interfaces,
        Stats stats,
        List<String> warnings,
        Exit exit,
        Duration starting,
        Duration running) {
    /** Each line that it prints begins with what the line is; it ends when its input does. */
    private static final String SCRIPT =
            """
            wc -l -w -c < /text | sed 's/^/total /'
            tr -cs '[:alpha:]' '\\n' < /text | tr '[:upper:]' '[:lower:]' | grep . |
                sort | uniq -c | sort -k1,1nr -k2 | head -n 5 | sed 's/^/word /'
            for kind in cgroup ipc mnt net pid time user uts; do
                echo "namespace $kind $(readlink /proc/self/ns/$kind)"
            done
            grep -E '^(Uid|Gid|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | sed 's/^/status /'
            echo interfaces $(ls /sys/class/net)
            echo ready
            read end || exit 0
            """;

    /** The name of the container. */
    public static final String NAME = "word-count";

    private static final String READY = "ready";

    /**
     * Counts words.
     *
     * @param pelagos who starts the container
     * @param text what to count
     * @return the result
     * @throws IOException when the container's streams fail
     * @throws InterruptedException when the thread is interrupted
     */
    public static WordCount of(Pelagos pelagos, byte[] text)
            throws IOException, InterruptedException {
        var builder =
                Sandbox.of(pelagos)
                        .name(NAME)
                        .command("sh", "-c", SCRIPT)
                        .mount(Mount.file("/text", text))
                        .stderr(Stdio.INHERIT);
        long begin = System.nanoTime();
        try (var container = builder.start()) {
            long started = System.nanoTime();
            var lines = container.stdout().lines().takeWhile(line -> !line.equals(READY)).toList();
            var cgroup = Files.readAllLines(Path.of("/proc/" + container.pid() + "/cgroup"));
            var stats = container.stats();
            container.stdin().close();
            var exit = container.waitFor();
            long ended = System.nanoTime();
            return new WordCount(
                    numbers(only(lines, "total ")),
                    having(lines, "word "),
                    cgroup,
                    having(lines, "namespace "),
                    fields(having(lines, "status ")),
                    only(lines, "interfaces "),
                    stats,
                    container.warnings(),
                    exit,
                    Duration.ofNanos(started - begin),
                    Duration.ofNanos(ended - started));
        }
    }

    private static List<String> having(List<String> lines, String prefix) {
        return lines.stream()
                .filter(line -> line.startsWith(prefix))
                .map(line -> line.substring(prefix.length()).strip())
                .toList();
    }

    private static Map<String, String> fields(List<String> lines) {
        return lines.stream()
                .map(line -> line.split(":\\s+", 2))
                .collect(Collectors.toMap(field -> field[0], field -> field[1]));
    }

    private static String only(List<String> lines, String prefix) {
        var found = having(lines, prefix);
        if (found.size() != 1) {
            throw new IllegalStateException(
                    "the container printed "
                            + found.size()
                            + " lines of "
                            + prefix
                            + "in "
                            + lines);
        }
        return found.getFirst();
    }

    private static List<Long> numbers(String line) {
        return List.of(line.split(" +", -1)).stream().map(Long::valueOf).toList();
    }
}
