package io.pelagos.examples.cli;

import io.pelagos.core.ContainerFilter;
import io.pelagos.core.ContainerInfo;
import io.pelagos.core.ContainerStateException;
import io.pelagos.core.Pelagos;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Stats;
import java.io.Console;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Shows what containers use of the machine. */
@Command(
        name = "stats",
        sortOptions = false,
        description = "Show what containers use, anew each second, until interrupted.")
final class StatsCommand extends ContainerCommand {
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final String CLEAR = "\u001b[H\u001b[2J";

    /** One measurement, and the share of a processor since the one before. */
    private record Sample(String name, Stats stats, double processors, long nanos) {}

    private static final Listing<Sample> LISTING =
            new Listing<>(
                    List.of(
                            Column.text("name", "NAME", Sample::name),
                            new Column<>(
                                    "cpu_percent",
                                    "CPU %",
                                    s -> JsonNodeFactory.instance.numberNode(100 * s.processors()),
                                    s -> "%.1f".formatted(100 * s.processors())),
                            bytes("memory", "MEMORY", s -> s.stats().memory().current()),
                            bytes("memory_limit", "LIMIT", s -> s.stats().memory().max()),
                            bytes("memory_peak", "PEAK", s -> s.stats().memory().peak()),
                            new Column<>(
                                    "pids",
                                    "PIDS",
                                    s -> number(s.stats().pids().current()),
                                    s -> shown(s.stats().pids().current())),
                            Column.number(
                                    "read_bytes",
                                    "READ",
                                    s ->
                                            s.stats().io().stream()
                                                    .mapToLong(Stats.Io::readBytes)
                                                    .sum()),
                            Column.number(
                                    "write_bytes",
                                    "WRITTEN",
                                    s ->
                                            s.stats().io().stream()
                                                    .mapToLong(Stats.Io::writeBytes)
                                                    .sum())),
                    List.of(
                            "name",
                            "cpu_percent",
                            "memory",
                            "memory_limit",
                            "pids",
                            "read_bytes",
                            "write_bytes"));

    @Option(names = "--no-stream", description = "Once only.")
    private boolean once;

    @Option(
            names = "--format",
            paramLabel = "table|json|KEY,…",
            description = "How (default: table).")
    private String format = "table";

    @Parameters(arity = "0..*", paramLabel = "CONTAINER", description = "Which (default: all).")
    private List<String> names = new ArrayList<>();

    StatsCommand(Surroundings surroundings) {
        super(surroundings);
    }

    private static Column<Sample> bytes(
            String key,
            String title,
            java.util.function.Function<Sample, @Nullable ByteSize> size) {
        return new Column<>(
                key,
                title,
                s -> {
                    var value = size.apply(s);
                    return number(value == null ? null : value.bytes());
                },
                s -> {
                    var value = size.apply(s);
                    return value == null ? "-" : shown(value);
                });
    }

    private static String shown(ByteSize size) {
        return "%.1f MiB".formatted(size.bytes() / 1048576.0);
    }

    private static String shown(@Nullable Long number) {
        return number == null ? "-" : String.format(Locale.ROOT, "%d", number);
    }

    private static JsonNode number(@Nullable Long number) {
        return number == null
                ? JsonNodeFactory.instance.nullNode()
                : JsonNodeFactory.instance.numberNode(number);
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException {
        var before = measure(pelagos, Map.of());
        while (true) {
            // A share is one of some time, which has to pass.
            Thread.sleep(PERIOD);
            var now = measure(pelagos, before);
            if (!once && onScreen()) {
                out().print(CLEAR);
            }
            LISTING.print(out(), format, now.values());
            out().flush();
            if (once || out().checkError()) {
                return 0;
            }
            before = now;
        }
    }

    private static boolean onScreen() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    private Map<String, Sample> measure(Pelagos pelagos, Map<String, Sample> before) {
        var samples = new HashMap<String, Sample>();
        for (var name : running(pelagos)) {
            try {
                var container = pelagos.containers().find(name);
                var stats = container.stats();
                long nanos = System.nanoTime();
                var last = before.get(container.name());
                samples.put(
                        container.name(),
                        new Sample(container.name(), stats, share(last, stats, nanos), nanos));
            } catch (ContainerStateException e) {
                if (!names.isEmpty()) {
                    throw e;
                }
                // It has ended since it was listed.
            }
        }
        return new java.util.TreeMap<>(samples);
    }

    private List<String> running(Pelagos pelagos) {
        return names.isEmpty()
                ? pelagos
                        .containers()
                        .list(ContainerFilter.status(ContainerInfo.Status.RUNNING))
                        .stream()
                        .map(ContainerInfo::name)
                        .toList()
                : names;
    }

    private static double share(@Nullable Sample before, Stats stats, long nanos) {
        var now = stats.cpu().usage();
        var then = before == null ? null : before.stats().cpu().usage();
        return before == null || now == null || then == null
                ? 0
                : (double) now.minus(then).toNanos() / (nanos - before.nanos());
    }
}
