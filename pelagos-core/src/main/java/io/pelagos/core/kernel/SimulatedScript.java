package io.pelagos.core.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/** What a {@link SimulatedKernel} was told to answer instead of its own behaviour. */
final class SimulatedScript {
    private final List<Rule> rules = new ArrayList<>();
    private final List<Occurrence> occurrences = new ArrayList<>();

    private record Rule(Predicate<SimulatedCall> condition, ToLongFunction<SimulatedCall> result) {}

    /** One error at a counted call. */
    private static final class Occurrence {
        private final Syscall syscall;
        private final Errno errno;
        private int remaining;

        private Occurrence(Syscall syscall, int remaining, Errno errno) {
            this.syscall = syscall;
            this.remaining = remaining;
            this.errno = errno;
        }
    }

    void add(Predicate<SimulatedCall> condition, ToLongFunction<SimulatedCall> result) {
        rules.add(new Rule(condition, result));
    }

    void addOccurrence(Syscall syscall, int nth, Errno errno) {
        if (nth < 1) {
            throw new IllegalArgumentException("calls are counted from 1, not from " + nth);
        }
        occurrences.add(new Occurrence(syscall, nth, errno));
    }

    /** Returns what was said for a call: counted errors first, then the latest rule that fits. */
    OptionalLong answer(SimulatedCall call) {
        var answer = OptionalLong.empty();
        for (var occurrence : occurrences) {
            if (occurrence.syscall == call.syscall() && --occurrence.remaining == 0) {
                answer = OptionalLong.of(-occurrence.errno.number());
            }
        }
        if (answer.isPresent()) {
            return answer;
        }
        for (var rule : rules.reversed()) {
            if (rule.condition.test(call)) {
                return OptionalLong.of(rule.result.applyAsLong(call));
            }
        }
        return answer;
    }
}
