package io.pelagos.core;

import io.pelagos.core.spec.Descriptors;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.ListenSocket;
import io.pelagos.core.spec.Personality;
import io.pelagos.core.spec.ProcessSpec;
import io.pelagos.core.spec.Rlimit;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.core.spec.TerminalSize;
import io.pelagos.core.spec.User;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The first program of a container while it is being described. */
final class ProcessDraft {
    private static final String PATH =
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    final List<String> command = new ArrayList<>();

    /** What comes before the command, as images have it. */
    final List<String> entrypoint = new ArrayList<>();

    final Map<String, String> environment = new LinkedHashMap<>();
    final List<String> groups = new ArrayList<>();
    final Map<Rlimit, Rlimit.Limit> rlimits = new EnumMap<>(Rlimit.class);
    final List<ListenSocket> listening = new ArrayList<>();
    final List<Integer> preserved = new ArrayList<>();
    String cwd = "/";
    User user = User.ROOT;
    FileMode umask = new FileMode(022);
    @Nullable Integer oomScoreAdj;
    boolean terminal;
    @Nullable TerminalSize terminalSize;
    @Nullable Personality personality;

    /** Takes over everything of a process. */
    void copy(ProcessSpec process) {
        command.addAll(process.command());
        environment.putAll(process.environment());
        cwd = process.cwd();
        user = process.user();
        groups.addAll(process.groups());
        umask = process.umask();
        rlimits.putAll(process.rlimits());
        oomScoreAdj = process.oomScoreAdj();
        terminal = process.terminal();
        personality = process.personality();
        listening.addAll(process.descriptors().listening());
        preserved.addAll(process.descriptors().preserved());
        terminalSize = process.terminalSize();
    }

    /**
     * Returns the process, with the variables that every program has.
     *
     * @param root gives the root file system, in which its user may be at home
     * @throws IllegalArgumentException when something cannot be as it is
     */
    ProcessSpec process(Supplier<RootSpec> root) {
        return new ProcessSpec(
                wholeCommand(),
                environmentWithDefaults(root),
                cwd,
                user,
                groups,
                umask,
                rlimits,
                oomScoreAdj,
                terminal,
                terminalSize,
                personality,
                new Descriptors(listening, preserved));
    }

    private List<String> wholeCommand() {
        var whole = new ArrayList<>(entrypoint);
        whole.addAll(command);
        return whole;
    }

    private Map<String, String> environmentWithDefaults(Supplier<RootSpec> root) {
        var all = new LinkedHashMap<String, String>();
        all.put("PATH", PATH);
        home(root).ifPresent(directory -> all.put("HOME", directory));
        if (terminal) {
            all.put("TERM", "xterm");
        }
        all.putAll(environment);
        return all;
    }

    /** The home of other users is looked up when the container starts, in its own passwd(5). */
    private Optional<String> home(Supplier<RootSpec> root) {
        if (user.uid().orElse(1) == 0) {
            return Optional.of("/root");
        }
        return root.get() instanceof RootSpec.Host ? Optional.of("/home") : Optional.empty();
    }
}
