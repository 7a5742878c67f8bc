package io.pelagos.core;

import io.pelagos.core.internal.plan.HostFacts;
import io.pelagos.core.internal.plan.LaunchInputs;
import io.pelagos.core.internal.plan.SubordinateIds;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.security.Capability;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.RootSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;

/**
 * Who needs a user namespace, which ids are mapped in it, and by whom, see user_namespaces(7).
 *
 * <p>A JVM with the capability to give others ids writes the maps itself. One without can map its
 * own id alone; for the subordinate ranges of its user it asks newuidmap(1) and newgidmap(1), which
 * the administrator has given the right to.
 */
final class UserNamespaces {
    private static final List<String> DIRECTORIES =
            List.of("/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin");
    private static final int PATIENCE_SECONDS = 10;
    private static final int LONGEST_MESSAGE = 2000;

    /** The two kinds of ids. */
    private enum Kind {
        USER("uid", Capability.SETUID),
        GROUP("gid", Capability.SETGID);

        private final String word;
        private final Capability capability;

        Kind(String word, Capability capability) {
            this.word = word;
            this.capability = capability;
        }

        Path file() {
            return Path.of("/etc/sub" + word);
        }

        Optional<Path> mapper() {
            return DIRECTORIES.stream()
                    .map(directory -> Path.of(directory, "new" + word + "map"))
                    .filter(Files::isExecutable)
                    .findFirst();
        }
    }

    private final SystemCalls calls;
    private final HostFacts facts;

    UserNamespaces(SystemCalls calls, HostFacts facts) {
        this.calls = calls;
        this.facts = facts;
    }

    /**
     * Gives a container a user namespace where this JVM could not make its others without: that
     * takes CAP_SYS_ADMIN, whatever the number of the user.
     */
    ContainerSpec adapted(ContainerSpec spec) {
        if (facts.effective().contains(Capability.SYS_ADMIN)) {
            return withMappedLayers(spec);
        }
        return spec.namespaces().containsKey(Namespace.USER)
                ? spec
                : spec.withUserNamespace(ownMaps(Kind.USER), ownMaps(Kind.GROUP));
    }

    /**
     * The users of a user namespace that root makes can neither reach a writable layer that Pelagos
     * makes, nor own what is in the layers below, unless the ids of both are mapped.
     */
    private ContainerSpec withMappedLayers(ContainerSpec spec) {
        return spec.creates(Namespace.USER)
                        && spec.root() instanceof RootSpec.Layers layers
                        && layers.upper() instanceof RootSpec.Upper.Ephemeral
                        && layers.backend() != OverlayBackend.FUSE
                        && IdMappings.takesLayers(facts)
                ? spec.withRoot(layers.withIdMapping())
                : spec;
    }

    /** Tells whether a container is in another user namespace than the machine's own. */
    boolean isInOne(ContainerSpec spec) {
        return facts.nested() || spec.namespaces().containsKey(Namespace.USER);
    }

    /** Says what of the ids cannot be had. */
    List<String> warnings(ContainerSpec spec) {
        if (!spec.creates(Namespace.USER)) {
            return List.of();
        }
        var warnings = new ArrayList<String>();
        for (var kind : Kind.values()) {
            var maps = kind == Kind.USER ? spec.uidMap() : spec.gidMap();
            if (!facts.effective().contains(kind.capability) && isOwnAlone(kind, maps)) {
                warnings.add(
                        "the container has a single "
                                + kind.word
                                + ": "
                                + reasonForOne(kind)
                                + "; programs that become another user fail");
            }
        }
        return warnings;
    }

    private String reasonForOne(Kind kind) {
        var user = userName();
        return kind.mapper().isEmpty()
                ? "new" + kind.word + "map is not on this machine (install uidmap)"
                : kind.file()
                        + " has no range for "
                        + user
                        + " (usermod --add-sub"
                        + kind.word
                        + "s 100000-165535 "
                        + user
                        + ")";
    }

    /** Returns all that this user may map. */
    private List<IdMap> ownMaps(Kind kind) {
        var ranges = kind.mapper().isEmpty() ? List.<SubordinateIds>of() : ranges(kind, userName());
        return SubordinateIds.below(ownId(kind), ranges);
    }

    /** Returns maps for {@link ContainerBuilder#userNamespaceAuto}. */
    static ContainerSpec withAutomaticMaps(SystemCalls calls, HostFacts facts, ContainerSpec spec) {
        var namespaces = new UserNamespaces(calls, facts);
        return spec.withUserNamespace(
                namespaces.automaticMaps(Kind.USER), namespaces.automaticMaps(Kind.GROUP));
    }

    /** Those of this user; for whoever may map anything, ids that are nobody's on the host. */
    private List<IdMap> automaticMaps(Kind kind) {
        if (!facts.effective().contains(kind.capability)) {
            return ownMaps(kind);
        }
        for (var user : List.of("containers", userName())) {
            var ranges = ranges(kind, user);
            if (!ranges.isEmpty()) {
                return SubordinateIds.alone(ranges);
            }
        }
        throw new InvalidSpecException(
                "userNamespaceAuto",
                kind.file().toString(),
                "has no range for containers or "
                        + userName()
                        + ": add one, such as containers:2147483648:65536, or use"
                        + " userNamespace(…)");
    }

