package io.pelagos.core.security;

import static io.pelagos.core.security.BpfInstruction.JEQ;
import static io.pelagos.core.security.BpfInstruction.JGE;
import static io.pelagos.core.security.BpfInstruction.JGT;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;

/**
 * Makes filters of profiles.
 *
 * <p>A filter first looks at the architecture of the call; one that the profile does not list kills
 * the process. Then it finds the number of the call by binary search among ranges of numbers with
 * the same decision, so that a call costs some ten instructions whether the profile has a hundred
 * rules or four hundred. Arguments are compared as two 32-bit halves, which is all that classic BPF
 * can load. Only instructions are used that Linux 5.11 and newer can follow ahead of time: there a
 * call that is allowed with any arguments does not run the filter at all.
 *
 * <p>Numbers with {@link SeccompArch#X32_BIT} are calls of x32. Where the profile does not list
 * that architecture they get the default action, or kill the process if the default is to allow.
 *
 * <p>The profile is about the calls that are made. A 32-bit program can reach socket(2) and System
 * V IPC also through socketcall(2) and ipc(2), whose arguments lie in memory that no filter sees: a
 * profile that allows those two allows all that is behind them.
 */
public final class SeccompCompiler {
    /** Offsets in {@code struct seccomp_data}, see seccomp(2). */
    private static final int NUMBER_OFFSET = 0;

    private static final int ARCH_OFFSET = 4;
    private static final int ARGS_OFFSET = 16;

    private final BpfAssembler code = new BpfAssembler();
    private final Map<CallDecision, Integer> written = new HashMap<>();

    private SeccompCompiler() {}

    /**
     * Compiles a profile. One that allows everything becomes a filter that allows everything,
     * whatever the architecture of a call; there is no need to install it.
     *
     * @param profile what a container may do
     * @param target the machine and the container
     * @return the filter
     * @throws IllegalArgumentException when the filter is longer than the kernel takes
     */
    public static SeccompProgram compile(SeccompProfile profile, SeccompTarget target) {
        var warnings = new LinkedHashSet<String>();
        var resolved = profile.resolve(target);
        var architectures = architectures(resolved, target, warnings);
        warnAboutNames(resolved, architectures, warnings);
        var decisionWarnings = new ArrayList<String>();
        var decisions = CallTable.decisions(resolved, decisionWarnings);
        warnings.addAll(decisionWarnings);
        if (resolved.isUnconfined()) {
            return unconfined(flags(resolved), List.copyOf(warnings));
        }

        var sections = new LinkedHashMap<Integer, NavigableMap<Long, CallDecision>>();
        for (var arch : architectures) {
            var sharing =
                    architectures.stream()
                            .filter(other -> other.auditArch() == arch.auditArch())
                            .toList();
            sections.computeIfAbsent(
                    arch.auditArch(),
                    _ ->
                            CallTable.ranges(
                                    resolved, target.newerCallsAreMissing(), decisions, sharing));
        }
        return new SeccompProgram(
                new SeccompCompiler().program(sections), flags(resolved), List.copyOf(warnings));
    }

    private static SeccompProgram unconfined(int flags, List<String> warnings) {
        var code = new BpfAssembler();
        code.end(SeccompAction.ALLOW);
        return new SeccompProgram(code.instructions(), flags, warnings);
    }

    private static List<SeccompArch> architectures(
            SeccompProfile profile, SeccompTarget target, Set<String> warnings) {
        var all = new LinkedHashSet<SeccompArch>();
        all.add(SeccompArch.nativeOf(target.architecture()));
        for (var arch : profile.architectures()) {
            if (SeccompArch.allOf(target.architecture()).contains(arch)) {
                all.add(arch);
            } else {
                warnings.add(
                        "%s has no effect: this machine cannot make its calls"
                                .formatted(arch.scmpName()));
            }
        }
        return List.copyOf(all);
    }

    private static void warnAboutNames(
            SeccompProfile profile, List<SeccompArch> architectures, Set<String> warnings) {
        var arches = String.join(", ", architectures.stream().map(SeccompArch::shortName).toList());
        for (var rule : profile.rules()) {
            for (var name : rule.names()) {
                if (!SyscallTable.knows(name)) {
                    warnings.add("%s has no effect: unknown system call".formatted(name));
                } else if (architectures.stream()
                        .noneMatch(arch -> SyscallTable.number(arch, name).isPresent())) {
                    warnings.add("%s has no effect: %s has no such call".formatted(name, arches));
                }
            }
        }
    }

