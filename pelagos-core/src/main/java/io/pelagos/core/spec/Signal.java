package io.pelagos.core.spec;

import java.util.List;
import java.util.Locale;

/**
 * A signal, see signal(7).
 *
 * @param number 1 to 64; 32 and 33 are taken by the C library but exist for the kernel
 */
public record Signal(int number) implements Comparable<Signal> {
    private static final int RTMIN = 34;
    private static final int RTMAX = 64;

    /** The names of signals 1 to 31 on x86_64 and aarch64, without their prefix. */
    private static final List<String> NAMES =
            List.of(
                    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1",
                    "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP",
                    "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
                    "PWR", "SYS");

    /** Hang-up of the terminal. */
    public static final Signal HUP = new Signal(1);

    /** Interrupt from the keyboard. */
    public static final Signal INT = new Signal(2);

    /** Quit from the keyboard. */
    public static final Signal QUIT = new Signal(3);

    /** Cannot be caught, blocked or ignored. */
    public static final Signal KILL = new Signal(9);

    /** The first user-defined signal. */
    public static final Signal USR1 = new Signal(10);

    /** The second user-defined signal. */
    public static final Signal USR2 = new Signal(12);

    /** A request to end. */
    public static final Signal TERM = new Signal(15);

    /** A child stopped or ended. */
    public static final Signal CHLD = new Signal(17);

    /** A forbidden system call. */
    public static final Signal SYS = new Signal(31);

    /** Checks the number. */
    public Signal {
        if (number < 1 || number > RTMAX) {
            throw new IllegalArgumentException("signal " + number + ": must be 1 to " + RTMAX);
        }
    }

    /**
     * Returns the signal with this number.
     *
     * @param number 1 to 64
     * @return the signal
     */
    public static Signal of(int number) {
        return new Signal(number);
    }

    /**
     * Reads a name or a number.
     *
     * @param text for example {@code SIGTERM}, {@code term}, {@code RTMIN+3}, {@code SIGRTMAX-1} or
     *     {@code 15}
     * @return the signal
     * @throws IllegalArgumentException when there is no such signal
     */
    public static Signal parse(String text) {
        var name = text.strip().toUpperCase(Locale.ROOT);
        name = name.startsWith("SIG") ? name.substring(3) : name;
        int number;
        if (name.matches("[0-9]{1,2}")) {
            number = Integer.parseInt(name);
        } else if (name.matches("RTMIN(\\+[0-9]{1,2})?")) {
            number = RTMIN + offset(name);
        } else if (name.matches("RTMAX(-[0-9]{1,2})?")) {
            number = RTMAX - offset(name);
        } else {
            number =
                    switch (name) {
                        case "POLL" -> 29;
                        case "IOT" -> 6;
                        case "CLD" -> 17;
                        default -> NAMES.indexOf(name) + 1;
                    };
        }
        boolean realTime = name.startsWith("RT");
        if (number < (realTime ? RTMIN : 1) || number > RTMAX) {
            throw new IllegalArgumentException(
                    "signal \"" + text + "\": there is none of that name");
        }
        return new Signal(number);
    }

    private static int offset(String name) {
        return name.length() == 5 ? 0 : Integer.parseInt(name.substring(6));
    }

    /**
     * Returns the name, as kill(1) and the OCI specifications have it.
     *
     * @return for example {@code SIGTERM} or {@code SIGRTMIN+3}
     */
    public String name() {
        if (number <= NAMES.size()) {
            return "SIG" + NAMES.get(number - 1);
        }
        if (number < RTMIN) {
            return "SIG" + number;
        }
        return number == RTMIN ? "SIGRTMIN" : "SIGRTMIN+" + (number - RTMIN);
    }

    @Override
    public int compareTo(Signal other) {
        return Integer.compare(number, other.number);
    }

    @Override
    public String toString() {
        return name();
    }
}
