package io.pelagos.core.spec;

import io.pelagos.core.internal.json.Json;
import io.pelagos.core.internal.json.JsonObject;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.LsmLabels;
import io.pelagos.core.spec.ContainerSpec.ClockOffsets;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A {@link ContainerSpec} as config.json of the OCI runtime specification. What the specification
 * has no field for becomes an annotation, see {@link OciNotes}; what other runtimes would get wrong
 * is refused. On the way back everything that a ContainerSpec has no place for is refused, unless
 * it is empty.
 */
final class OciDocument {
    private static final String VERSION = "1.2.0";
    private static final String DOCUMENT = "config.json";

    private OciDocument() {}

    /** Tells whether a value says as much as an absent field. */
    private static boolean isEmpty(JsonNode value) {
        return value.isNull()
                || (value.isContainer() && value.isEmpty())
                || (value.isString() && value.stringValue().isEmpty())
                || (value.isBoolean() && !value.booleanValue());
    }

    static String write(ContainerSpec spec) {
        var node = Json.object();
        node.put("ociVersion", VERSION);
        root(node.putObject("root"), spec);
        process(node.putObject("process"), spec);
        boolean ownNames = !spec.shares(Namespace.UTS);
        if (spec.hostname() != null) {
            node.put("hostname", spec.hostname());
        } else if (spec.name() != null && ownNames && spec.name().length() <= 64) {
            node.put("hostname", spec.name());
        }
        if (spec.domainname() != null) {
            node.put("domainname", spec.domainname());
        }
        OciMounts.write(node.putArray("mounts"), spec);
        linux(node.putObject("linux"), spec);
        var notes = OciNotes.write(spec);
        if (!notes.isEmpty()) {
            SpecJson.texts(node.putObject("annotations"), notes);
        }
        return Json.print(node);
    }

    static ContainerSpec read(String json, @Nullable Path bundle) {
        var config = JsonObject.parse(DOCUMENT, json);
        if (!config.text("ociVersion").matches("[01]\\.[0-9]+\\.[0-9]+.*")) {
            throw config.refuse("ociVersion", "must be 1.x.y");
        }
        var spec = config.checked(() -> spec(config, bundle));
        config.refuseUnread(OciDocument::isEmpty, "has no place in a container spec");
        return spec;
    }

    private static ContainerSpec spec(JsonObject config, @Nullable Path bundle) {
        var notes = OciNotes.of(config);
        var root = config.object("root");
        var process = config.object("process");
        var linux = linux(config);
        var devices = OciDevices.read(linux);
        var name = notes.name();
        boolean defaultMounts = notes.defaultMounts();
        var mounts = OciMounts.read(config, defaultMounts, notes.made());
        boolean lacksDevices = notes.defaultDevices() && !defaultMounts;
        var hostname = config.optionalText("hostname");
        var domainname = config.optionalText("domainname");
        var timeout = notes.timeoutOrZero();
        return new ContainerSpec(
                name.isEmpty() ? null : name,
                new RootSpec.Directory(directory(root, bundle)),
                root.flag("readonly", false),
                rootPropagation(linux),
                defaultMounts,
                lacksDevices ? OciMounts.withDevices(mounts, devices.devices()) : mounts,
                devices.devices(),
                process(process, linux, notes),
                notes.stdio("stdin"),
                notes.stdio("stdout"),
                notes.stdio("stderr"),
                namespaces(linux),
                linux.objects("uidMappings").stream().map(OciDocument::idMap).toList(),
                linux.objects("gidMappings").stream().map(OciDocument::idMap).toList(),
                clocks(linux.optionalObject("timeOffsets")),
                hostname == null || hostname.isEmpty() || hostname.equals(name) ? null : hostname,
                domainname == null || domainname.isEmpty() ? null : domainname,
                confinement(process, linux, notes),
                OciResources.read(linux, devices.rules(), notes.required()),
                notes.init(),
                notes.supervision(),
                notes.stopSignal(),
                timeout.isZero() ? null : timeout,
                notes.labels(),
                notes.others());
    }

    /** A configuration without it wants nothing of Linux: no namespace, no limit. */
    private static JsonObject linux(JsonObject config) {
        var linux = config.optionalObject("linux");
        return linux == null ? JsonObject.parse("linux", "{}") : linux;
    }

