package io.pelagos.core.spec;

import io.pelagos.core.internal.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The JSON form of {@link Resources}, a part of {@link SpecJson}. */
final class ResourcesJson {
    private ResourcesJson() {}

    static void write(ObjectNode node, Resources resources) {
        memory(node.putObject("memory"), resources.memory());
        cpu(node.putObject("cpu"), resources.cpu());
        number(node, "pids", resources.pids());
        var io = node.putObject("io");
        number(io, "weight", resources.io().weight());
        var limits = io.putArray("devices");
        resources.io().devices().forEach(limit -> limit(limits.addObject(), limit));
        var hugetlb = node.putObject("hugetlb");
        resources.hugetlb().forEach((page, size) -> hugetlb.put(page, size.bytes()));
        var rules = node.putArray("devices");
        resources.devices().forEach(rule -> rule(rules.addObject(), rule));
        SpecJson.texts(node.putObject("unified"), resources.unified());
        if (resources.parent() != null) {
            node.put("parent", resources.parent());
        }
        node.put("required", resources.required());
    }

    static Resources read(JsonObject object) {
        var io = object.object("io");
        return object.checked(
                () ->
                        new Resources(
                                memory(object.object("memory")),
                                cpu(object.object("cpu")),
                                object.optionalNumber("pids"),
                                io.checked(
                                        () ->
                                                new Resources.Io(
                                                        io.optionalNumber("weight"),
                                                        io.objects("devices").stream()
                                                                .map(ResourcesJson::limit)
                                                                .toList())),
                                hugetlb(object.object("hugetlb")),
                                object.objects("devices").stream()
                                        .map(ResourcesJson::rule)
                                        .toList(),
                                object.textMap("unified"),
                                object.optionalText("parent"),
                                object.flag("required")));
    }

    private static void memory(ObjectNode node, Resources.Memory memory) {
        size(node, "max", memory.max());
        size(node, "high", memory.high());
        size(node, "low", memory.low());
        size(node, "min", memory.min());
        size(node, "swap", memory.swap());
        if (memory.oomGroup() != null) {
            node.put("oomGroup", memory.oomGroup());
        }
        if (memory.swappiness() != null) {
            node.put("swappiness", memory.swappiness());
        }
    }

    private static Resources.Memory memory(JsonObject object) {
        return object.checked(
                () ->
                        new Resources.Memory(
                                size(object, "max"),
                                size(object, "high"),
                                size(object, "low"),
                                size(object, "min"),
                                size(object, "swap"),
                                object.optionalFlag("oomGroup"),
                                object.optionalSmallNumber("swappiness")));
    }

    private static void cpu(ObjectNode node, Resources.Cpu cpu) {
        number(node, "weight", cpu.weight());
        number(node, "quotaMicros", cpu.quotaMicros());
        number(node, "periodMicros", cpu.periodMicros());
        number(node, "burstMicros", cpu.burstMicros());
        if (cpu.cpus() != null) {
            node.put("cpus", cpu.cpus());
        }
        if (cpu.mems() != null) {
            node.put("mems", cpu.mems());
        }
        if (cpu.idle() != null) {
            node.put("idle", cpu.idle());
        }
    }

    private static Resources.Cpu cpu(JsonObject object) {
        return object.checked(
                () ->
                        new Resources.Cpu(
                                object.optionalNumber("weight"),
                                object.optionalNumber("quotaMicros"),
                                object.optionalNumber("periodMicros"),
                                object.optionalNumber("burstMicros"),
                                object.optionalText("cpus"),
                                object.optionalText("mems"),
                                object.optionalFlag("idle")));
    }

    private static void limit(ObjectNode node, Resources.DeviceLimit limit) {
        node.put("major", limit.major()).put("minor", limit.minor());
        number(node, "weight", limit.weight());
        number(node, "readBytes", limit.readBytes());
        number(node, "writeBytes", limit.writeBytes());
        number(node, "readOperations", limit.readOperations());
        number(node, "writeOperations", limit.writeOperations());
    }

    private static Resources.DeviceLimit limit(JsonObject object) {
        return object.checked(
                () ->
                        new Resources.DeviceLimit(
                                object.smallNumber("major"),
                                object.smallNumber("minor"),
                                object.optionalNumber("weight"),
                                object.optionalNumber("readBytes"),
                                object.optionalNumber("writeBytes"),
                                object.optionalNumber("readOperations"),
                                object.optionalNumber("writeOperations")));
    }

    private static void rule(ObjectNode node, Resources.DeviceRule rule) {
        node.put("allow", rule.allow());
        if (rule.type() != null) {
            node.put("type", JsonObject.nameOf(rule.type()));
        }
        if (rule.major() != null) {
            node.put("major", rule.major());
        }
        if (rule.minor() != null) {
            node.put("minor", rule.minor());
        }
        node.put("access", rule.access());
    }

    private static Resources.DeviceRule rule(JsonObject object) {
        return object.checked(
                () ->
                        new Resources.DeviceRule(
                                object.flag("allow"),
                                object.optionalText("type") == null
                                        ? null
                                        : object.constant("type", Device.Type.class),
                                object.optionalSmallNumber("major"),
                                object.optionalSmallNumber("minor"),
                                object.text("access")));
    }

    private static Map<String, ByteSize> hugetlb(JsonObject object) {
        var sizes = new LinkedHashMap<String, ByteSize>();
        for (var page : object.names()) {
            sizes.put(page, object.checked(page, () -> ByteSize.of(object.number(page))));
        }
        return sizes;
    }

    private static void size(ObjectNode node, String field, @Nullable ByteSize size) {
        if (size != null) {
            node.put(field, size.bytes());
        }
    }

    private static @Nullable ByteSize size(JsonObject object, String field) {
        var bytes = object.optionalNumber(field);
        return bytes == null ? null : object.checked(field, () -> ByteSize.of(bytes));
    }

    private static void number(ObjectNode node, String field, @Nullable Long number) {
        if (number != null) {
            node.put(field, number);
        }
    }
}
