package io.pelagos.core.internal.cgroup;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Resources;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The two limits of memory in cgroup v1: {@code memory.limit_in_bytes}, and {@code
 * memory.memsw.limit_in_bytes} of memory and swap together, which the kernel never lets fall below
 * the first. So the second moves first when limits rise, and last when they fall.
 *
 * @param limit what is in force for memory
 * @param total what is in force for memory and swap; null where swap is not accounted
 */
record LegacyMemory(long limit, @Nullable Long total) {
    static final String LIMIT = "memory.limit_in_bytes";
    static final String TOTAL = "memory.memsw.limit_in_bytes";

    /** What the kernel shows for "no limit": the largest number of bytes in whole pages. */
    static final long UNLIMITED = Long.MAX_VALUE & -4096L;

    /** Reads what is in force. */
    static LegacyMemory of(CgroupDirectory directory) {
        var total = directory.readIfPresent(TOTAL);
        return new LegacyMemory(
                Long.parseLong(directory.read(LIMIT).strip()),
                total == null ? null : Long.valueOf(total.strip()));
    }

    /** Returns what is to be written, in order. */
    List<Setting> to(Resources.Memory wanted) {
        var table = new ArrayList<Setting>();
        var newLimit = wanted.max();
        var newTotal = newTotal(wanted);
        if (wanted.swap() != null && newTotal == null) {
            table.add(
                    Setting.unsupported(
                            "memory swap " + wanted.swap(),
                            "memory",
                            total == null
                                    ? "this kernel does not account for swap"
                                    : "cgroup v1 limits memory and swap together, and there is no"
                                            + " limit of memory"));
        }
        if (newLimit != null) {
            var option = "memory max " + newLimit;
            table.add(Setting.of(option, "memory", LIMIT, "" + newLimit.bytes()));
        }
        if (newTotal != null) {
            var setting =
                    Setting.of(
                            "memory and swap " + newTotal, "memory", TOTAL, "" + newTotal.bytes());
            boolean rises = total != null && newTotal.bytes() > total;
            table.add(rises ? 0 : table.size(), setting);
        }
        return List.copyOf(table);
    }

    /** The total to be set; null when it stays as it is or cannot be set. */
    private @Nullable ByteSize newTotal(Resources.Memory wanted) {
        if (total == null) {
            return null;
        }
        long memory = wanted.max() == null ? limit : wanted.max().bytes();
        if (wanted.swap() != null) {
            return memory >= UNLIMITED ? null : sum(memory, wanted.swap().bytes());
        }
        if (wanted.max() == null || total >= UNLIMITED) {
            return null;
        }
        return sum(memory, total - limit);
    }

    private static ByteSize sum(long memory, long swap) {
        return ByteSize.of(memory > UNLIMITED - swap ? UNLIMITED : memory + swap);
    }
}
