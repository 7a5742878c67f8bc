package io.pelagos.core.internal.launch;

import java.util.List;
import java.util.TreeSet;

/**
 * The descriptors that a plan uses, by the numbers they have in the JVM: the new process keeps
 * them, so that no dup2(2) can overwrite the source of the next.
 *
 * @param report the writing end of the report pipe
 * @param control the helper's end of the control socket
 * @param others what else the plan uses
 */
public record Channels(int report, int control, List<Integer> others) {
    /** Numbers for a plan that is only printed. */
    public static final Channels PRINTED = new Channels(3, 4, List.of());

    /** Copies the list. */
    public Channels {
        others = List.copyOf(others);
    }

    /** Returns all numbers in order. */
    TreeSet<Integer> all() {
        var all = new TreeSet<>(others);
        all.add(report);
        all.add(control);
        return all;
    }
}
