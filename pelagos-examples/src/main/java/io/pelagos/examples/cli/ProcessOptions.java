package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.ListenSocket;
import io.pelagos.core.spec.Personality;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The program's environment, place, identity and own limits. */
final class ProcessOptions {
    @Mixin private EnvOptions env = new EnvOptions();

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "DIR",
            description = "Working directory; made when missing.")
    private @Nullable String workdir;

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:GROUP]",
            description = "Run as this user, by number or by a name of the container's own files.")
    private @Nullable String user;

    @Option(
            names = "--group-add",
            paramLabel = "GROUP",
            split = ",",
            description = "Add a supplementary group.")
    private List<String> groups = new ArrayList<>();

    @Option(
            names = "--umask",
            paramLabel = "OCTAL",
            description = "File mode creation mask (default: 0022).")
    private @Nullable FileMode umask;

    @Option(
            names = "--ulimit",
            paramLabel = "NAME=SOFT[:HARD]",
            description =
                    "Limit a resource of each process, see getrlimit(2); -1 or unlimited for none.")
    private List<UlimitOption> ulimits = new ArrayList<>();

    @Option(
            names = "--oom-score-adj",
            paramLabel = "N",
            description = "How likely the kernel ends it when memory is short, -1000 to 1000.")
    private @Nullable Integer oomScoreAdj;

    @Option(
            names = "--personality",
            paramLabel = "linux|linux32",
            description = "Execution domain, see personality(2).")
    private @Nullable Personality personality;

    @Option(
            names = "--listen",
            paramLabel = "NAME=ADDRESS",
            description =
                    "Open a socket at 127.0.0.1:80, [::1]:80 or /run/app.sock of the host and pass"
                            + " it to the program, see sd_listen_fds(3).")
    private List<ListenSocket> listening = new ArrayList<>();

    @Option(
            names = "--preserve-fds",
            paramLabel = "N",
            description = "Pass on descriptors 3 to N+2 of whoever runs this command.")
    private int preserved;

    /** Tells whether the program runs as another user than 0, as far as the option says. */
    boolean unprivilegedUser() {
        if (user == null) {
            return false;
        }
        int colon = user.indexOf(':');
        var name = colon < 0 ? user : user.substring(0, colon);
        return !name.equals("0") && !name.equals("root");
    }

    void applyTo(ContainerBuilder builder, Map<String, String> caller) {
        builder.env(env.environment(caller));
        if (workdir != null) {
            builder.cwd(workdir);
        }
        if (user != null) {
            builder.user(user);
        }
        builder.groups(groups.toArray(String[]::new));
        if (umask != null) {
            builder.umask(umask);
        }
        for (var ulimit : ulimits) {
            builder.rlimit(ulimit.resource(), ulimit.limit().soft(), ulimit.limit().hard());
        }
        if (oomScoreAdj != null) {
            builder.oomScoreAdj(oomScoreAdj);
        }
        if (personality != null) {
            builder.personality(personality);
        }
        for (var socket : listening) {
            if (socket.source() instanceof ListenSocket.Source.Address(var address)) {
                builder.listen(socket.name(), address);
            }
        }
        builder.preserveFds(IntStream.range(3, 3 + preserved).toArray());
    }
}