    private List<SubordinateIds> ranges(Kind kind, String user) {
        try {
            return SubordinateIds.parse(
                    Files.readString(kind.file(), StandardCharsets.ISO_8859_1),
                    user,
                    user.equals(userName()) ? ownId(Kind.USER) : -1);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + kind.file(), e);
        }
    }

    private long ownId(Kind kind) {
        return calls.retry(kind == Kind.USER ? Syscall.GETEUID : Syscall.GETEGID);
    }

    /** The name in passwd(5), or what the JVM believes. */
    private String userName() {
        var uid = Long.toString(ownId(Kind.USER));
        try (var lines = Files.lines(Path.of("/etc/passwd"), StandardCharsets.ISO_8859_1)) {
            return lines.map(line -> line.split(":", -1))
                    .filter(fields -> fields.length > 2 && fields[2].equals(uid))
                    .map(fields -> fields[0])
                    .findFirst()
                    .orElseGet(() -> System.getProperty("user.name", uid));
        } catch (IOException e) {
            return System.getProperty("user.name", uid);
        }
    }

    /** Refuses ids that mean nothing in the container's user namespace. */
    static void requireMapped(ContainerSpec spec, LaunchInputs.Identity identity) {
        if (spec.creates(Namespace.USER)) {
            requireMapped("user", identity.uid(), spec.uidMap());
            requireMapped("group", identity.gid(), spec.gidMap());
            for (long group : identity.groups()) {
                requireMapped("group", group, spec.gidMap());
            }
        }
    }

    private static void requireMapped(String what, long id, List<IdMap> maps) {
        if (maps.stream().noneMatch(m -> m.inside() <= id && id - m.inside() < m.count())) {
            throw new InvalidSpecException(
                    what,
                    Long.toString(id),
                    "is not mapped in the user namespace, which has "
                            + maps.stream()
                                    .map(m -> m.inside() + "-" + (m.inside() + m.count() - 1))
                                    .collect(Collectors.joining(", ")));
        }
    }

    /** Writes the maps of a new user namespace. */
    void write(int pid, ContainerSpec spec) {
        write(pid, Kind.USER, spec.uidMap());
        write(pid, Kind.GROUP, spec.gidMap());
    }

    /**
     * Returns what gives a new user namespace all ids of this user; nothing for whoever needs none,
     * or has but one.
     */
    Optional<IntConsumer> mapping() {
        if (facts.effective().contains(Capability.SYS_ADMIN)) {
            return Optional.empty();
        }
        var uids = ownMaps(Kind.USER);
        var gids = ownMaps(Kind.GROUP);
        return isOwnAlone(Kind.USER, uids)
                ? Optional.empty()
                : Optional.of(
                        pid -> {
                            write(pid, Kind.USER, uids);
                            write(pid, Kind.GROUP, gids);
                        });
    }

    private void write(int pid, Kind kind, List<IdMap> maps) {
        boolean alone = isOwnAlone(kind, maps);
        if (!facts.effective().contains(kind.capability) && !alone) {
            ask(pid, kind, maps);
            return;
        }
        var directory = "/proc/" + pid + "/";
        if (kind == Kind.GROUP && !facts.effective().contains(kind.capability)) {
            // Else a process could leave a group that denies it something, CVE-2014-8989.
            calls.writeFile(null, directory + "setgroups", "deny");
        }
        writeMap(calls, directory, kind, maps);
    }

    /** Writes the maps of a new user namespace, for a JVM that may give others ids. */
    static void writeOwn(SystemCalls calls, int pid, List<IdMap> uids, List<IdMap> gids) {
        writeMap(calls, "/proc/" + pid + "/", Kind.USER, uids);
        writeMap(calls, "/proc/" + pid + "/", Kind.GROUP, gids);
    }

    private static void writeMap(SystemCalls calls, String directory, Kind kind, List<IdMap> maps) {
        calls.writeFile(
                null,
                directory + kind.word + "_map",
                maps.stream().map(IdMap::toString).collect(Collectors.joining("\n", "", "\n")));
    }

    private boolean isOwnAlone(Kind kind, List<IdMap> maps) {
        return maps.size() == 1
                && maps.getFirst().count() == 1
                && maps.getFirst().outside() == ownId(kind);
    }

    private static void ask(int pid, Kind kind, List<IdMap> maps) {
        var mapper =
                kind.mapper()
                        .orElseThrow(
                                () ->
                                        new UnsupportedHostException(
                                                "mapping "
                                                        + kind.word
                                                        + "s takes new"
                                                        + kind.word
                                                        + "map, which is not on this machine:"
                                                        + " install uidmap"));
        var command = new ArrayList<String>();
        command.add(mapper.toString());
        command.add(Integer.toString(pid));
        for (var map : maps) {
            command.addAll(List.of(map.toString().split(" ", -1)));
        }
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw failed(command, "did not end within " + PATIENCE_SECONDS + " s", kind);
            }
            if (process.exitValue() != 0) {
                var message =
                        new String(
                                process.getInputStream().readNBytes(LONGEST_MESSAGE),
                                StandardCharsets.UTF_8);
                throw failed(command, message.strip(), kind);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed(command, "interrupted", kind);
        }
    }

    private static UnsupportedHostException failed(
            List<String> command, String message, Kind kind) {
        return new UnsupportedHostException(
                "mapping "
                        + kind.word
                        + "s by "
                        + String.join(" ", command)
                        + ": "
                        + message
                        + ". The ranges must be in "
                        + kind.file()
                        + ", and the program be set-user-ID root or have CAP_SET"
                        + (kind == Kind.USER ? "UID" : "GID"));
    }
}
