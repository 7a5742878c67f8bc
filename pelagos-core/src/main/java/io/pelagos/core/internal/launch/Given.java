package io.pelagos.core.internal.launch;

import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.SystemCalls;
import java.util.ArrayList;
import java.util.List;

/**
 * The descriptors that a new process is given, at rising numbers.
 *
 * @param request says where each comes from
 * @param copies of those that an earlier dup2(2) would overwrite before they are used
 */
record Given(LaunchRequest request, List<Fd> copies) implements AutoCloseable {
    private static final int F_DUPFD_CLOEXEC = 1030;

    /** Gives descriptors of the JVM the numbers from the first on. */
    static Given of(SystemCalls calls, List<Integer> sources, int first) {
        int end = first + sources.size();
        var descriptors = new ArrayList<LaunchRequest.Inherited>();
        var copies = new ArrayList<Fd>();
        try {
            int target = first;
            for (int source : sources) {
                int from = source;
                if (source < end && source != target) {
                    int copy = calls.fcntl(source, F_DUPFD_CLOEXEC, end);
                    copies.add(Fd.of(calls.kernel(), copy, "a copy"));
                    from = copy;
                }
                descriptors.add(new LaunchRequest.Inherited(from, target++));
            }
            return new Given(new LaunchRequest("pelagos", descriptors), copies);
        } catch (RuntimeException e) {
            copies.forEach(Fd::close);
            throw e;
        }
    }

    @Override
    public void close() {
        copies.forEach(Fd::close);
    }
}
