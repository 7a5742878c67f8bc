package io.pelagos.core.internal.launch;

import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.SystemCalls;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The process that the JVM has spawned and must wait for, with the JVM's ends of its two channels.
 *
 * @param pid its process id
 * @param report the reading end of its report pipe
 * @param control the JVM's end of its control socket
 */
record Helper(int pid, Fd report, Fd control) {
    /** Spawns a helper. */
    interface Spawning {
        /**
         * Spawns it.
         *
         * @param report the writing end of its report pipe
         * @param control its end of the control socket
         * @return its process id; empty when there is none
         */
        OptionalInt spawn(Fd report, Fd control);
    }

    /** Makes the channels and has somebody spawn; when that fails nothing is left. */
    static Optional<Helper> start(SystemCalls calls, Spawning spawning) {
        try (var report = calls.pipe("the report pipe");
                var control = calls.socketpair("the control socket")) {
            var pid = spawning.spawn(report.second(), control.second());
            return pid.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            new Helper(
                                    pid.getAsInt(),
                                    report.first().moved(),
                                    control.first().moved()));
        }
    }
}
