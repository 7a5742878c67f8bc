package io.pelagos.bench;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Set;

/**
 * The options of {@code start}.
 *
 * @param json whether one JSON object is printed and nothing else
 * @param rounds how often and how
 * @param only names of the subjects that are measured; empty for all
 */
record Options(boolean json, Rounds rounds, Set<String> only) {
    private static final int WARMUP = 30;
    private static final int ROUNDS = 32;
    private static final int BATCH = 10;

    Options {
        only = Set.copyOf(only);
    }

    static Options parse(Iterator<String> arguments) {
        boolean json = false;
        int rounds = ROUNDS;
        int warmup = WARMUP;
        int batch = BATCH;
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
                default -> throw new IllegalArgumentException(option + ": no such option");
            }
        }
        return new Options(json, new Rounds(warmup, rounds, batch), only);
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
