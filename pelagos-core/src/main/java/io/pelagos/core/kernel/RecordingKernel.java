package io.pelagos.core.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what is asked of another kernel, and what it answered, in the order in which the answers
 * came.
 */
public final class RecordingKernel implements Kernel {
    private final Kernel kernel;
    private final Object lock = new Object();
    private final List<Entry> entries = new ArrayList<>();

    /**
     * Makes a kernel that records.
     *
     * @param kernel who carries out what is asked
     */
    public RecordingKernel(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Something that was asked, with the answer. */
    public sealed interface Entry {}

    /**
     * A system call of the JVM.
     *
     * @param syscall which call
     * @param arguments the numbers it was given
     * @param result the result, or the negated error number
     */
    public record Call(Syscall syscall, List<Long> arguments, long result) implements Entry {
        /** Copies the list. */
        public Call {
            arguments = List.copyOf(arguments);
        }

        /**
         * Returns why the call failed.
         *
         * @return the error; empty when the call succeeded, or failed with a number without a name
         */
        public Optional<Errno> errno() {
            return result < 0 && result >= -Errno.MAX
                    ? Optional.ofNullable(named((int) -result))
                    : Optional.empty();
        }

        private static @Nullable Errno named(int number) {
            for (var errno : Errno.values()) {
                if (errno.number() == number) {
                    return errno;
                }
            }
            return null;
        }

        /** Returns the call as strace(1) shows it, arguments as plain numbers. */
        @Override
        public String toString() {
            return syscall.callName()
                    + arguments.stream().map(Call::text).collect(Collectors.joining(", ", "(", ")"))
                    + " = "
                    + errno().map(errno -> "-1 " + errno).orElseGet(() -> Long.toString(result));
        }

        /** Small numbers are counts and descriptors, large ones addresses and flags. */
        private static String text(long argument) {
            return Math.abs(argument) < 0x10000
                    ? Long.toString(argument)
                    : "0x" + Long.toHexString(argument);
        }
    }

    /**
     * A process that was launched.
     *
     * @param plan what it does
     * @param request what it was given
     * @param pid its process id
     */
    public record Launch(LaunchPlan plan, LaunchRequest request, int pid) implements Entry {
        /** Returns the name of the process, the size of its plan, and its process id. */
        @Override
        public String toString() {
            return describe(plan, request) + " = " + pid;
        }
    }

    /**
     * A process that could not be launched.
     *
     * @param plan what it was to do
     * @param request what it was to be given
     * @param failure why it could not be made
     */
    public record FailedLaunch(LaunchPlan plan, LaunchRequest request, ErrnoException failure)
            implements Entry {
        /** Returns the name of the process, the size of its plan, and the error. */
        @Override
        public String toString() {
            return describe(plan, request) + " = -1 " + failure.errno();
        }
    }

    private static String describe(LaunchPlan plan, LaunchRequest request) {
        return "launch(\"" + request.name() + "\", " + plan.steps().size() + " steps)";
    }

    @Override
    public Architecture architecture() {
        return kernel.architecture();
    }

    @Override
    public long call(Syscall syscall, long... arguments) {
        var given = Arrays.stream(arguments).boxed().toList();
        long result = kernel.call(syscall, arguments);
        add(new Call(syscall, given, result));
        return result;
    }

    @Override
    public int launch(LaunchPlan plan, LaunchRequest request) {
        try {
            int pid = kernel.launch(plan, request);
            add(new Launch(plan, request, pid));
            return pid;
        } catch (ErrnoException e) {
            add(new FailedLaunch(plan, request, e));
            throw e;
        }
    }

    private void add(Entry entry) {
        synchronized (lock) {
            entries.add(entry);
        }
    }

    /**
     * Returns everything that was asked so far.
     *
     * @return an unchanging copy, in order
     */
    public List<Entry> entries() {
        synchronized (lock) {
            return List.copyOf(entries);
        }
    }

    /**
     * Returns the system calls so far.
     *
     * @return the calls, in order
     */
    public List<Call> calls() {
        return entries().stream().filter(Call.class::isInstance).map(Call.class::cast).toList();
    }

    /** Returns everything that was asked so far, one line each. */
    @Override
    public String toString() {
        return entries().stream().map(Entry::toString).collect(Collectors.joining("\n"));
    }
}
