package io.pelagos.core.security;

import java.util.ArrayList;
import java.util.List;

/**
 * What happens to one system call: the first clause whose conditions all hold decides, else the
 * last resort.
 */
record CallDecision(List<Clause> clauses, SeccompAction otherwise) {
    /** Conditions that must all hold, and what happens then. */
    record Clause(List<SeccompCondition> conditions, SeccompAction action) {}

    static CallDecision always(SeccompAction action) {
        return new CallDecision(List.of(), action);
    }

    /**
     * Returns the same decision as a call with arguments of 32 bits sees it: a negative number that
     * a profile writes with 64 bits is what such a caller can only write with 32.
     */
    CallDecision narrowed() {
        var narrow = new ArrayList<Clause>();
        for (var clause : clauses) {
            var conditions = clause.conditions().stream().map(CallDecision::narrowed).toList();
            narrow.add(new Clause(conditions, clause.action()));
        }
        return new CallDecision(List.copyOf(narrow), otherwise);
    }

    private static SeccompCondition narrowed(SeccompCondition condition) {
        return new SeccompCondition(
                condition.index(),
                condition.operator(),
                narrowed(condition.value()),
                narrowed(condition.valueTwo()));
    }

    private static long narrowed(long value) {
        return value == (int) value ? Integer.toUnsignedLong((int) value) : value;
    }
}
