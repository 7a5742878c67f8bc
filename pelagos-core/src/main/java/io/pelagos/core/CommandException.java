package io.pelagos.core;

import io.pelagos.core.kernel.Errno;

/** The program of a container could not be executed; everything else had been set up. */
public final class CommandException extends PelagosException {
    private static final long serialVersionUID = 1L;

    /** The program, as it was given. */
    private final String command;

    /** Why it could not be executed. */
    private final Errno errno;

    /**
     * Makes an exception for a program.
     *
     * @param command the program as it was given
     * @param searched where it was looked for
     * @param errno why it could not be executed
     */
    public CommandException(String command, String searched, Errno errno) {
        super("executing " + command + searched + ": " + errno + ". " + remedy(errno));
        this.command = command;
        this.errno = errno;
    }

    private static String remedy(Errno errno) {
        return switch (errno) {
            case ENOENT ->
                    "The program, or the interpreter that its first line or its ELF header names, is"
                            + " not in the container";
            case EACCES ->
                    "The program is not executable for this user, is a directory, or lies on a mount"
                            + " with noexec";
            case ENOEXEC ->
                    "The file is no program for this machine; a script needs a first line like"
                            + " #!/bin/sh";
            default -> "See execve(2)";
        };
    }

    /**
     * Returns the program.
     *
     * @return the program as it was given
     */
    public String command() {
        return command;
    }

    /**
     * Returns why it could not be executed.
     *
     * @return the error
     */
    public Errno errno() {
        return errno;
    }

    /**
     * Returns the exit code that shells give in this case.
     *
     * @return 127 when the program is missing, else 126
     */
    public int shellCode() {
        return errno == Errno.ENOENT ? 127 : 126;
    }
}
