package io.pelagos.image.testing;

import java.util.ArrayList;
import java.util.List;

/** The faults that a registry still has to make, in the order in which it was told. */
final class Faults {
    private final List<Armed> armed = new ArrayList<>();

    /** A fault, and how often it matched. */
    private static final class Armed {
        final Fault fault;
        int toSkip;
        int left;

        Armed(Fault fault) {
            this.fault = fault;
            toSkip = fault.skipped();
            left = fault.times();
        }

        /** Tells whether it hits, and counts. */
        boolean hits(Request request) {
            if (left == 0 || !fault.matches(request)) {
                return false;
            }
            if (toSkip > 0) {
                toSkip--;
                return false;
            }
            if (left != Fault.ALWAYS) {
                left--;
            }
            return true;
        }
    }

    synchronized void add(Fault fault) {
        armed.add(new Armed(fault));
    }

    synchronized void clear() {
        armed.clear();
    }

    /** Takes what hits a request, before its credentials are looked at or after. */
    synchronized Effect take(Request request, boolean beforeAuthorization) {
        for (var each : armed) {
            if (each.fault.isBeforeAuthorization() == beforeAuthorization && each.hits(request)) {
                return each.fault.effect();
            }
        }
        return Effect.NONE;
    }
}
