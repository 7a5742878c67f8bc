package io.pelagos.core.security;

import io.pelagos.core.kernel.Errno;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a resolved profile says, by number: a partition of all numbers of one {@code AUDIT_ARCH}
 * into ranges. A key is the first number of a range, which ends before the next key.
 */
final class CallTable {
    /** Arm's private calls begin here; they are no measure of which calls are new. */
    private static final int ARM_PRIVATE = 0x0f0000;

    private static final long NUMBERS = 1L << 32;
    private static final SeccompAction MISSING = SeccompAction.errno(Errno.ENOSYS);

    private final SeccompProfile profile;
    private final boolean newerCallsAreMissing;
    private final Map<String, CallDecision> byName;
    private final TreeMap<Long, CallDecision> ranges = new TreeMap<>();

    private CallTable(
            SeccompProfile profile,
            boolean newerCallsAreMissing,
            Map<String, CallDecision> byName) {
        this.profile = profile;
        this.newerCallsAreMissing = newerCallsAreMissing;
        this.byName = byName;
        ranges.put(0L, CallDecision.always(profile.defaultAction()));
    }

    /** Returns the ranges for an audit architecture that one or, with x32, two tables share. */
    static NavigableMap<Long, CallDecision> ranges(
            SeccompProfile profile,
            boolean newerCallsAreMissing,
            Map<String, CallDecision> byName,
            List<SeccompArch> sharing) {
        var table = new CallTable(profile, newerCallsAreMissing, byName);
        for (var arch : sharing) {
            table.add(arch);
        }
        if (sharing.contains(SeccompArch.X86_64) && !sharing.contains(SeccompArch.X32)) {
            table.refuseX32();
        }
        return table.merged();
    }

    /** Returns what the rules say of each name that they decide otherwise than by default. */
    static Map<String, CallDecision> decisions(SeccompProfile profile, List<String> warnings) {
        var byName = new LinkedHashMap<String, Collected>();
        for (var rule : profile.rules()) {
            if (!rule.action().equals(profile.defaultAction())) {
                for (var name : rule.names()) {
                    byName.computeIfAbsent(name, Collected::new).add(rule, warnings);
                }
            }
        }
        var decisions = new LinkedHashMap<String, CallDecision>();
        byName.forEach(
                (name, collected) ->
                        decisions.put(name, collected.decision(profile.defaultAction(), warnings)));
        return decisions;
    }

    private void add(SeccompArch arch) {
        if (newerCallsAreMissing
                && !profile.defaultAction().permits()
                && profile.defaultAction().kind() != SeccompAction.Kind.TRACE) {
            newest(arch)
                    .ifPresent(
                            newest -> fill(newest + 1L, end(arch), CallDecision.always(MISSING)));
        }
        byName.forEach(
                (name, decision) -> {
                    var number = SyscallTable.number(arch, name);
                    if (number.isPresent()) {
                        var own = arch.narrow() ? decision.narrowed() : decision;
                        fill(number.getAsInt(), number.getAsInt() + 1L, own);
                    }
                });
    }

    /**
     * Keeps a filter that permits by default from permitting calls under numbers that its rules do
     * not cover. A filter that refuses by default refuses these too.
     */
    private void refuseX32() {
        if (profile.defaultAction().permits()) {
            fill(SeccompArch.X32_BIT, NUMBERS - 1, CallDecision.always(SeccompAction.KILL_PROCESS));
        }
    }

    private OptionalInt newest(SeccompArch arch) {
        return profile.rules().stream()
                .flatMap(rule -> rule.names().stream())
                .flatMapToInt(name -> SyscallTable.number(arch, name).stream())
                .filter(number -> arch != SeccompArch.ARM || number < ARM_PRIVATE)
                .max();
    }

    private static long end(SeccompArch arch) {
        return switch (arch) {
            case X86_64 -> SeccompArch.X32_BIT;
            case ARM -> ARM_PRIVATE;
            default -> NUMBERS;
        };
    }

    private void fill(long from, long to, CallDecision decision) {
        var behind = ranges.floorEntry(to).getValue();
        ranges.subMap(from, true, to, true).clear();
        ranges.put(from, decision);
        if (to < NUMBERS) {
            ranges.put(to, behind);
        }
    }

    private NavigableMap<Long, CallDecision> merged() {
        var merged = new TreeMap<Long, CallDecision>();
        CallDecision last = null;
        for (var range : ranges.entrySet()) {
            if (!range.getValue().equals(last)) {
                last = range.getValue();
                merged.put(range.getKey(), last);
            }
        }
        return merged;
    }

    /** The rules about one name. */
    private static final class Collected {
        private final String name;
        private final List<CallDecision.Clause> clauses = new ArrayList<>();
        private @Nullable SeccompAction always;

        Collected(String name) {
            this.name = name;
        }

        void add(SeccompRule rule, List<String> warnings) {
            if (rule.conditions().isEmpty()) {
                if (always == null) {
                    always = rule.action();
                } else if (!always.equals(rule.action())) {
                    warnings.add(
                            "%s: %s has no effect: an earlier rule without conditions says %s"
                                    .formatted(name, rule.action(), always));
                }
                return;
            }
            for (var alternative : rule.alternatives()) {
                if (alternative.stream().anyMatch(SeccompCondition::impossible)) {
                    warnings.add(
                            "%s: %s has no effect: no call fulfils %s"
                                    .formatted(name, rule.action(), alternative));
                } else {
                    clauses.add(new CallDecision.Clause(alternative, rule.action()));
                }
            }
        }

        CallDecision decision(SeccompAction defaultAction, List<String> warnings) {
            if (always == null) {
                return new CallDecision(List.copyOf(clauses), defaultAction);
            }
            for (var clause : clauses) {
                if (!clause.action().equals(always)) {
                    warnings.add(
                            "%s: %s if %s has no effect: a rule without conditions says %s"
                                    .formatted(name, clause.action(), clause.conditions(), always));
                }
            }
            return CallDecision.always(always);
        }
    }
}