    private static void root(ObjectNode node, ContainerSpec spec) {
        switch (spec.root()) {
            case RootSpec.Directory(var path) ->
                    node.put("path", path.toString()).put("readonly", spec.readOnlyRoot());
            case RootSpec.Host _ ->
                    throw new IllegalArgumentException(
                            "root: a view of the host's own programs is no directory; a config.json"
                                    + " needs one");
            case RootSpec.Files _ ->
                    throw new IllegalArgumentException(
                            "root: files in memory are no directory; a config.json needs one");
            case RootSpec.Layers _ ->
                    throw new IllegalArgumentException(
                            "root: layers are more than one directory; a config.json needs one");
        }
    }

    /** The specification knows no recursive ones. */
    private static Mount.Propagation rootPropagation(JsonObject linux) {
        // runc takes the recursive words too, which for a root mean the same.
        var text = text(linux, "rootfsPropagation");
        return switch (text == null ? "" : text) {
            case "" -> Mount.Propagation.PRIVATE;
            case "rprivate" -> Mount.Propagation.PRIVATE;
            case "rslave" -> Mount.Propagation.SLAVE;
            case "rshared" -> Mount.Propagation.SHARED;
            case "runbindable" -> Mount.Propagation.UNBINDABLE;
            default -> linux.constant("rootfsPropagation", Mount.Propagation.class);
        };
    }

    private static Path directory(JsonObject root, @Nullable Path bundle) {
        return root.text(
                "path",
                text -> {
                    var path = Path.of(text);
                    if (bundle == null && !path.isAbsolute()) {
                        throw new IllegalArgumentException(
                                "is relative to the bundle, which has to be given with it");
                    }
                    return bundle == null ? path : bundle.resolve(path);
                });
    }

    private static void process(ObjectNode node, ContainerSpec spec) {
        var process = spec.process();
        node.put("terminal", process.terminal());
        var size = process.terminalSize();
        if (size != null) {
            node.putObject("consoleSize").put("height", size.rows()).put("width", size.columns());
        }
        user(node.putObject("user"), process);
        SpecJson.texts(node.putArray("args"), process.command());
        var environment = node.putArray("env");
        process.environment().forEach((name, value) -> environment.add(name + "=" + value));
        node.put("cwd", process.cwd());
        capabilities(node.putObject("capabilities"), spec);
        if (!process.rlimits().isEmpty()) {
            var rlimits = node.putArray("rlimits");
            process.rlimits()
                    .forEach(
                            (resource, limit) ->
                                    rlimits.addObject()
                                            .put("type", "RLIMIT_" + resource.name())
                                            .put("hard", unsigned(limit.hard()))
                                            .put("soft", unsigned(limit.soft())));
        }
        if (process.oomScoreAdj() != null) {
            node.put("oomScoreAdj", process.oomScoreAdj());
        }
        node.put("noNewPrivileges", spec.confinement().noNewPrivileges());
        var labels = spec.confinement().labels();
        if (labels.apparmorProfile() != null) {
            node.put("apparmorProfile", labels.apparmorProfile());
        }
        if (labels.selinuxLabel() != null) {
            node.put("selinuxLabel", labels.selinuxLabel());
        }
    }

    private static BigInteger unsigned(long bits) {
        return new BigInteger(Long.toUnsignedString(bits));
    }

    private static ProcessSpec process(JsonObject object, JsonObject linux, OciNotes notes) {
        var user = object.optionalObject("user");
        return object.checked(
                () ->
                        new ProcessSpec(
                                object.texts("args"),
                                environment(object),
                                object.text("cwd"),
                                user == null ? User.ROOT : user(user),
                                user == null
                                        ? List.of()
                                        : user.numbers("additionalGids").stream()
                                                .map(String::valueOf)
                                                .toList(),
                                umask(user),
                                rlimits(object),
                                object.optionalSmallNumber("oomScoreAdj"),
                                object.flag("terminal", false),
                                terminalSize(object),
                                personality(linux),
                                notes.descriptors()));
    }

    /** The specification reserves flags, and has none. */
    private static @Nullable Personality personality(JsonObject linux) {
        var personality = linux.optionalObject("personality");
        return personality == null ? null : personality.text("domain", Personality::parse);
    }

    /** A size of nothing means that it is not known. */
    private static @Nullable TerminalSize terminalSize(JsonObject object) {
        var size = object.optionalObject("consoleSize");
        if (size == null || !object.flag("terminal", false)) {
            return null;
        }
        int rows = size.smallNumber("height");
        int columns = size.smallNumber("width");
        return rows == 0 || columns == 0
                ? null
                : size.checked(() -> new TerminalSize(rows, columns));
    }

