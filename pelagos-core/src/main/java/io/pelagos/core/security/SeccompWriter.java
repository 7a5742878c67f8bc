package io.pelagos.core.security;

import java.math.BigInteger;
import java.util.List;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes a profile in the shape that {@link SeccompReader} reads. */
final class SeccompWriter {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private SeccompWriter() {}

    static String write(SeccompProfile profile) {
        var root = MAPPER.createObjectNode();
        action(root, profile.defaultAction(), "defaultAction", "defaultErrnoRet");
        if (!profile.architectures().isEmpty()) {
            architectures(root.putArray("architectures"), profile.architectures());
        }
        if (!profile.archMap().isEmpty()) {
            archMap(root.putArray("archMap"), profile);
        }
        if (!profile.flags().isEmpty()) {
            var flags = root.putArray("flags");
            profile.flags().forEach(flag -> flags.add(flag.flagName()));
        }
        if (!profile.listenerPath().isEmpty()) {
            root.put("listenerPath", profile.listenerPath());
        }
        if (!profile.listenerMetadata().isEmpty()) {
            root.put("listenerMetadata", profile.listenerMetadata());
        }
        if (!profile.rules().isEmpty()) {
            var syscalls = root.putArray("syscalls");
            profile.rules().forEach(rule -> rule(syscalls.addObject(), rule));
        }
        return MAPPER.writeValueAsString(root);
    }

    private static void archMap(ArrayNode entries, SeccompProfile profile) {
        profile.archMap()
                .forEach(
                        (arch, others) -> {
                            var entry = entries.addObject();
                            entry.put("architecture", arch.scmpName());
                            architectures(entry.putArray("subArchitectures"), others);
                        });
    }

    private static void architectures(ArrayNode names, List<SeccompArch> architectures) {
        architectures.forEach(arch -> names.add(arch.scmpName()));
    }

    private static void rule(ObjectNode node, SeccompRule rule) {
        var names = node.putArray("names");
        rule.names().forEach(names::add);
        action(node, rule.action(), "action", "errnoRet");
        if (!rule.conditions().isEmpty()) {
            var args = node.putArray("args");
            rule.conditions().forEach(condition -> condition(args.addObject(), condition));
        }
        if (!rule.comment().isEmpty()) {
            node.put("comment", rule.comment());
        }
        scope(node, "includes", rule.includes());
        scope(node, "excludes", rule.excludes());
    }

    private static void condition(ObjectNode node, SeccompCondition condition) {
        node.put("index", condition.index());
        node.put("value", unsigned(condition.value()));
        if (condition.operator() == SeccompCondition.Operator.MASKED_EQ) {
            node.put("valueTwo", unsigned(condition.valueTwo()));
        }
        node.put("op", condition.operator().scmpName());
    }

    private static void scope(ObjectNode rule, String field, SeccompScope scope) {
        if (scope.isEmpty()) {
            return;
        }
        var node = rule.putObject(field);
        if (!scope.capabilities().isEmpty()) {
            var caps = node.putArray("caps");
            scope.capabilities().forEach(capability -> caps.add(capability.capName()));
        }
        if (!scope.arches().isEmpty()) {
            var arches = node.putArray("arches");
            scope.arches().forEach(arches::add);
        }
        var minKernel = scope.minKernel();
        if (minKernel != null) {
            node.put("minKernel", minKernel.toString());
        }
    }

    private static void action(
            ObjectNode node, SeccompAction action, String actionField, String errnoField) {
        node.put(actionField, "SCMP_ACT_" + action.kind());
        switch (action.kind()) {
            case ERRNO, TRACE -> node.put(errnoField, action.data());
            case KILL_PROCESS, KILL_THREAD, TRAP, NOTIFY, LOG, ALLOW -> {}
        }
    }

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }
}
