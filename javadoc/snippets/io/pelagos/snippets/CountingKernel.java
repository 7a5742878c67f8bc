package io.pelagos.snippets;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.Syscall;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

// @start region=kernel
/** Counts the calls that pass through to another kernel. */
final class CountingKernel implements Kernel {
    private final Kernel next;
    private final Map<Syscall, LongAdder> counts = new ConcurrentHashMap<>();

    CountingKernel(Kernel next) {
        this.next = next;
    }

    @Override
    public Architecture architecture() {
        return next.architecture();
    }

    @Override
    public long call(Syscall syscall, long... arguments) {
        counts.computeIfAbsent(syscall, any -> new LongAdder()).increment();
        return next.call(syscall, arguments);
    }

    @Override
    public int launch(LaunchPlan plan, LaunchRequest request) {
        return next.launch(plan, request);
    }

    Map<Syscall, LongAdder> counts() {
        return new TreeMap<>(counts);
    }
}

// @end
