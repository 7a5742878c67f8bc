package io.pelagos.core.internal.launch;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.kernel.WaitFlag;
import io.pelagos.core.kernel.WaitingProcess;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A helper that was made ahead and waits for its plan. The first descriptors of a plan, the
 * standard streams, have numbers below those of the channels, and the others above: the lowest that
 * are free when they arrive.
 *
 * @param calls makes the calls
 * @param helper the process and its channels
 * @param loaded the plan whose steps it has already; null for none
 */
record WaitingHelper(SystemCalls calls, Helper helper, @Nullable LaunchPlan loaded)
        implements AutoCloseable {
    /**
     * Makes helpers.
     *
     * @param expected gives the plan that will probably be the next, or null
     */
    static Spare.Maker<WaitingHelper> maker(
            Kernel kernel, Supplier<@Nullable LaunchPlan> expected) {
        var calls = new SystemCalls(kernel);
        return new Spare.Maker<>() {
            @Override
            public Optional<WaitingHelper> make() {
                return WaitingHelper.make(calls).map(it -> it.load(expected.get()));
            }

            @Override
            public void close() {
                // It holds nothing.
            }
        };
    }

    private static Optional<WaitingHelper> make(SystemCalls calls) {
        var channels = Channels.with(0);
        return Helper.start(
                        calls,
                        (report, control) -> {
                            var numbers = List.of(report.number(), control.number());
                            try (var given = Given.of(calls, numbers, channels.report())) {
                                return calls.kernel()
                                        .prepare(given.request(), channels.control())
                                        .map(process -> OptionalInt.of(process.pid()))
                                        .orElseGet(OptionalInt::empty);
                            }
                        })
                .map(helper -> new WaitingHelper(calls, helper, null));
    }

    /** Has the steps there before they are needed. */
    private WaitingHelper load(@Nullable LaunchPlan expected) {
        var process = new WaitingProcess(helper.pid());
        if (expected == null || !process.takes(expected, 0)) {
            return this;
        }
        try {
            process.load(calls, helper.control(), expected);
            return new WaitingHelper(calls, helper, expected);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EPIPE || e.errno() == Errno.ECONNRESET) {
                return this; // somebody has killed it, which whoever needs it finds out
            }
            close();
            throw e;
        }
    }

    /**
     * Lets it carry out a plan.
     *
     * @return false when it cannot: it is to be closed, and somebody else has to do it
     */
    boolean carryOut(LaunchPlan plan, List<Integer> descriptors) {
        var process = new WaitingProcess(helper.pid());
        if (!process.takes(plan, descriptors.size())) {
            return false;
        }
        try {
            if (loaded == null || !loaded.sharesSteps(plan)) {
                process.load(calls, helper.control(), plan);
            }
            process.carryOut(calls, helper.control(), plan, descriptors);
            return true;
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EPIPE || e.errno() == Errno.ECONNRESET) {
                return false; // somebody has killed it
            }
            throw e;
        }
    }

    /** Ends it, and waits until it has ended. */
    @Override
    public void close() {
        helper.control().close();
        helper.report().close();
        calls.waitid(WaitFlag.P_PID, helper.pid());
    }
}
