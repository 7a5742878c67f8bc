package io.pelagos.core.internal.cgroup;

import java.time.Duration;

/**
 * Stops and continues all processes of a cgroup.
 *
 * <p>Version 2: {@code cgroup.freeze}, and an event when the last process has stopped. Version 1:
 * {@code freezer.state}, which stays at FREEZING as long as something runs; there is no event, so
 * it is read again, and written again, because processes forked meanwhile can keep a v1 freezer
 * from finishing.
 */
sealed interface Freezer {
    /** Returns the freezer of a cgroup of version 2. */
    static Freezer unified(CgroupDirectory directory) {
        return new Unified(directory);
    }

    /** Returns the freezer of a cgroup in the freezer hierarchy of version 1. */
    static Freezer legacy(CgroupDirectory directory) {
        return new Legacy(directory);
    }

    /**
     * Stops everything.
     *
     * @return false when that did not happen in time; then it may still come
     */
    boolean freeze(Duration timeout);

    /**
     * Continues everything.
     *
     * @return false when that did not happen in time
     */
    boolean thaw(Duration timeout);

    /** Tells whether somebody has stopped everything, or is about to. */
    boolean isFrozen();

    /** The freezer of version 2. */
    record Unified(CgroupDirectory directory) implements Freezer {
        @Override
        public boolean freeze(Duration timeout) {
            directory.write("cgroup.freeze", "1");
            return await(1, timeout);
        }

        @Override
        public boolean thaw(Duration timeout) {
            directory.write("cgroup.freeze", "0");
            return await(0, timeout);
        }

        @Override
        public boolean isFrozen() {
            return directory.read("cgroup.freeze").strip().equals("1");
        }

        private boolean await(long state, Duration timeout) {
            return CgroupEvents.await(
                    directory,
                    events -> FlatKeyed.parse(events).get("frozen", 0) == state,
                    timeout);
        }
    }

    /** The freezer of version 1. */
    record Legacy(CgroupDirectory directory) implements Freezer {
        private static final String STATE = "freezer.state";

        @Override
        public boolean freeze(Duration timeout) {
            return await("FROZEN", timeout);
        }

        @Override
        public boolean thaw(Duration timeout) {
            return await("THAWED", timeout);
        }

        @Override
        public boolean isFrozen() {
            return !directory.read(STATE).strip().equals("THAWED");
        }

        private boolean await(String state, Duration timeout) {
            return CgroupEvents.retry(
                    directory.calls(),
                    () -> {
                        directory.write(STATE, state);
                        return directory.read(STATE).strip().equals(state);
                    },
                    timeout);
        }
    }
}
