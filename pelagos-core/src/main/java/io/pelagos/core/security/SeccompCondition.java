package io.pelagos.core.security;

import java.util.Optional;

/**
 * A comparison of one argument of a system call. Arguments are unsigned 64-bit numbers; see {@code
 * struct seccomp_data} in seccomp(2). A pointer can be compared, what it points to cannot.
 *
 * @param index which argument, 0 to 5
 * @param operator how to compare
 * @param value what to compare with; for {@link Operator#MASKED_EQ} the mask
 * @param valueTwo for {@link Operator#MASKED_EQ} what the masked argument must be, else 0
 */
public record SeccompCondition(int index, Operator operator, long value, long valueTwo) {
    /** The seven comparisons of the OCI runtime specification. */
    public enum Operator {
        /** Not equal. */
        NE("!="),
        /** Less, unsigned. */
        LT("<"),
        /** Less or equal, unsigned. */
        LE("<="),
        /** Equal. */
        EQ("=="),
        /** Greater or equal, unsigned. */
        GE(">="),
        /** Greater, unsigned. */
        GT(">"),
        /** Equal after a bitwise and with a mask. */
        MASKED_EQ("&");

        private final String symbol;

        Operator(String symbol) {
            this.symbol = symbol;
        }

        /**
         * Returns the name in profiles.
         *
         * @return for example {@code SCMP_CMP_MASKED_EQ}
         */
        public String scmpName() {
            return "SCMP_CMP_" + name();
        }

        static Optional<Operator> find(String scmpName) {
            for (var operator : values()) {
                if (operator.scmpName().equals(scmpName)) {
                    return Optional.of(operator);
                }
            }
            return Optional.empty();
        }
    }

    /**
     * Checks the index.
     *
     * @param index which argument, 0 to 5
     * @param operator how to compare
     * @param value what to compare with
     * @param valueTwo the second value
     */
    public SeccompCondition {
        if (index < 0 || index > 5) {
            throw new IllegalArgumentException(
                    "seccomp condition: a system call has arguments 0 to 5: " + index);
        }
    }

    /**
     * Returns a comparison with one value.
     *
     * @param index which argument, 0 to 5
     * @param operator any but {@link Operator#MASKED_EQ}
     * @param value what to compare with, unsigned
     * @return the condition
     */
    public static SeccompCondition arg(int index, Operator operator, long value) {
        if (operator == Operator.MASKED_EQ) {
            throw new IllegalArgumentException(
                    "seccomp condition: MASKED_EQ needs a mask and a value");
        }
        return new SeccompCondition(index, operator, value, 0);
    }

    /**
     * Returns the condition that an argument equals a value after a bitwise and.
     *
     * @param index which argument, 0 to 5
     * @param mask the bits to look at
     * @param value what they must be
     * @return the condition
     */
    public static SeccompCondition masked(int index, long mask, long value) {
        return new SeccompCondition(index, Operator.MASKED_EQ, mask, value);
    }

    /** Tells whether no argument at all fulfils this, however the program calls. */
    boolean impossible() {
        return switch (operator) {
            case MASKED_EQ -> (valueTwo & ~value) != 0;
            case LT -> value == 0;
            case GT -> value == -1;
            case NE, LE, EQ, GE -> false;
        };
    }

    /** Returns for example {@code arg0 & 0x7e020000 == 0x0}. */
    @Override
    public String toString() {
        var left = "arg" + index + " " + operator.symbol + " 0x" + Long.toHexString(value);
        return operator == Operator.MASKED_EQ ? left + " == 0x" + Long.toHexString(valueTwo) : left;
    }
}
