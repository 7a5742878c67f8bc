package io.pelagos.core.spec;

import java.util.Locale;

/** A resource of getrlimit(2), in the order of its number in {@code asm-generic/resource.h}. */
public enum Rlimit {
    /** CPU time in seconds. */
    CPU,
    /** Size of a file in bytes. */
    FSIZE,
    /** Data segment in bytes. */
    DATA,
    /** Stack in bytes. */
    STACK,
    /** Core file in bytes. */
    CORE,
    /** Resident set in bytes; without effect since Linux 2.4.30. */
    RSS,
    /** Processes of the user. */
    NPROC,
    /** One more than the largest descriptor number. */
    NOFILE,
    /** Locked memory in bytes. */
    MEMLOCK,
    /** Address space in bytes. */
    AS,
    /** File locks; without effect since Linux 2.4.25. */
    LOCKS,
    /** Pending signals. */
    SIGPENDING,
    /** POSIX message queues in bytes. */
    MSGQUEUE,
    /** Ceiling of the nice value, as 20 minus nice. */
    NICE,
    /** Ceiling of the real-time priority. */
    RTPRIO,
    /** Real-time CPU time without a blocking call, in microseconds. */
    RTTIME;

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
        return ordinal();
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
