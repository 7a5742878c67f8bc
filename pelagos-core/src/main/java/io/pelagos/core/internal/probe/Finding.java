package io.pelagos.core.internal.probe;

/**
 * One thing that the host has or lacks.
 *
 * @param name what it is
 * @param value {@code yes}, {@code no}, {@code partly}, {@code unknown}, or a fact
 * @param reason why, or from what it is known; may be empty
 * @param remedy what to do about it; may be empty
 */
public record Finding(String name, String value, String reason, String remedy) {
    static Finding yes(String name, String reason) {
        return new Finding(name, "yes", reason, "");
    }

    static Finding no(String name, String reason, String remedy) {
        return new Finding(name, "no", reason, remedy);
    }

    static Finding partly(String name, String reason, String remedy) {
        return new Finding(name, "partly", reason, remedy);
    }

    static Finding unknown(String name, String reason, String remedy) {
        return new Finding(name, "unknown", reason, remedy);
    }

    static Finding fact(String name, String value, String reason) {
        return new Finding(name, value, reason, "");
    }
}
