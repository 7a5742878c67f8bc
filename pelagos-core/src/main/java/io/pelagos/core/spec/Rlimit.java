package io.pelagos.core.spec;

import java.util.Locale;

/** A resource of getrlimit(2), with its number in {@code asm-generic/resource.h}. */
public enum Rlimit {
    /** CPU time in seconds. */
    CPU(0),
    /** Size of a file in bytes. */
    FSIZE(1),
    /** Data segment in bytes. */
    DATA(2),
    /** Stack in bytes. */
    STACK(3),
    /** Core file in bytes. */
    CORE(4),
    /** Resident set in bytes; without effect since Linux 2.4.30. */
    RSS(5),
    /** Processes of the user. */
    NPROC(6),
    /** One more than the largest descriptor number. */
    NOFILE(7),
    /** Locked memory in bytes. */
    MEMLOCK(8),
    /** Address space in bytes. */
    AS(9),
    /** File locks; without effect since Linux 2.4.25. */
    LOCKS(10),
    /** Pending signals. */
    SIGPENDING(11),
    /** POSIX message queues in bytes. */
    MSGQUEUE(12),
    /** Ceiling of the nice value, as 20 minus nice. */
    NICE(13),
    /** Ceiling of the real-time priority. */
    RTPRIO(14),
    /** Real-time CPU time without a blocking call, in microseconds. */
    RTTIME(15);

    private final int number;

    Rlimit(int number) {
        this.number = number;
    }

    /**
     * Reads a name.
     *
     * @param text for example {@code nofile} or {@code RLIMIT_NOFILE}
     * @return the resource
     * @throws IllegalArgumentException when there is none of that name
     */
    public static Rlimit parse(String text) {
        var name = text.toUpperCase(Locale.ROOT);
        name = name.startsWith("RLIMIT_") ? name.substring(7) : name;
        for (var resource : values()) {
            if (resource.name().equals(name)) {
                return resource;
            }
        }
        throw new IllegalArgumentException("rlimit \"" + text + "\": there is none of that name");
    }

    /**
     * Returns the number of the resource.
     *
     * @return 0 to 15
     */
    public int number() {
        return number;
    }

    /**
     * A limit.
     *
     * @param soft what is enforced, or {@link #UNLIMITED}
     * @param hard up to where the process may raise the soft limit, or {@link #UNLIMITED}
     */
    public record Limit(long soft, long hard) {
        /** No limit: {@code RLIM_INFINITY}. */
        public static final long UNLIMITED = -1;

        /** Checks that the soft limit does not exceed the hard one. */
        public Limit {
            if (Long.compareUnsigned(soft, hard) > 0 || soft < UNLIMITED || hard < UNLIMITED) {
                throw new IllegalArgumentException(
                        "rlimit " + soft + ":" + hard + ": the soft limit exceeds the hard one");
            }
        }
    }
}