    private static Map<String, String> environment(JsonObject object) {
        var environment = new LinkedHashMap<String, String>();
        for (var variable : object.texts("env")) {
            int equals = variable.indexOf('=');
            if (equals < 1) {
                throw object.refuse("env", "\"" + variable + "\" is not NAME=VALUE");
            }
            environment.put(variable.substring(0, equals), variable.substring(equals + 1));
        }
        return environment;
    }

    /** Other runtimes look up no names: only numbers and the name of user 0 can be written. */
    private static void user(ObjectNode node, ProcessSpec process) {
        var user = process.user();
        long uid = number("user", user.user());
        if (user.group().isEmpty() && uid != 0) {
            throw new IllegalArgumentException(
                    "user " + user + ": a config.json needs the group too, as in 1000:1000");
        }
        node.put("uid", uid).put("gid", user.group().isEmpty() ? 0 : number("group", user.group()));
        node.put("umask", process.umask().bits());
        if (!process.groups().isEmpty()) {
            var groups = node.putArray("additionalGids");
            process.groups().forEach(group -> groups.add(number("group", group)));
        }
    }

    private static long number(String what, String text) {
        if (text.equals("root")) {
            return 0;
        }
        if (!text.matches("[0-9]+")) {
            throw new IllegalArgumentException(
                    what + " \"" + text + "\": a config.json has numbers only; give the number");
        }
        return Long.parseLong(text);
    }

    private static User user(JsonObject object) {
        var uid = object.optionalNumber("uid");
        var gid = object.optionalNumber("gid");
        return object.checked(() -> User.of(uid == null ? 0 : uid, gid == null ? 0 : gid));
    }

    private static FileMode umask(@Nullable JsonObject user) {
        var umask = user == null ? null : user.optionalSmallNumber("umask");
        return new FileMode(umask == null ? 022 : umask);
    }

    private static Map<Rlimit, Rlimit.Limit> rlimits(JsonObject process) {
        var rlimits = new EnumMap<Rlimit, Rlimit.Limit>(Rlimit.class);
        for (var object : process.objects("rlimits")) {
            var limit =
                    object.checked(
                            () ->
                                    new Rlimit.Limit(
                                            object.unsigned("soft"), object.unsigned("hard")));
            if (rlimits.put(object.text("type", Rlimit::parse), limit) != null) {
                throw object.refuse("type", "is given twice");
            }
        }
        return rlimits;
    }

    /**
     * Writes the sets as they are after execve(2): user 0 has all that bound it, another one those
     * that are ambient.
     */
    private static void capabilities(ObjectNode node, ContainerSpec spec) {
        var confinement = spec.confinement();
        boolean root = number("user", spec.process().user().user()) == 0;
        var had = root ? confinement.capabilities() : confinement.ambient();
        names(node.putArray("bounding"), confinement.capabilities());
        names(node.putArray("effective"), had);
        names(node.putArray("permitted"), had);
        names(node.putArray("inheritable"), confinement.ambient());
        names(node.putArray("ambient"), confinement.ambient());
    }

    private static void names(ArrayNode array, Collection<Capability> capabilities) {
        capabilities.forEach(capability -> array.add(capability.capName()));
    }

    private static void linux(ObjectNode node, ContainerSpec spec) {
        var namespaces = node.putArray("namespaces");
        spec.namespaces().forEach((kind, mode) -> namespace(namespaces, kind, mode));
        idMap(node, "uidMappings", spec.uidMap());
        idMap(node, "gidMappings", spec.gidMap());
        if (!spec.clocks().isNone()) {
            var offsets = node.putObject("timeOffsets");
            offset(offsets.putObject("monotonic"), spec.clocks().monotonic());
            offset(offsets.putObject("boottime"), spec.clocks().boottime());
        }
        if (spec.rootPropagation() != Mount.Propagation.PRIVATE) {
            node.put("rootfsPropagation", JsonObject.nameOf(spec.rootPropagation()));
        }
        var cgroupsPath = OciResources.cgroupsPath(spec);
        if (cgroupsPath != null) {
            node.put("cgroupsPath", cgroupsPath);
        }
        var resources = node.putObject("resources");
        OciDevices.write(node, resources, spec);
        OciResources.write(resources, spec.resources());
        var confinement = spec.confinement();
        if (!confinement.sysctls().isEmpty()) {
            SpecJson.texts(node.putObject("sysctl"), confinement.sysctls());
        }
        if (confinement.labels().mountLabel() != null) {
            node.put("mountLabel", confinement.labels().mountLabel());
        }
        var personality = spec.process().personality();
        if (personality != null) {
            node.putObject("personality").put("domain", personality.name());
        }
        OciSeccomp.write(node, confinement);
        SpecJson.texts(node.putArray("maskedPaths"), confinement.maskedPaths());
        SpecJson.texts(node.putArray("readonlyPaths"), confinement.readOnlyPaths());
    }

