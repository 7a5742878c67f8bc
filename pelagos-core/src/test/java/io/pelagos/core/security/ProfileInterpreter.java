package io.pelagos.core.security;

import io.pelagos.core.kernel.Architecture;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Says what a profile means, call by call, reading its rules one after the other: slow, and written
 * without a look at the compiler.
 */
final class ProfileInterpreter {
    private static final int KILL_PROCESS = 0x80000000;

    private final SeccompProfile profile;
    private final SeccompTarget target;
    private final Set<SeccompArch> architectures = new HashSet<>();
    private final List<SeccompRule> rules = new ArrayList<>();

    ProfileInterpreter(SeccompProfile profile, SeccompTarget target) {
        this.profile = profile;
        this.target = target;
        var own =
                target.architecture() == Architecture.X86_64
                        ? SeccompArch.X86_64
                        : SeccompArch.AARCH64;
        architectures.add(own);
        architectures.addAll(profile.architectures());
        architectures.addAll(profile.archMap().getOrDefault(own, List.of()));
        architectures.retainAll(
                own == SeccompArch.X86_64
                        ? Set.of(SeccompArch.X86_64, SeccompArch.X86, SeccompArch.X32)
                        : Set.of(SeccompArch.AARCH64, SeccompArch.ARM));
        profile.rules().stream().filter(this::counts).forEach(rules::add);
    }

    int verdict(SeccompCall call) {
        if (profile.defaultAction().kind() == SeccompAction.Kind.ALLOW
                && rules.stream()
                        .allMatch(rule -> rule.action().kind() == SeccompAction.Kind.ALLOW)) {
            return 0x7fff0000;
        }
        boolean x32Number = (call.number() & 0x40000000) != 0 || call.number() < 0;
        var arch =
                switch (call.auditArch()) {
                    case 0xC000003E -> x32Number ? SeccompArch.X32 : SeccompArch.X86_64;
                    case 0x40000003 -> SeccompArch.X86;
                    case 0xC00000B7 -> SeccompArch.AARCH64;
                    case 0x40000028 -> SeccompArch.ARM;
                    default -> null;
                };
        if (arch == SeccompArch.X32
                && !architectures.contains(SeccompArch.X32)
                && architectures.contains(SeccompArch.X86_64)) {
            boolean permits =
                    profile.defaultAction().kind() == SeccompAction.Kind.ALLOW
                            || profile.defaultAction().kind() == SeccompAction.Kind.LOG;
            return permits && call.number() != -1
                    ? KILL_PROCESS
                    : profile.defaultAction().returnValue();
        }
        if (arch == null || !architectures.contains(arch)) {
            return KILL_PROCESS;
        }
        return known(arch, call);
    }

    private int known(SeccompArch arch, SeccompCall call) {
        var about =
                rules.stream()
                        .filter(rule -> !rule.action().equals(profile.defaultAction()))
                        .filter(
                                rule ->
                                        rule.names().stream()
                                                .anyMatch(name -> isNumber(arch, name, call)))
                        .toList();
        for (var rule : about) {
            if (rule.conditions().isEmpty()) {
                return rule.action().returnValue();
            }
        }
        for (var rule : about) {
            if (holds(rule, arch, call)) {
                return rule.action().returnValue();
            }
        }
        return about.isEmpty() && isNew(arch, call)
                ? 0x00050000 | 38
                : profile.defaultAction().returnValue();
    }

    private boolean isNew(SeccompArch arch, SeccompCall call) {
        switch (profile.defaultAction().kind()) {
            case ALLOW, LOG, TRACE -> {
                return false;
            }
            default -> {}
        }
        if (!target.newerCallsAreMissing()
                || (arch == SeccompArch.ARM
                        && Integer.compareUnsigned(call.number(), 0xf0000) >= 0)) {
            return false;
        }
        var newest =
                rules.stream()
                        .flatMap(rule -> rule.names().stream())
                        .map(name -> SyscallTable.number(arch, name))
                        .flatMapToInt(OptionalInt::stream)
                        .filter(number -> arch != SeccompArch.ARM || number < 0xf0000)
                        .max();
        return newest.isPresent() && Integer.compareUnsigned(call.number(), newest.getAsInt()) > 0;
    }

    private static boolean isNumber(SeccompArch arch, String name, SeccompCall call) {
        var number = SyscallTable.number(arch, name);
        return number.isPresent() && number.getAsInt() == call.number();
    }

    private static boolean holds(SeccompRule rule, SeccompArch arch, SeccompCall call) {
        var conditions = rule.conditions();
        var indexes = new HashSet<Integer>();
        boolean repeated =
                !conditions.stream().allMatch(condition -> indexes.add(condition.index()));
        return repeated
                ? conditions.stream().anyMatch(condition -> holds(condition, arch, call))
                : conditions.stream().allMatch(condition -> holds(condition, arch, call));
    }

    private static boolean holds(SeccompCondition condition, SeccompArch arch, SeccompCall call) {
        boolean narrow = arch == SeccompArch.X86 || arch == SeccompArch.ARM;
        var arg = unsigned(call.arg(condition.index()), false);
        var value = unsigned(condition.value(), narrow);
        int order = arg.compareTo(value);
        return switch (condition.operator()) {
            case NE -> order != 0;
            case LT -> order < 0;
            case LE -> order <= 0;
            case EQ -> order == 0;
            case GE -> order >= 0;
            case GT -> order > 0;
            case MASKED_EQ -> arg.and(value).equals(unsigned(condition.valueTwo(), narrow));
        };
    }

    private static BigInteger unsigned(long value, boolean narrow) {
        boolean negativeInt = value < 0 && value >= Integer.MIN_VALUE;
        var unsigned = new BigInteger(Long.toUnsignedString(value));
        return narrow && negativeInt ? unsigned.and(BigInteger.valueOf(0xffffffffL)) : unsigned;
    }

    private boolean counts(SeccompRule rule) {
        var machine = target.architecture() == Architecture.X86_64 ? "amd64" : "arm64";
        var only = rule.includes();
        var not = rule.excludes();
        var oldest = only.minKernel();
        var newest = not.minKernel();
        return (only.arches().isEmpty() || only.arches().contains(machine))
                && target.capabilities().containsAll(only.capabilities())
                && (oldest == null || target.kernel().compareTo(oldest) >= 0)
                && !not.arches().contains(machine)
                && not.capabilities().stream().noneMatch(target.capabilities()::contains)
                && (newest == null || target.kernel().compareTo(newest) < 0);
    }

    /** Returns calls at every number that matters: 0 to 560 of each table, and the boundaries. */
    static IntStream numbers(SeccompArch arch) {
        int bit = arch == SeccompArch.X32 ? 0x40000000 : 0;
        return IntStream.concat(
                IntStream.rangeClosed(0, 560).map(number -> number | bit),
                IntStream.of(
                        0xeffff,
                        0xf0000,
                        0xf0001,
                        0xf0002,
                        0xf0005,
                        0xf0006,
                        0xf0007,
                        0x3fffffff,
                        0x40000000,
                        0x7fffffff,
                        0x80000000,
                        0xfffffffe,
                        0xffffffff));
    }
}
