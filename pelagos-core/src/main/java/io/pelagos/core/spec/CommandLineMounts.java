package io.pelagos.core.spec;

import io.pelagos.core.internal.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Mounts and devices of a {@link CommandLine}. */
final class CommandLineMounts {
    private CommandLineMounts() {}

    static void add(CommandLine line, ContainerSpec spec) {
        spec.mounts().stream()
                .sorted(Comparator.comparingInt(mount -> ContainerPath.depth(mount.target())))
                .forEach(mount -> add(line, mount));
        spec.devices().forEach(device -> device(line, device));
        for (var rule : spec.resources().devices()) {
            if (!rule.allow()) {
                throw CommandLine.none("device rule " + rule, "rules only allow");
            }
            line.option(
                    "device-cgroup-rule",
                    "%s %s:%s %s"
                            .formatted(
                                    rule.type() == null ? "a" : rule.type().letter(),
                                    rule.major() == null ? "*" : rule.major(),
                                    rule.minor() == null ? "*" : rule.minor(),
                                    rule.access()));
        }
    }

    private static void add(CommandLine line, Mount mount) {
        switch (mount) {
            case Mount.Bind bind -> bind(line, bind);
            case Mount.Tmpfs tmpfs -> tmpfs(line, tmpfs);
            case Mount.FileContents file ->
                    throw CommandLine.none(
                            "mount " + file.target(), "write the contents to a file and bind it");
            case Mount.FileSystem fileSystem ->
                    throw CommandLine.none(
                            "mount " + fileSystem.target(),
                            "file systems of type " + fileSystem.type());
        }
    }

    private static void bind(CommandLine line, Mount.Bind bind) {
        var prefix = bind.recursive() ? "r" : "";
        var words = options(bind.options(), bind.target());
        words.add(prefix + "bind");
        words.add(prefix + JsonObject.nameOf(bind.propagation()));
        if (bind.idMapping() != null) {
            words.add(idMap(bind.idMapping()));
        }
        line.option(
                "volume",
                "%s:%s:%s"
                        .formatted(
                                plain("mount source", bind.source()),
                                plain("mount target", bind.target()),
                                String.join(",", words)));
    }

    /** As podman-run(1) has it: the ids on disk, those of the host, how many. */
    private static String idMap(IdMapping mapping) {
        return mapping.isOfContainer()
                ? "idmap"
                : "idmap=uids=" + ranges(mapping.users()) + ";gids=" + ranges(mapping.groups());
    }

    private static String ranges(List<IdMap> ranges) {
        return ranges.stream()
                .map(range -> range.inside() + "-" + range.outside() + "-" + range.count())
                .collect(Collectors.joining("#"));
    }

    private static void tmpfs(CommandLine line, Mount.Tmpfs tmpfs) {
        var words = options(tmpfs.options(), tmpfs.target());
        words.add("mode=" + Integer.toOctalString(tmpfs.mode().bits()));
        if (tmpfs.size().bytes() != 0) {
            words.add("size=" + tmpfs.size().bytes());
        }
        words.add("notmpcopyup");
        line.option("tmpfs", plain("mount target", tmpfs.target()) + ":" + String.join(",", words));
    }

    private static List<String> options(Set<Mount.Option> options, String target) {
        if (options.contains(Mount.Option.NOATIME)) {
            throw CommandLine.none("mount " + target + " noatime", "leave it out");
        }
        var words = new ArrayList<String>();
        words.add(options.contains(Mount.Option.READ_ONLY) ? "ro" : "rw");
        words.add(options.contains(Mount.Option.NOSUID) ? "nosuid" : "suid");
        words.add(options.contains(Mount.Option.NODEV) ? "nodev" : "dev");
        words.add(options.contains(Mount.Option.NOEXEC) ? "noexec" : "exec");
        return words;
    }

    /** Podman takes the node of the host at the same path, with its numbers and owner. */
    private static void device(CommandLine line, Device device) {
        if (device.type() == Device.Type.FIFO) {
            throw CommandLine.none("device " + device.path(), "named pipes");
        }
        var path = plain("device", device.path());
        line.option("device", path + ":" + path + ":" + device.access());
    }

    private static String plain(String what, String path) {
        if (path.indexOf(':') >= 0) {
            throw CommandLine.none(what + " " + path, "a colon ends the path");
        }
        return path;
    }
}
