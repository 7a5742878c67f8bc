package io.pelagos.core.paths;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Everything that the choice of locations depends on.
 *
 * @param uid the real user id of the process, as getuid(2) gives it
 * @param variables the environment variables
 * @param directoryExists tells whether a directory is there
 * @param tmpDir the directory for temporary files that all users share; its sticky bit is what
 *     keeps others from renaming what is made in it
 */
public record PathsEnvironment(
        long uid, Map<String, String> variables, Predicate<Path> directoryExists, Path tmpDir) {
    private static final Path STATUS = Path.of("/proc/self/status");

    /**
     * Copies the variables.
     *
     * @throws IllegalArgumentException if the user id is none of Linux, or the directory for
     *     temporary files is not absolute
     */
    public PathsEnvironment {
        if (uid < 0 || uid >= 0xffff_ffffL) {
            throw new IllegalArgumentException("uid: " + uid + " is not in 0 to 4294967294");
        }
        if (!tmpDir.isAbsolute()) {
            throw new IllegalArgumentException("tmpDir: \"" + tmpDir + "\" is not absolute");
        }
        variables = Map.copyOf(variables);
    }

    /**
     * Looks at this process: its real user id (the {@code Uid:} line of {@code /proc/self/status},
     * proc_pid_status(5)), its environment, the directories of this machine, and {@code /tmp}.
     *
     * @return the environment at this moment
     * @throws UncheckedIOException if {@code /proc} is not mounted
     */
    public static PathsEnvironment current() {
        try {
            var uid = realUid(Files.readAllLines(STATUS));
            return new PathsEnvironment(uid, System.getenv(), Files::isDirectory, Path.of("/tmp"));
        } catch (IOException e) {
            throw new UncheckedIOException("finding the real user id of this process", e);
        }
    }

    boolean isRoot() {
        return uid == 0;
    }

    /**
     * Returns the directory that a variable names. Empty counts as unset, and so does a relative
     * path, which the XDG Base Directory Specification says to ignore.
     */
    Optional<Path> directory(String variable) {
        return Optional.ofNullable(variables.get(variable))
                .filter(value -> !value.isEmpty())
                .map(Path::of)
                .filter(Path::isAbsolute);
    }

    /** Returns the first field of the line {@code Uid: real effective saved file-system}. */
    static long realUid(List<String> status) throws IOException {
        for (var line : status) {
            if (line.startsWith("Uid:")) {
                return Long.parseLong(line.substring("Uid:".length()).strip().split("\\s", 2)[0]);
            }
        }
        throw new IOException(STATUS + " has no line \"Uid:\"");
    }
}
