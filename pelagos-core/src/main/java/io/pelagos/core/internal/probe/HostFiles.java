package io.pelagos.core.internal.probe;

import java.util.List;
import java.util.Optional;

/** The files of a host, as far as they tell what it supports. */
public interface HostFiles {
    /** Returns the text of a file, or nothing when it is absent or cannot be read. */
    Optional<String> read(String path);

    /** Tells whether a file exists. */
    boolean exists(String path);

    /** Tells whether this process may write to an existing file or directory. */
    boolean writable(String path);

    /** Tells whether a file is a program that this process may execute. */
    boolean executable(String path);

    /**
     * Returns what a program says of itself when it is asked for its version.
     *
     * @param path the program, which is executable
     * @return its output; empty when it failed
     */
    Optional<String> version(String path);

    /** Tells whether a program is set-user-ID, or has capabilities of its own. */
    boolean raisesPrivileges(String path);

    /** Returns the directories where programs are looked for, in order. */
    List<String> searchPath();

    /** Returns a variable of the environment, or nothing when it is not set or empty. */
    Optional<String> variable(String name);

    /** Returns the name of this user. */
    String userName();
}
