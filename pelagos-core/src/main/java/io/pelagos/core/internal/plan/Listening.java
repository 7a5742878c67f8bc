package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.SECCOMP;

import io.pelagos.core.internal.launch.HandOver;
import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.security.SeccompProgram;
import java.util.List;

/**
 * A filter of its own for the calls that the JVM decides about, see seccomp_unotify(2). Of two
 * filters the stricter answer counts, so the JVM is asked only about what the container's profile
 * allows.
 *
 * @param names the calls
 * @param program the filter; its listener is handed to the JVM
 * @param channel the descriptor of the socket through which it is
 */
public record Listening(List<String> names, SeccompProgram program, int channel) {
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final String PURPOSE = "handing system calls over to the JVM's decision";

    /** Copies the list. */
    public Listening {
        names = List.copyOf(names);
    }

    /** Installs the filter, hands the listener over, and closes what is left of it. */
    void install(PlanBuilder plan) {
        plan.purpose(PURPOSE);
        int length = program.instructions().size();
        // struct sock_fprog { unsigned short len; struct sock_filter *filter; }
        var filter =
                plan.longs("{" + length + ", …}", length, plan.bytes("filter", program.toBytes()));
        var handOver = HandOver.allocate(plan);
        plan.call(SECCOMP, SECCOMP_SET_MODE_FILTER, program.flags(), filter).into(handOver.pidfd());
        handOver.send(plan, channel);
        plan.call(CLOSE, handOver.pidfd().value());
        plan.call(CLOSE, channel);
    }

    /**
     * Refuses calls that the plan itself makes with the filter in force: nobody could answer, since
     * the JVM waits for the program.
     *
     * @throws IllegalArgumentException naming the call
     */
    LaunchPlan checked(LaunchPlan plan) {
        boolean inForce = false;
        for (var step : plan.steps()) {
            if (step instanceof LaunchPlan.Call call) {
                if (inForce && names.contains(call.syscall().callName())) {
                    throw new IllegalArgumentException(
                            "onSyscall \""
                                    + call.syscall().callName()
                                    + "\": the start of a container makes this call itself ("
                                    + call.purpose()
                                    + "), when nobody can answer yet");
                }
                inForce |= call.syscall() == SECCOMP && call.purpose().equals(PURPOSE);
            }
        }
        return plan;
    }
}
