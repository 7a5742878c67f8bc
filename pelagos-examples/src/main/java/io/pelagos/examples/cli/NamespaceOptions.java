package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.NamespaceMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the container shares with the host, and what its own looks like. */
final class NamespaceOptions {
    private static final String MODE = "private|host|ns:PATH";

    @Option(
            names = {"-h", "--hostname"},
            paramLabel = "NAME",
            description = "Host name (default: the container's name).")
    private @Nullable String hostname;

    @Option(names = "--domainname", paramLabel = "NAME", description = "NIS domain name.")
    private @Nullable String domainname;

    @Option(
            names = {"--network", "--net"},
            paramLabel = "none|host|ns:PATH",
            description = "Network (default: none).")
    private @Nullable NamespaceMode network;

    @Option(names = "--pid", paramLabel = MODE, description = "Process ids (default: private).")
    private @Nullable NamespaceMode pid;

    @Option(
            names = "--ipc",
            paramLabel = MODE,
            description = "System V IPC and message queues (default: private).")
    private @Nullable NamespaceMode ipc;

    @Option(
            names = "--uts",
            paramLabel = MODE,
            description = "Host and domain name (default: private).")
    private @Nullable NamespaceMode uts;

    @Option(
            names = "--cgroupns",
            paramLabel = MODE,
            description = "Root of the cgroup hierarchy (default: private).")
    private @Nullable NamespaceMode cgroup;

    @Option(
            names = "--userns",
            paramLabel = "auto|" + MODE,
            description =
                    "User and group ids: auto for ids that are nobody's on the host (default: host; for"
                            + " an ordinary user auto).")
    private @Nullable String user;

    @Option(
            names = "--uidmap",
            paramLabel = "CONTAINER:HOST:COUNT",
            description = "Map user ids in a private user namespace.")
    private List<IdMap> uidMap = new ArrayList<>();

    @Option(
            names = "--gidmap",
            paramLabel = "CONTAINER:HOST:COUNT",
            description = "Map group ids (default: as user ids).")
    private List<IdMap> gidMap = new ArrayList<>();

    @Option(
            names = "--monotonic",
            paramLabel = "TIME",
            description = "Add to CLOCK_MONOTONIC in a private time namespace.")
    private @Nullable Duration monotonic;

    @Option(
            names = "--boottime",
            paramLabel = "TIME",
            description = "Add to CLOCK_BOOTTIME in a private time namespace.")
    private @Nullable Duration boottime;

    void applyTo(ContainerBuilder builder) {
        if (hostname != null) {
            builder.hostname(hostname);
        }
        if (domainname != null) {
            builder.domainname(domainname);
        }
        apply(builder, Namespace.NETWORK, network);
        apply(builder, Namespace.PID, pid);
        apply(builder, Namespace.IPC, ipc);
        apply(builder, Namespace.UTS, uts);
        apply(builder, Namespace.CGROUP, cgroup);
        if (user != null && user.equals("auto")) {
            builder.userNamespaceAuto();
        } else if (user != null) {
            var mode = user;
            apply(
                    builder,
                    Namespace.USER,
                    Refusal.naming("--userns", () -> NamespaceOption.parse(mode)));
        }
        if (!uidMap.isEmpty() || !gidMap.isEmpty()) {
            builder.userNamespace(
                    uidMap.isEmpty() ? gidMap : uidMap, gidMap.isEmpty() ? uidMap : gidMap);
        }
        if (monotonic != null || boottime != null) {
            builder.clocks(orZero(monotonic), orZero(boottime));
        }
    }

    private static void apply(
            ContainerBuilder builder, Namespace kind, @Nullable NamespaceMode mode) {
        if (mode != null) {
            NamespaceOption.apply(builder, kind, mode);
        }
    }

    private static Duration orZero(@Nullable Duration offset) {
        return offset == null ? Duration.ZERO : offset;
    }
}
