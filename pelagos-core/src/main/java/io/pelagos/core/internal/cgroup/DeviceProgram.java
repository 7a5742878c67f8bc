package io.pelagos.core.internal.cgroup;

import static io.pelagos.core.internal.cgroup.BpfInstruction.Code.AND;
import static io.pelagos.core.internal.cgroup.BpfInstruction.Code.EXIT;
import static io.pelagos.core.internal.cgroup.BpfInstruction.Code.JUMP_ANY_BIT;
import static io.pelagos.core.internal.cgroup.BpfInstruction.Code.JUMP_EQUAL;
import static io.pelagos.core.internal.cgroup.BpfInstruction.Code.JUMP_NOT_EQUAL;
import static io.pelagos.core.internal.cgroup.BpfInstruction.Code.LOAD_WORD;
import static io.pelagos.core.internal.cgroup.BpfInstruction.Code.MOVE;
import static io.pelagos.core.internal.cgroup.BpfInstruction.Code.SET;
import static io.pelagos.core.internal.cgroup.BpfInstruction.Code.SHIFT_RIGHT;

import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.Resources.DeviceRule;
import java.util.ArrayList;
import java.util.List;

/**
 * Compiles device rules into an eBPF program of type {@code BPF_PROG_TYPE_CGROUP_DEVICE}: the
 * kernel runs it whenever a process of the cgroup opens or makes a device node, and 0 means EPERM.
 *
 * <p>The program keeps in a register which accesses are still to be decided, and goes through the
 * rules from the last to the first. A rule that matches the device denies at once if it denies one
 * of them, or strikes out those that it allows; when none is left the answer is yes.
 */
final class DeviceProgram {
    // struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor; }
    private static final int ACCESS_TYPE = 0;
    private static final int MAJOR = 4;
    private static final int MINOR = 8;
    private static final int BLOCK = 1; // BPF_DEVCG_DEV_BLOCK
    private static final int CHARACTER = 2; // BPF_DEVCG_DEV_CHAR
    private static final int ALL = 7;

    private static final int RESULT = 0;
    private static final int CONTEXT = 1;
    private static final int TYPE_REGISTER = 2;
    private static final int OPEN_REGISTER = 3;
    private static final int MAJOR_REGISTER = 4;
    private static final int MINOR_REGISTER = 5;

    private DeviceProgram() {}

    /**
     * Compiles rules.
     *
     * @param rules the rules
     * @return the program
     */
    static List<BpfInstruction> compile(DeviceRules rules) {
        // From the end: a jump forward needs to know how far its target is.
        var parts = new ArrayList<List<BpfInstruction>>();
        parts.add(
                List.of(
                        BpfInstruction.of(SET, RESULT, 0),
                        BpfInstruction.of(EXIT, 0, 0),
                        BpfInstruction.of(SET, RESULT, 1),
                        BpfInstruction.of(EXIT, 0, 0)));
        int toDenial = 0;
        for (var rule : rules.rules()) {
            var part = rule(rule, toDenial);
            parts.add(part);
            toDenial += part.size();
        }
        parts.add(start());
        return parts.reversed().stream().flatMap(List::stream).toList();
    }

    /** {@code access_type} is {@code (access << 16) | type}. */
    private static List<BpfInstruction> start() {
        return List.of(
                new BpfInstruction(LOAD_WORD, TYPE_REGISTER, CONTEXT, ACCESS_TYPE, 0),
                new BpfInstruction(MOVE, OPEN_REGISTER, TYPE_REGISTER, 0, 0),
                BpfInstruction.of(AND, TYPE_REGISTER, 0xffff),
                BpfInstruction.of(SHIFT_RIGHT, OPEN_REGISTER, 16),
                new BpfInstruction(LOAD_WORD, MAJOR_REGISTER, CONTEXT, MAJOR, 0),
                new BpfInstruction(LOAD_WORD, MINOR_REGISTER, CONTEXT, MINOR, 0));
    }

    /**
     * Compiles one rule.
     *
     * @param toDenial how many instructions lie between this rule and the denial; the permission
     *     comes two after it
     */
    private static List<BpfInstruction> rule(DeviceRule rule, int toDenial) {
        var verdict =
                rule.allow()
                        ? List.of(
                                BpfInstruction.of(AND, OPEN_REGISTER, ALL & ~bits(rule.access())),
                                BpfInstruction.jump(JUMP_EQUAL, OPEN_REGISTER, 0, toDenial + 2))
                        : List.of(
                                BpfInstruction.jump(
                                        JUMP_ANY_BIT,
                                        OPEN_REGISTER,
                                        bits(rule.access()),
                                        toDenial));
        var part = new ArrayList<BpfInstruction>(verdict);
        if (rule.minor() != null) {
            part.addFirst(unless(MINOR_REGISTER, rule.minor(), part.size()));
        }
        if (rule.major() != null) {
            part.addFirst(unless(MAJOR_REGISTER, rule.major(), part.size()));
        }
        if (rule.type() != null) {
            int type = rule.type() == Device.Type.BLOCK ? BLOCK : CHARACTER;
            part.addFirst(unless(TYPE_REGISTER, type, part.size()));
        }
        return part;
    }

    private static BpfInstruction unless(int register, int value, int skipped) {
        return BpfInstruction.jump(JUMP_NOT_EQUAL, register, value, skipped);
    }

    /** BPF_DEVCG_ACC_MKNOD 1, BPF_DEVCG_ACC_READ 2, BPF_DEVCG_ACC_WRITE 4. */
    static int bits(String access) {
        return (access.indexOf('m') < 0 ? 0 : 1)
                | (access.indexOf('r') < 0 ? 0 : 2)
                | (access.indexOf('w') < 0 ? 0 : 4);
    }
}
