package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads device programs and attaches them to a cgroup of version 2, see bpf(2). The kernel drops a
 * program together with its cgroup.
 */
final class DeviceFilter {
    // enum bpf_cmd
    private static final int PROG_LOAD = 5;
    private static final int PROG_ATTACH = 8;
    private static final int PROG_DETACH = 9;
    private static final int PROG_GET_FD_BY_ID = 13;
    private static final int PROG_QUERY = 16;

    private static final int PROG_TYPE_CGROUP_DEVICE = 15;
    private static final int CGROUP_DEVICE = 6; // enum bpf_attach_type
    private static final int ALLOW_MULTI = 2; // BPF_F_ALLOW_MULTI

    /** The size of {@code union bpf_attr} as far as it is used here, zero beyond the fields set. */
    private static final int ATTRIBUTE_SIZE = 120;

    private static final int MOST_PROGRAMS = 64;
    private static final int LOG_SIZE = 1 << 16;

    private DeviceFilter() {}

    /**
     * Puts rules in force, and those that were in force before out of it. The new program is
     * attached first: with several programs all must agree, so nothing is allowed in between that
     * either forbids.
     *
     * @param directory a cgroup of version 2 that is ours
     * @param rules what is allowed
     */
    static void replace(CgroupDirectory directory, DeviceRules rules) {
        var former = attached(directory);
        if (!rules.unrestricted()) {
            try (var program = load(directory.calls(), DeviceProgram.compile(rules))) {
                attach(directory, PROG_ATTACH, program, ALLOW_MULTI, "BPF_PROG_ATTACH");
            }
        }
        for (int id : former) {
            try (var program = byId(directory.calls(), id)) {
                attach(directory, PROG_DETACH, program, 0, "BPF_PROG_DETACH");
            }
        }
    }

    /** Loads a program; when the verifier refuses it the message has the verifier's log. */
    private static Fd load(SystemCalls calls, List<BpfInstruction> instructions) {
        try (var memory = Memory.open()) {
            var code = memory.block((long) instructions.size() * BpfInstruction.SIZE);
            for (int i = 0; i < instructions.size(); i++) {
                code.putLong((long) i * BpfInstruction.SIZE, instructions.get(i).encode());
            }
            var attribute =
                    memory.block(ATTRIBUTE_SIZE)
                            .putInt(0, PROG_TYPE_CGROUP_DEVICE)
                            .putInt(4, instructions.size())
                            .putLong(8, code.address())
                            .putLong(16, memory.string("Apache-2.0"))
                            .put(48, "pelagos_devices".getBytes(StandardCharsets.US_ASCII));
            long result = bpf(calls, PROG_LOAD, attribute);
            if (result == -Errno.EINVAL.number() || result == -Errno.EACCES.number()) {
                var log = memory.block(LOG_SIZE);
                attribute.putInt(24, 1).putInt(28, LOG_SIZE).putLong(32, log.address());
                result = bpf(calls, PROG_LOAD, attribute);
                if (result < 0) {
                    throw failure(result, "BPF_PROG_LOAD, " + log.getString(0).strip());
                }
            }
            if (result < 0) {
                throw failure(result, "BPF_PROG_LOAD, BPF_PROG_TYPE_CGROUP_DEVICE");
            }
            return Fd.of(calls.kernel(), (int) result, "the device program");
        }
    }

    private static void attach(
            CgroupDirectory directory, int command, Fd program, int flags, String name) {
        try (var memory = Memory.open()) {
            var attribute =
                    memory.block(ATTRIBUTE_SIZE)
                            .putInt(0, directory.fd().number())
                            .putInt(4, program.number())
                            .putInt(8, CGROUP_DEVICE)
                            .putInt(12, flags);
            long result = bpf(directory.calls(), command, attribute);
            if (result < 0) {
                throw failure(result, name + ", " + directory);
            }
        }
    }

    /** Returns the programs attached to the cgroup itself, by their ids. */
    static List<Integer> attached(CgroupDirectory directory) {
        try (var memory = Memory.open()) {
            var ids = memory.block(4L * MOST_PROGRAMS);
            var attribute =
                    memory.block(ATTRIBUTE_SIZE)
                            .putInt(0, directory.fd().number())
                            .putInt(4, CGROUP_DEVICE)
                            .putLong(16, ids.address())
                            .putInt(24, MOST_PROGRAMS);
            long result = bpf(directory.calls(), PROG_QUERY, attribute);
            if (result < 0) {
                throw failure(result, "BPF_PROG_QUERY, " + directory);
            }
            var found = new ArrayList<Integer>();
            for (int i = 0; i < attribute.getInt(24); i++) {
                found.add(ids.getInt(4L * i));
            }
            return found;
        }
    }

    private static Fd byId(SystemCalls calls, int id) {
        try (var memory = Memory.open()) {
            var attribute = memory.block(ATTRIBUTE_SIZE).putInt(0, id);
            long result = bpf(calls, PROG_GET_FD_BY_ID, attribute);
            if (result < 0) {
                throw failure(result, "BPF_PROG_GET_FD_BY_ID, " + id);
            }
            return Fd.of(calls.kernel(), (int) result, "device program " + id);
        }
    }

    private static long bpf(SystemCalls calls, int command, Memory.Block attribute) {
        return calls.retry(Syscall.BPF, command, attribute.address(), attribute.size());
    }

    private static ErrnoException failure(long result, String what) {
        return new ErrnoException(Errno.of((int) -result), "bpf(" + what + ")");
    }
}
