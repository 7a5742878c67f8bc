package io.pelagos.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A command that another program starts and waits for, by posix_spawn(3) in C, and times: fairer to
 * a peer than timing it from the JVM.
 *
 * @param name of the subject
 * @param command what to run for so many times; prints microseconds
 */
record Driven(String name, IntFunction<List<String>> command) implements Subject {
    static Driven of(String name, Path timer, List<String> command) {
        return within(name, List.of(), timer, command);
    }

    /** Runs the timer itself inside another command, whose own cost is not counted. */
    static Driven within(String name, List<String> around, Path timer, List<String> command) {
        return new Driven(
                name,
                times -> {
                    var all = new ArrayList<>(around);
                    all.add(timer.toString());
                    all.add(Integer.toString(times));
                    all.addAll(command);
                    return all;
                });
    }

    @Override
    public long[] run(int times) throws IOException, InterruptedException {
        return Command.micros(command.apply(times));
    }
}
