package io.pelagos.examples;

import io.pelagos.core.Pelagos;
import io.pelagos.core.PelagosException;
import io.pelagos.core.security.Capability;
import io.pelagos.examples.demo.Phases;
import io.pelagos.examples.demo.Refusal;
import io.pelagos.examples.demo.WordCount;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts the words of a text in a container, and shows what isolated it.
 *
 * <p>Exits with 0 when the words were counted, every namespace that should be was the container's
 * own, and everything that must be refused was; else with 1.
 */
public final class Demo {
    private static final List<String> OWN = List.of("cgroup", "ipc", "mnt", "net", "pid", "uts");

    /** {@code SECCOMP_MODE_FILTER} of seccomp(2). */
    private static final String FILTER = "2";

    private final PrintStream out;
    private boolean asItShouldBe = true;

    private Demo(PrintStream out) {
        this.out = out;
    }

    /**
     * Runs the demonstration.
     *
     * @param args a text file, or {@code -} for standard input
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        if (args.length != 1) {
            System.err.println("Usage: demo FILE, or - for standard input");
            System.exit(2);
        }
        try {
            var text =
                    args[0].equals("-")
                            ? System.in.readAllBytes()
                            : Files.readAllBytes(Path.of(args[0]));
            System.exit(new Demo(System.out).show(args[0], text) ? 0 : 1);
        } catch (PelagosException | IOException e) {
            System.err.println("demo: " + (e instanceof IOException ? e : e.getMessage()));
            System.exit(1);
        }
    }

    private boolean show(String name, byte[] text) throws IOException, InterruptedException {
        try (var phases = Phases.of(WordCount.NAME, "ContainerStart", "ContainerEnd");
                var pelagos = Pelagos.open()) {
            var count = WordCount.of(pelagos, text);
            showCount(name, count);
            showIsolation(count);
            var refusals = Refusal.all(pelagos);
            showPhases(count, phases);
            showRefusals(refusals);
        }
        return asItShouldBe;
    }

    private void showCount(String name, WordCount count) {
        heading("Counted in a container: " + (name.equals("-") ? "standard input" : name));
        var total = count.total();
        out.printf("  %d lines, %d words, %d bytes%n", total.get(0), total.get(1), total.get(2));
        out.println("  most frequent:");
        count.mostFrequent().forEach(word -> out.println("    " + word));
        expect(count.exit().success(), "the container ended with " + count.exit());
    }

    private void showIsolation(WordCount count) throws IOException {
        heading("What isolated it");
        out.printf("  %-12s %-22s %-22s%n", "namespace", "here", "in the container");
        for (var line : count.namespaces()) {
            var kind = line.substring(0, line.indexOf(' '));
            var inside = line.substring(kind.length() + 1);
            var here = Files.readSymbolicLink(Path.of("/proc/self/ns", kind)).toString();
            out.printf(
                    "  %-12s %-22s %-22s %s%n",
                    kind, here, inside, here.equals(inside) ? "shared" : "its own");
            expect(!OWN.contains(kind) || !here.equals(inside), "the " + kind + " is shared");
        }
        showConfinement(count.status());
        out.println("  network interfaces: " + count.interfaces());
        expect(count.interfaces().equals("lo"), "there is a network");
        showLimits(count);
    }

    /** As the kernel tells it of the program, see proc_pid_status(5). */
    private void showConfinement(Map<String, String> status) {
        var effective = capabilities(status, "CapEff");
        boolean filtered = FILTER.equals(status.get("Seccomp"));
        boolean noNewPrivileges = "1".equals(status.get("NoNewPrivs"));
        out.println("  user and group: " + first(status, "Uid") + ", " + first(status, "Gid"));
        out.println("  capabilities: " + (effective.isEmpty() ? "none" : effective));
        out.println("  capabilities that a program could get: " + capabilities(status, "CapBnd"));
        out.println("  no new privileges: " + (noNewPrivileges ? "yes" : "no"));
        out.println("  seccomp mode: " + status.get("Seccomp") + (filtered ? " (filter)" : ""));
        expect(effective.isEmpty(), "there are capabilities");
        expect(noNewPrivileges, "there may be new privileges");
        expect(filtered, "no filter of system calls");
    }

    /** The real id; the effective, saved and file system ones stand behind it. */
    private static String first(Map<String, String> status, String field) {
        return status.getOrDefault(field, "unknown").replaceFirst("\\s.*", "");
    }

    private static Set<Capability> capabilities(Map<String, String> status, String field) {
        return Capability.ofMask(Long.parseUnsignedLong(status.getOrDefault(field, "-1"), 16));
    }

    private void showLimits(WordCount count) {
        out.println("  cgroup, by hierarchy:");
        count.cgroup().stream()
                .filter(line -> line.contains("/pelagos-"))
                .forEach(line -> out.println("    " + line));
        var memory = count.stats().memory();
        var pids = count.stats().pids();
        out.printf("  memory: %s used at most, of %s%n", memory.peak(), memory.max());
        out.printf("  processes: %s now, of %s%n", pids.current(), pids.max());
        out.printf("  processors: 1, used for %s%n", milliseconds(count.stats().cpu().usage()));
        count.warnings().forEach(warning -> out.println("  warning: " + warning));
        expect(memory.max() != null && pids.max() != null, "there are no limits");
    }

    private void showPhases(WordCount count, Phases phases) {
        heading("How long it took");
        out.printf("  until the program ran %8s%n", milliseconds(count.starting()));
        out.printf("  until it had ended    %8s%n", milliseconds(count.running()));
        phases.stop()
                .forEach(
                        (event, spans) -> {
                            out.println("  flight recorder: " + event);
                            spans.forEach(
                                    (span, micros) ->
                                            out.printf("    %-20s %,9d us%n", span, micros));
                        });
    }

    private void showRefusals(List<Refusal> refusals) {
        heading("What was refused");
        for (var refusal : refusals) {
            out.println("  " + refusal.attempt());
            out.println(
                    "    "
                            + (refusal.refused() ? "refused: " : "NOT REFUSED: ")
                            + refusal.evidence());
            expect(refusal.refused(), "not refused: " + refusal.attempt());
        }
    }

    private void expect(boolean condition, String otherwise) {
        if (!condition) {
            asItShouldBe = false;
            System.err.println("demo: " + otherwise);
        }
    }

    private void heading(String text) {
        out.println();
        out.println(text);
    }

    private static String milliseconds(@Nullable Duration duration) {
        return duration == null ? "an unknown time" : "%.1f ms".formatted(duration.toNanos() / 1e6);
    }
}
