package io.pelagos.core.spec;

import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The first program of a container.
 *
 * @param command the program and its arguments; a program without a slash is looked up in the
 *     container's {@code PATH}
 * @param environment the whole environment, in order
 * @param cwd the working directory, an absolute path inside the container; it is made, owned by the
 *     user, when it is missing
 * @param user who it runs as
 * @param groups supplementary groups, by number or by name of the container's {@code /etc/group};
 *     there are no others
 * @param umask the file mode creation mask
 * @param rlimits resource limits; those not given are the JVM's
 * @param oomScoreAdj -1000 to 1000, how likely the kernel ends it when memory is short, or null for
 *     the JVM's
 * @param terminal whether its streams are a terminal
 * @param terminalSize how large that is at first; or null for the usual size, and without one
 * @param personality its execution domain; or null for the JVM's
 * @param descriptors what it has open beside its streams
 */
public record ProcessSpec(
        List<String> command,
        Map<String, String> environment,
        String cwd,
        User user,
        List<String> groups,
        FileMode umask,
        Map<Rlimit, Rlimit.Limit> rlimits,
        @Nullable Integer oomScoreAdj,
        boolean terminal,
        @Nullable TerminalSize terminalSize,
        @Nullable Personality personality,
        Descriptors descriptors) {
    /** Checks and copies everything. */
    public ProcessSpec {
        command = List.copyOf(command);
        if (command.isEmpty() || command.getFirst().isEmpty()) {
            throw new IllegalArgumentException("command " + command + ": names no program");
        }
        for (var argument : command) {
            noNul("command argument", argument);
        }
        environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
        environment.forEach(
                (name, value) -> {
                    if (name.isEmpty() || name.indexOf('=') >= 0) {
                        throw new IllegalArgumentException(
                                "environment variable \"" + name + "\": is empty or contains '='");
                    }
                    noNul("environment variable", name);
                    noNul("environment variable " + name, value);
                });
        cwd = ContainerPath.normalize("cwd", cwd);
        groups = List.copyOf(groups);
        for (var group : groups) {
            var checked = new User("0", group);
            assert checked.group().equals(group);
        }
        if ((umask.bits() & ~0777) != 0) {
            throw new IllegalArgumentException("umask " + umask + ": must be 0000 to 0777");
        }
        var sorted = new EnumMap<Rlimit, Rlimit.Limit>(Rlimit.class);
        sorted.putAll(rlimits);
        rlimits = Collections.unmodifiableMap(sorted);
        if (oomScoreAdj != null && (oomScoreAdj < -1000 || oomScoreAdj > 1000)) {
            throw new IllegalArgumentException(
                    "oom score adjustment " + oomScoreAdj + ": must be -1000 to 1000");
        }
        if (terminalSize != null && !terminal) {
            throw new IllegalArgumentException(
                    "size of the terminal " + terminalSize + ": there is no terminal");
        }
    }

    /**
     * Makes a process whose terminal, if it has one, has the usual size.
     *
     * @param command the program and its arguments
     * @param environment the whole environment, in order
     * @param cwd the working directory
     * @param user who it runs as
     * @param groups supplementary groups
     * @param umask the file mode creation mask
     * @param rlimits resource limits
     * @param oomScoreAdj how likely the kernel ends it when memory is short, or null
     * @param terminal whether its streams are a terminal
     */
    public ProcessSpec(
            List<String> command,
            Map<String, String> environment,
            String cwd,
            User user,
            List<String> groups,
            FileMode umask,
            Map<Rlimit, Rlimit.Limit> rlimits,
            @Nullable Integer oomScoreAdj,
            boolean terminal) {
        this(command, environment, cwd, user, groups, umask, rlimits, oomScoreAdj, terminal, null);
    }

    /**
     * Makes a process with the JVM's personality and nothing open but its streams.
     *
     * @param command the program and its arguments
     * @param environment the whole environment, in order
     * @param cwd the working directory
     * @param user who it runs as
     * @param groups supplementary groups
     * @param umask the file mode creation mask
     * @param rlimits resource limits
     * @param oomScoreAdj how likely the kernel ends it when memory is short, or null
     * @param terminal whether its streams are a terminal
     * @param terminalSize how large that is at first, or null
     */
    public ProcessSpec(
            List<String> command,
            Map<String, String> environment,
            String cwd,
            User user,
            List<String> groups,
            FileMode umask,
            Map<Rlimit, Rlimit.Limit> rlimits,
            @Nullable Integer oomScoreAdj,
            boolean terminal,
            @Nullable TerminalSize terminalSize) {
        this(
                command,
                environment,
                cwd,
                user,
                groups,
                umask,
                rlimits,
                oomScoreAdj,
                terminal,
                terminalSize,
                null,
                Descriptors.NONE);
    }

    private static void noNul(String what, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(what + ": contains NUL");
        }
    }
}
