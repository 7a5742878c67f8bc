package io.pelagos.core.security;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a filter from its end to its beginning. Classic BPF jumps forward only, so that every
 * target is already there when a jump to it is written, and its distance is known: no labels, no
 * second pass. A position is the number of instructions from the end.
 *
 * <p>A comparison can skip 255 instructions. For a target farther away a plain jump, whose distance
 * is not limited, is put in between.
 */
final class BpfAssembler {
    /** Leaves room for the two plain jumps that one comparison may need. */
    private static final int NEAR = 255 - 2;

    private final List<BpfInstruction> backwards = new ArrayList<>();
    private final Map<SeccompAction, Integer> returns = new HashMap<>();

    /** Returns the position of an instruction that ends the filter. */
    int end(SeccompAction action) {
        var position = returns.get(action);
        if (position == null || distance(position) > NEAR) {
            position = add(new BpfInstruction(BpfInstruction.RETURN, 0, 0, action.returnValue()));
            returns.put(action, position);
        }
        return position;
    }

    /** Returns the position of a comparison of the loaded word. */
    int compare(int code, int k, int yes, int no) {
        int nearYes = near(yes);
        int nearNo = near(no);
        return add(new BpfInstruction(code, distance(nearYes), distance(nearNo), k));
    }

    /** Returns the position of a load of the word at an offset of {@code struct seccomp_data}. */
    int load(int offset, int next) {
        return before(next, new BpfInstruction(BpfInstruction.LOAD, 0, 0, offset));
    }

    /** Returns the position of a mask on the loaded word. */
    int and(int mask, int next) {
        return before(next, new BpfInstruction(BpfInstruction.AND, 0, 0, mask));
    }

    /** Returns the whole filter, which begins with what was written last. */
    List<BpfInstruction> instructions() {
        var forwards = new ArrayList<>(backwards);
        Collections.reverse(forwards);
        return forwards;
    }

    private int before(int next, BpfInstruction instruction) {
        if (distance(next) > 0) {
            jump(next);
        }
        return add(instruction);
    }

    private int near(int target) {
        return distance(target) > NEAR ? jump(target) : target;
    }

    private int jump(int target) {
        return add(new BpfInstruction(BpfInstruction.JUMP, 0, 0, distance(target)));
    }

    private int distance(int target) {
        return backwards.size() - 1 - target;
    }

    private int add(BpfInstruction instruction) {
        backwards.add(instruction);
        return backwards.size() - 1;
    }
}
