package io.pelagos.core.paths;

/** The one rule for process ids in file names. */
final class Pid {
    private Pid() {}

    static long require(long pid) {
        if (pid <= 0) {
            throw new IllegalArgumentException("pid: " + pid + " is not positive");
        }
        return pid;
    }
}
