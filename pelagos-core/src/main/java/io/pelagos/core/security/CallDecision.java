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

    // As in SeccompAction.
    @Override
    public boolean equals(Object other) {
        return other instanceof CallDecision decision && decision.parts().equals(parts());
    }

    @Override
    public int hashCode() {
        return parts().hashCode();
    }

    /** Returns all that it consists of. */
    private List<Object> parts() {
        if (clauses.isEmpty()) {
            return List.of(otherwise.returnValue());
        }
        var parts = new ArrayList<Object>();
        for (var clause : clauses) {
            parts.add(clause.conditions().size());
            for (var condition : clause.conditions()) {
                parts.add(condition.index());
                parts.add(condition.operator());
                parts.add(condition.value());
                parts.add(condition.valueTwo());
            }
            parts.add(clause.action().returnValue());
        }
        parts.add(otherwise.returnValue());
        return parts;
    }

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
