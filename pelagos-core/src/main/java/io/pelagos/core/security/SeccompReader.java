package io.pelagos.core.security;

import io.pelagos.core.kernel.Errno;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads a profile in Docker's or the OCI shape. Null stands for absence, as in the Go programs that
 * write such documents.
 */
final class SeccompReader {
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private static final Set<String> PROFILE_FIELDS =
            Set.of(
                    "defaultAction",
                    "defaultErrnoRet",
                    "defaultErrno",
                    "architectures",
                    "archMap",
                    "flags",
                    "listenerPath",
                    "listenerMetadata",
                    "syscalls");
    private static final Set<String> RULE_FIELDS =
            Set.of(
                    "name",
                    "names",
                    "action",
                    "errnoRet",
                    "errno",
                    "args",
                    "comment",
                    "includes",
                    "excludes");
    private static final Set<String> ARG_FIELDS = Set.of("index", "value", "valueTwo", "op");
    private static final Set<String> SCOPE_FIELDS = Set.of("caps", "arches", "minKernel");
    private static final Set<String> ARCH_MAP_FIELDS = Set.of("architecture", "subArchitectures");

    private static final BigInteger MAX_VALUE = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);

    private final Consumer<String> unknownField;

    SeccompReader(Consumer<String> unknownField) {
        this.unknownField = unknownField;
    }

    SeccompProfile read(String json) {
        JsonNode root;
        try {
            root = MAPPER.readTree(json);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "seccomp profile: not JSON: " + e.getOriginalMessage(), e);
        }
        return profile(new At("$", root));
    }

    private SeccompProfile profile(At root) {
        fields(root, PROFILE_FIELDS);
        var rules = new ArrayList<SeccompRule>();
        for (var rule : list(root.get("syscalls"))) {
            rules.add(rule(rule));
        }
        try {
            return new SeccompProfile(
                    action(
                            root.get("defaultAction"),
                            root.get("defaultErrnoRet"),
                            root.get("defaultErrno")),
                    named(root.get("architectures"), "architecture", SeccompArch::find),
                    archMap(root.get("archMap")),
                    new LinkedHashSet<>(named(root.get("flags"), "flag", SeccompFlag::find)),
                    rules,
                    textOrEmpty(root.get("listenerPath")),
                    textOrEmpty(root.get("listenerMetadata")));
        } catch (ProfileException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw root.refuse(e.getMessage());
        }
    }

    private Map<SeccompArch, List<SeccompArch>> archMap(At at) {
        var map = new EnumMap<SeccompArch, List<SeccompArch>>(SeccompArch.class);
        for (var entry : list(at)) {
            fields(entry, ARCH_MAP_FIELDS);
            var key = entry.get("architecture");
            var arch = oneNamed(key, "architecture", SeccompArch::find);
            var others = named(entry.get("subArchitectures"), "architecture", SeccompArch::find);
            if (map.put(arch, others) != null) {
                throw key.refuse("given twice: " + key.node);
            }
        }
        return map;
    }

    private SeccompRule rule(At at) {
        fields(at, RULE_FIELDS);
        var conditions = new ArrayList<SeccompCondition>();
        for (var arg : list(at.get("args"))) {
            conditions.add(condition(arg));
        }
        var names = names(at);
        var action = action(at.get("action"), at.get("errnoRet"), at.get("errno"));
        var includes = scope(at.get("includes"));
        var excludes = scope(at.get("excludes"));
        var comment = textOrEmpty(at.get("comment"));
        try {
            return new SeccompRule(names, action, conditions, includes, excludes, comment);
        } catch (IllegalArgumentException e) {
            throw at.refuse(e.getMessage());
        }
    }

    private List<String> names(At at) {
        var names = new ArrayList<String>();
        for (var name : list(at.get("names"))) {
            names.add(text(name));
        }
        var single = at.get("name");
        if (!single.absent()) {
            if (!names.isEmpty()) {
                throw single.refuse("name and names: only one of them can be given");
            }
            names.add(text(single));
        }
        return names;
    }

    private SeccompCondition condition(At at) {
        fields(at, ARG_FIELDS);
        var index = at.get("index");
        var number = unsigned(index);
        if (number < 0 || number > 5) {
            throw index.refuse("a system call has arguments 0 to 5: " + index.node);
        }
        var operator = oneNamed(at.get("op"), "operator", SeccompCondition.Operator::find);
        var second = at.get("valueTwo");
        long valueTwo = second.absent() ? 0 : unsigned(second);
        return new SeccompCondition(
                (int) number,
                operator,
                unsigned(at.get("value")),
                operator == SeccompCondition.Operator.MASKED_EQ ? valueTwo : 0);
    }

    private SeccompScope scope(At at) {
        if (at.absent()) {
            return SeccompScope.NONE;
        }
        fields(at, SCOPE_FIELDS);
        var capabilities =
                new LinkedHashSet<>(named(at.get("caps"), "capability", Capability::find));
        var arches = new LinkedHashSet<String>();
        for (var arch : list(at.get("arches"))) {
            var name = text(arch);
            if (name.isEmpty()) {
                throw arch.refuse("an empty name");
            }
            arches.add(name);
        }
        return new SeccompScope(capabilities, arches, kernel(at.get("minKernel")));
    }

    private static @Nullable KernelVersion kernel(At at) {
        if (at.absent()) {
            return null;
        }
        try {
            return KernelVersion.parse(text(at));
        } catch (ProfileException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw at.refuse(e.getMessage());
        }
    }

    private static SeccompAction action(At action, At errnoRet, At errno) {
        return switch (text(action)) {
            case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> SeccompAction.KILL_THREAD;
            case "SCMP_ACT_KILL_PROCESS" -> SeccompAction.KILL_PROCESS;
            case "SCMP_ACT_TRAP" -> SeccompAction.TRAP;
            case "SCMP_ACT_ERRNO" ->
                    new SeccompAction(
                            SeccompAction.Kind.ERRNO, errnoNumber(errnoRet, errno, Errno.MAX));
            case "SCMP_ACT_TRACE" -> SeccompAction.trace(errnoNumber(errnoRet, errno, 0xffff));
            case "SCMP_ACT_ALLOW" -> SeccompAction.ALLOW;
            case "SCMP_ACT_LOG" -> SeccompAction.LOG;
            case "SCMP_ACT_NOTIFY" -> SeccompAction.NOTIFY;
            default -> throw action.refuse("unknown action " + action.node);
        };
    }

    /** An absent errno is EPERM, as the OCI runtime specification says. */
    private static int errnoNumber(At errnoRet, At errno, int max) {
        var byName = errno.absent() ? null : errnoNamed(errno);
        if (errnoRet.absent()) {
            return byName == null ? Errno.EPERM.number() : byName.number();
        }
        long number = unsigned(errnoRet);
        if (number < 0 || number > max) {
            throw errnoRet.refuse("not a number from 0 to " + max + ": " + errnoRet.node);
        }
        if (byName != null && byName.number() != number) {
            throw errno.refuse(errno.node + " is not the number " + number);
        }
        return (int) number;
    }

    private static Errno errnoNamed(At at) {
        var name = text(at);
        for (var errno : Errno.values()) {
            if (errno.name().equals(name)) {
                return errno;
            }
        }
        throw at.refuse("unknown error " + at.node);
    }

    private static <T> List<T> named(At at, String what, Function<String, Optional<T>> find) {
        var all = new ArrayList<T>();
        for (var element : list(at)) {
            all.add(oneNamed(element, what, find));
        }
        return all;
    }

    private static <T> T oneNamed(At at, String what, Function<String, Optional<T>> find) {
        return find.apply(text(at)).orElseThrow(() -> at.refuse("unknown " + what + " " + at.node));
    }

    private static String text(At at) {
        if (at.absent()) {
            throw at.refuse("is missing");
        }
        if (!at.node.isString()) {
            throw at.refuse("not a text: " + at.node);
        }
        return at.node.stringValue();
    }

    private static String textOrEmpty(At at) {
        return at.absent() ? "" : text(at);
    }

    private static long unsigned(At at) {
        if (at.absent()) {
            throw at.refuse("is missing");
        }
        if (!at.node.isIntegralNumber()
                || at.node.bigIntegerValue().signum() < 0
                || at.node.bigIntegerValue().compareTo(MAX_VALUE) > 0) {
            throw at.refuse("not an unsigned 64-bit number: " + at.node);
        }
        return at.node.bigIntegerValue().longValue();
    }

    private static List<At> list(At at) {
        if (at.absent()) {
            return List.of();
        }
        if (!at.node.isArray()) {
            throw at.refuse("not an array: " + at.node);
        }
        var elements = new ArrayList<At>();
        for (int i = 0; i < at.node.size(); i++) {
            elements.add(new At(at.path + "[" + i + "]", at.node.get(i)));
        }
        return elements;
    }

    private void fields(At at, Set<String> known) {
        if (!at.node.isObject()) {
            throw at.refuse("not an object: " + at.node);
        }
        for (var field : at.node.properties()) {
            if (!known.contains(field.getKey())) {
                unknownField.accept(at.path + "." + field.getKey());
            }
        }
    }

    /** A value and where in the document it is. */
    private record At(String path, JsonNode node) {
        At get(String field) {
            return new At(path + "." + field, node.path(field));
        }

        boolean absent() {
            return node.isMissingNode() || node.isNull();
        }

        ProfileException refuse(@Nullable String why) {
            return new ProfileException("seccomp profile: " + path + ": " + why);
        }
    }

    /** A refusal that already says where. */
    private static final class ProfileException extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        ProfileException(String message) {
            super(message);
        }
    }
}
