package io.pelagos.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Set;

/**
 * The options of a measurement.
 *
 * @param json whether one JSON object is printed and nothing else
 * @param rounds how often and how
 * @param only names of the subjects that are measured; empty for all
 * @param scratch the directory that everything made for it goes below
 */
record Options(boolean json, Rounds rounds, Set<String> only, Path scratch) {

    Options {
        only = Set.copyOf(only);
    }

    /**
     * Reads a command line.
     *
     * @param arguments the options and their values
     * @param usual how often and how, unless the command line says otherwise
     * @throws IllegalArgumentException when an option is unknown, or its value makes no sense
     */
    static Options parse(Iterator<String> arguments, Rounds usual) {
        boolean json = false;
        int rounds = usual.rounds();
        int warmup = usual.warmup();
        int batch = usual.batch();
        var scratch = Path.of(System.getProperty("java.io.tmpdir"));
        var only = Set.<String>of();
        while (arguments.hasNext()) {
            var option = arguments.next();
            switch (option) {
                case "--json" -> json = true;
                case "--rounds" -> rounds = number(option, arguments);
                case "--warmup" -> warmup = number(option, arguments);
                case "--batch" -> batch = number(option, arguments);
                case "--only" ->
                        only = Set.copyOf(Arrays.asList(value(option, arguments).split(",", -1)));
                case "--scratch" -> scratch = directory(option, arguments);
                default -> throw new IllegalArgumentException(option + ": no such option");
            }
        }
        return new Options(json, new Rounds(warmup, rounds, batch), only, scratch);
    }

    private static Path directory(String option, Iterator<String> arguments) {
        var value = Path.of(value(option, arguments));
        if (!Files.isDirectory(value)) {
            throw new IllegalArgumentException(option + ": no directory: " + value);
        }
        return value.toAbsolutePath();
    }

    private static int number(String option, Iterator<String> arguments) {
        var value = value(option, arguments);
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(option + ": not a number: " + value, e);
        }
    }

    private static String value(String option, Iterator<String> arguments) {
        if (!arguments.hasNext()) {
            throw new IllegalArgumentException(option + ": a value is missing");
        }
        return arguments.next();
    }

    boolean wants(String name) {
        return only.isEmpty() || only.contains(name);
    }
}
