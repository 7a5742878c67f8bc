package io.pelagos.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The measurements, by name. */
public final class Main {
    private static final String USAGE =
            """
            usage: bin/bench start|life|image [--json] [--rounds N] [--warmup N] [--batch N]
                       [--only NAME,...] [--scratch DIR]
                   bin/bench plan [options of JMH]

            start  starts and waits for `true` in every way there is, in turns within one run:
                   floor bwrap crun runc process attached child limits pipes
                   threads-1 threads-2 threads-4 threads-8 cold-run cold-hello memory
            life   what comes after a start:
                   exec exec-crun exec-runc layers-1 layers-100 fork crowd
            image  pulls and pushes images that are made of the files of this machine:
                   single-gzip single-zstd layers-gzip layers-zstd files-gzip files-zstd
                   each by: pull cold skopeo podman floor again push podman-push heap
            plan   composes and emits launch plans

            --scratch DIR  where files go; the file system decides about much of what is measured
            """;
    private static final int WRONG = 2;
    private static final Rounds CONTAINERS = new Rounds(30, 32, 10);
    private static final Rounds IMAGES = new Rounds(3, 5, 1);

    private Main() {}

    /**
     * Measures.
     *
     * @param arguments what and how
     * @throws IOException when something could not be started
     * @throws InterruptedException when the thread is interrupted
     */
    @SuppressWarnings("SystemExitOutsideMain")
    public static void main(String[] arguments) throws IOException, InterruptedException {
        System.exit(run(List.of(arguments), System.out, System.err));
    }

    private static int run(List<String> arguments, PrintStream out, PrintStream err)
            throws IOException, InterruptedException {
        if (arguments.isEmpty() || arguments.contains("--help")) {
            err.print(USAGE);
            return arguments.isEmpty() ? WRONG : 0;
        }
        var rest = arguments.subList(1, arguments.size());
        return switch (arguments.getFirst()) {
            case "start" -> start(rest, out, err);
            case "life" -> life(rest, out, err);
            case "image" -> image(rest, out, err);
            case "plan" -> plan(rest);
            default -> {
                err.println(arguments.getFirst() + ": no such measurement");
                err.print(USAGE);
                yield WRONG;
            }
        };
    }

    private static int plan(List<String> arguments) throws IOException {
        var all = new String[arguments.size() + 1];
        Arrays.setAll(all, i -> i == 0 ? "PlanBenchmark" : arguments.get(i - 1));
        org.openjdk.jmh.Main.main(all);
        return 0;
    }

    private static int life(List<String> arguments, PrintStream out, PrintStream err)
            throws IOException, InterruptedException {
        Options options;
        try {
            options = Options.parse(arguments.iterator(), CONTAINERS);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return WRONG;
        }
        var outcome = new LifeBench(options, Path.of(System.getProperty("pelagos.root"))).run();
        if (options.json()) {
            out.println(outcome.report().json());
        } else {
            out.println(outcome.report().table());
            LifeBars.of(outcome).forEach(out::println);
        }
        return 0;
    }

    private static int image(List<String> arguments, PrintStream out, PrintStream err)
            throws IOException, InterruptedException {
        ImageBench.Outcome outcome;
        Options options;
        try {
            options = Options.parse(arguments.iterator(), IMAGES);
            outcome = new ImageBench(options, Path.of(System.getProperty("pelagos.root"))).run();
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return WRONG;
        }
        outcome.missing().forEach(err::println);
        if (options.json()) {
            out.println(outcome.report().json());
        } else {
            out.println(outcome.report().table());
            ImageBars.of(outcome).forEach(out::println);
        }
        return 0;
    }

    private static int start(List<String> arguments, PrintStream out, PrintStream err)
            throws IOException, InterruptedException {
        Options options;
        try {
            options = Options.parse(arguments.iterator(), CONTAINERS);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return WRONG;
        }
        var outcome = new StartBench(options, Path.of(System.getProperty("pelagos.root"))).run();
        for (var name : outcome.missing()) {
            err.println(name + " was not measured: it is not installed, or there is no C timer");
        }
        if (options.json()) {
            out.println(outcome.report().json());
        } else {
            out.println(outcome.report().table());
            Bars.of(outcome.report(), outcome.footprint()).forEach(out::println);
        }
        return 0;
    }
}
