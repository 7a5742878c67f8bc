package io.pelagos.core.security;

import java.util.List;
import java.util.stream.LongStream;

/** A system call as a filter sees it: {@code struct seccomp_data}. */
record SeccompCall(int auditArch, int number, List<Long> args) {
    SeccompCall(int auditArch, int number, long... args) {
        this(auditArch, number, LongStream.of(args).boxed().toList());
    }

    static SeccompCall of(SeccompArch arch, String name, long... args) {
        return new SeccompCall(
                arch.auditArch(), SyscallTable.number(arch, name).orElseThrow(), args);
    }

    long arg(int index) {
        return index < args.size() ? args.get(index) : 0;
    }

    int word(int offset) {
        return switch (offset) {
            case 0 -> number;
            case 4 -> auditArch;
            case 8, 12 -> 0;
            default -> {
                long arg = arg((offset - 16) / 8);
                yield (int) (offset % 8 == 0 ? arg : arg >>> 32);
            }
        };
    }
}