    private static int flags(SeccompProfile profile) {
        int flags = 0;
        for (var flag : profile.flags()) {
            flags |= flag.bit();
        }
        boolean notifies =
                profile.defaultAction().equals(SeccompAction.NOTIFY)
                        || profile.rules().stream()
                                .anyMatch(rule -> rule.action().equals(SeccompAction.NOTIFY));
        return notifies ? flags | SeccompFlag.NEW_LISTENER : flags;
    }

    private List<BpfInstruction> program(Map<Integer, NavigableMap<Long, CallDecision>> sections) {
        var entries = new ArrayList<>(sections.entrySet()).reversed();
        var starts = new LinkedHashMap<Integer, Integer>();
        for (var section : entries) {
            int tree = tree(new ArrayList<>(section.getValue().entrySet()));
            starts.put(section.getKey(), code.load(NUMBER_OFFSET, tree));
        }
        int next = code.end(SeccompAction.KILL_PROCESS);
        for (var start : starts.entrySet()) {
            next = code.compare(JEQ, start.getKey(), start.getValue(), next);
        }
        code.load(ARCH_OFFSET, next);
        return code.instructions();
    }

    private int tree(List<Map.Entry<Long, CallDecision>> ranges) {
        if (ranges.size() == 1) {
            return decision(ranges.getFirst().getValue());
        }
        int middle = ranges.size() / 2;
        int upper = tree(ranges.subList(middle, ranges.size()));
        int lower = tree(ranges.subList(0, middle));
        return code.compare(JGE, ranges.get(middle).getKey().intValue(), upper, lower);
    }

    private int decision(CallDecision decision) {
        if (decision.clauses().isEmpty()) {
            return code.end(decision.otherwise());
        }
        var known = written.get(decision);
        if (known != null) {
            return known;
        }
        int next = code.end(decision.otherwise());
        for (var clause : decision.clauses().reversed()) {
            int yes = code.end(clause.action());
            for (var condition : clause.conditions().reversed()) {
                yes = condition(condition, yes, next);
            }
            next = yes;
        }
        written.put(decision, next);
        return next;
    }

    private int condition(SeccompCondition condition, int yes, int no) {
        return switch (condition.operator()) {
            case EQ -> equal(condition, yes, no);
            case NE -> equal(condition, no, yes);
            case GT -> greater(JGT, condition, yes, no);
            case GE -> greater(JGE, condition, yes, no);
            case LE -> greater(JGT, condition, no, yes);
            case LT -> greater(JGE, condition, no, yes);
            case MASKED_EQ -> maskedEqual(condition, yes, no);
        };
    }

    private int equal(SeccompCondition condition, int yes, int no) {
        int low = code.compare(JEQ, low(condition.value()), yes, no);
        int lowLoaded = code.load(lowOffset(condition), low);
        int high = code.compare(JEQ, high(condition.value()), lowLoaded, no);
        return code.load(highOffset(condition), high);
    }

    private int greater(int lowComparison, SeccompCondition condition, int yes, int no) {
        int low = code.compare(lowComparison, low(condition.value()), yes, no);
        int lowLoaded = code.load(lowOffset(condition), low);
        int highEqual = code.compare(JEQ, high(condition.value()), lowLoaded, no);
        int highGreater = code.compare(JGT, high(condition.value()), yes, highEqual);
        return code.load(highOffset(condition), highGreater);
    }

    private int maskedEqual(SeccompCondition condition, int yes, int no) {
        int low = code.compare(JEQ, low(condition.valueTwo()), yes, no);
        int lowMasked = code.and(low(condition.value()), low);
        int lowLoaded = code.load(lowOffset(condition), lowMasked);
        if (high(condition.value()) == 0 && high(condition.valueTwo()) == 0) {
            return lowLoaded;
        }
        int high = code.compare(JEQ, high(condition.valueTwo()), lowLoaded, no);
        int highMasked = code.and(high(condition.value()), high);
        return code.load(highOffset(condition), highMasked);
    }

    private static int lowOffset(SeccompCondition condition) {
        return ARGS_OFFSET + Long.BYTES * condition.index();
    }

    private static int highOffset(SeccompCondition condition) {
        return lowOffset(condition) + Integer.BYTES;
    }

    private static int low(long value) {
        return (int) value;
    }

    private static int high(long value) {
        return (int) (value >>> Integer.SIZE);
    }
}