    private static void namespace(ArrayNode array, Namespace kind, NamespaceMode mode) {
        var node = array.addObject().put("type", kind.ociName());
        switch (mode) {
            case NamespaceMode.Create _ -> {}
            case NamespaceMode.Path(var path) -> node.put("path", path);
            case NamespaceMode.Host _, NamespaceMode.OfProcess _, NamespaceMode.OfContainer _ ->
                    throw new IllegalArgumentException(
                            "namespace "
                                    + kind.ociName()
                                    + " "
                                    + mode
                                    + ": a config.json names namespaces by a path only");
        }
    }

    private static Map<Namespace, NamespaceMode> namespaces(JsonObject linux) {
        var namespaces = new EnumMap<Namespace, NamespaceMode>(Namespace.class);
        for (var object : linux.objects("namespaces")) {
            var kind = object.text("type", SpecJson::namespace);
            var path = object.optionalText("path");
            var mode =
                    path == null || path.isEmpty()
                            ? NamespaceMode.CREATE
                            : object.checked("path", () -> new NamespaceMode.Path(path));
            if (namespaces.put(kind, mode) != null) {
                throw object.refuse("type", "is given twice");
            }
        }
        return namespaces;
    }

    static void idMap(ObjectNode node, String field, List<IdMap> ranges) {
        if (!ranges.isEmpty()) {
            var array = node.putArray(field);
            for (var range : ranges) {
                array.addObject()
                        .put("containerID", range.inside())
                        .put("hostID", range.outside())
                        .put("size", range.count());
            }
        }
    }

    static IdMap idMap(JsonObject object) {
        return object.checked(
                () ->
                        new IdMap(
                                object.number("containerID"),
                                object.number("hostID"),
                                object.number("size")));
    }

    private static void offset(ObjectNode node, Duration offset) {
        node.put("secs", offset.getSeconds()).put("nanosecs", offset.getNano());
    }

    private static ClockOffsets clocks(@Nullable JsonObject offsets) {
        return offsets == null
                ? ClockOffsets.NONE
                : new ClockOffsets(
                        offset(offsets.optionalObject("monotonic")),
                        offset(offsets.optionalObject("boottime")));
    }

    private static Duration offset(@Nullable JsonObject object) {
        if (object == null) {
            return Duration.ZERO;
        }
        var seconds = object.optionalNumber("secs");
        var nanos = object.optionalNumber("nanosecs");
        return Duration.ofSeconds(seconds == null ? 0 : seconds, nanos == null ? 0 : nanos);
    }

    /**
     * Reads what survives execve(2): the bounding and the ambient set. Of the others the kernel
     * computes new ones, except that file capabilities could use the inheritable set.
     */
    private static Confinement confinement(JsonObject process, JsonObject linux, OciNotes notes) {
        var sets = process.optionalObject("capabilities");
        Set<Capability> bounding = sets == null ? Set.of() : capabilities(sets, "bounding");
        Set<Capability> ambient = sets == null ? Set.of() : capabilities(sets, "ambient");
        if (sets != null) {
            capabilities(sets, "effective");
            capabilities(sets, "permitted");
            capabilities(sets, "inheritable");
        }
        return new Confinement(
                bounding,
                ambient,
                process.flag("noNewPrivileges", false),
                OciSeccomp.read(linux, bounding),
                notes.landlock(),
                linux.texts("maskedPaths"),
                linux.texts("readonlyPaths"),
                linux.textMap("sysctl"),
                notes.privileged(),
                new LsmLabels(
                        text(process, "apparmorProfile"),
                        text(process, "selinuxLabel"),
                        text(linux, "mountLabel")));
    }

    /** Other writers leave empty what is not meant. */
    private static @Nullable String text(JsonObject object, String field) {
        var text = object.optionalText(field);
        return text == null || text.isEmpty() ? null : text;
    }

    private static Set<Capability> capabilities(JsonObject sets, String name) {
        return Set.copyOf(sets.texts(name, Capability::parse));
    }
}
