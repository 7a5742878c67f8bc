package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_EMPTY_PATH;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.FCNTL;
import static io.pelagos.core.kernel.Syscall.LANDLOCK_ADD_RULE;
import static io.pelagos.core.kernel.Syscall.LANDLOCK_CREATE_RULESET;
import static io.pelagos.core.kernel.Syscall.LANDLOCK_RESTRICT_SELF;
import static io.pelagos.core.kernel.Syscall.STATX;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.security.LandlockPathRule;
import io.pelagos.core.security.LandlockRules;
import org.jspecify.annotations.Nullable;

/**
 * Restricts files and ports by Landlock, see landlock(7). The ruleset is made while paths can still
 * be opened, and enforced later.
 */
final class LandlockSteps {
    private static final int STATX_SIZE = 256;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STX_MODE = 28;
    private static final int S_IFMT = 0170000;
    private static final int S_IFDIR = 0040000;
    private static final int PARENT_FD = 8;
    private static final int F_DUPFD_CLOEXEC = 1030;

    private final LandlockRules rules;
    private final int abi;
    private @Nullable Slot ruleset;

    LandlockSteps(LandlockRules rules, int abi) {
        this.rules = rules;
        this.abi = abi;
    }

    void prepare(PlanBuilder plan) {
        if (rules.isEmpty() || !rules.isEnforceable(abi)) {
            return;
        }
        plan.purpose("making Landlock rules");
        ruleset = plan.slot("ruleset");
        var attributes = rules.rulesetAttr(abi);
        plan.call(
                        LANDLOCK_CREATE_RULESET,
                        plan.bytes("ruleset attributes", attributes),
                        attributes.length,
                        0)
                .into(ruleset);
        addPaths(plan, ruleset);
        for (var rule : rules.ports(abi)) {
            plan.purpose("allowing TCP port " + rule.port());
            plan.call(
                    LANDLOCK_ADD_RULE,
                    ruleset,
                    LandlockRules.RULE_NET_PORT,
                    plan.bytes("{" + rule.access() + ", " + rule.port() + "}", rule.attr()),
                    0);
        }
    }

    /** The working directory is the program's by now, so paths are looked up from the root. */
    private void addPaths(PlanBuilder plan, Slot ruleset) {
        if (rules.paths().isEmpty()) {
            return;
        }
        var root = Targets.openRoot(plan);
        for (var rule : rules.paths()) {
            addPath(plan, ruleset, root, rule);
        }
        plan.call(CLOSE, root);
    }

    /** What a directory may be granted would be EINVAL for a file, so its type decides. */
    private void addPath(PlanBuilder plan, Slot ruleset, Slot root, LandlockPathRule rule) {
        plan.purpose("allowing access to " + rule.path());
        var path = plan.slot(rule.path());
        var absent = new Label();
        var failed = new Label();
        var present = new Label();
        Targets.open(plan, root, rule.path(), path, true).orElse(failed);
        plan.jump(present);
        plan.here(failed);
        // Nothing is there to be allowed; what is not allowed is denied.
        plan.whenErrno(Errno.ENOENT, absent);
        plan.jump(plan.onError());
        plan.here(present);
        var status = plan.space("statx", STATX_SIZE);
        plan.call(STATX, path, "", AT_EMPTY_PATH, STATX_BASIC_STATS, status);
        var directory = new Label();
        var added = new Label();
        plan.when(status.at(STX_MODE).value(), S_IFMT, S_IFDIR, directory);
        addRule(plan, ruleset, path, rule.mask(abi, false));
        plan.jump(added);
        plan.here(directory);
        addRule(plan, ruleset, path, rule.mask(abi, true));
        plan.here(added);
        plan.call(CLOSE, path);
        plan.here(absent);
    }

    private static void addRule(PlanBuilder plan, Slot ruleset, Slot path, long access) {
        if (access == 0) {
            return;
        }
        // struct landlock_path_beneath_attr { __u64 allowed_access; __s32 parent_fd; } packed
        var attributes =
                plan.bytes(
                        "{0x" + Long.toHexString(access) + ", path}",
                        LandlockRules.pathBeneathAttr(access, -1));
        // A copy of the descriptor, only so that its number is stored into the struct.
        plan.call(FCNTL, path, F_DUPFD_CLOEXEC, 3).into(attributes.at(PARENT_FD));
        plan.call(LANDLOCK_ADD_RULE, ruleset, LandlockRules.RULE_PATH_BENEATH, attributes, 0);
    }

    void enforce(PlanBuilder plan) {
        if (ruleset == null) {
            return;
        }
        plan.purpose("restricting by Landlock");
        plan.call(LANDLOCK_RESTRICT_SELF, ruleset, rules.restrictFlags(abi));
        plan.call(CLOSE, ruleset);
    }
}
