package io.pelagos.core.spec;

/** When a detached container is started again after it has ended by itself. */
public sealed interface Restart {
    /** Never. */
    Restart NO = new No();

    /** Always, also after it was stopped and Pelagos is opened again. */
    Restart ALWAYS = new Always();

    /** Always, unless somebody stopped it. */
    Restart UNLESS_STOPPED = new UnlessStopped();

    /** Never. */
    record No() implements Restart {
        /** Returns {@code no}. */
        @Override
        public String toString() {
            return "no";
        }
    }

    /**
     * When its exit code is not 0.
     *
     * @param most how many times in a row, or 0 for as often as it takes
     */
    record OnFailure(int most) implements Restart {
        /** Checks the number. */
        public OnFailure {
            if (most < 0) {
                throw new IllegalArgumentException("most " + most + ": must not be negative");
            }
        }

        /** Returns {@code on-failure} or {@code on-failure:n}. */
        @Override
        public String toString() {
            return most == 0 ? "on-failure" : "on-failure:" + most;
        }
    }

    /** Whenever it has ended. */
    record Always() implements Restart {
        /** Returns {@code always}. */
        @Override
        public String toString() {
            return "always";
        }
    }

    /** Whenever it has ended, unless somebody stopped it. */
    record UnlessStopped() implements Restart {
        /** Returns {@code unless-stopped}. */
        @Override
        public String toString() {
            return "unless-stopped";
        }
    }

    /**
     * Restarts after failures, so many times in a row.
     *
     * @param most how many times, or 0 for as often as it takes
     * @return the policy
     */
    static Restart onFailure(int most) {
        return new OnFailure(most);
    }

    /**
     * Reads what {@code --restart} of docker takes and the text of a policy is.
     *
     * @param text {@code no}, {@code on-failure}, {@code on-failure:n}, {@code always} or {@code
     *     unless-stopped}
     * @return the policy
     * @throws IllegalArgumentException for anything else
     */
    static Restart parse(String text) {
        return switch (text) {
            case "no" -> NO;
            case "always" -> ALWAYS;
            case "unless-stopped" -> UNLESS_STOPPED;
            case "on-failure" -> new OnFailure(0);
            default -> {
                if (!text.matches("on-failure:[0-9]{1,9}")) {
                    throw new IllegalArgumentException(
                            "restart \""
                                    + text
                                    + "\": must be no, on-failure, on-failure:n, always or"
                                    + " unless-stopped");
                }
                yield new OnFailure(Integer.parseInt(text.substring("on-failure:".length())));
            }
        };
    }
}
