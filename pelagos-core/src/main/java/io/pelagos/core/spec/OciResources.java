package io.pelagos.core.spec;

import io.pelagos.core.internal.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code linux.resources} of an OCI configuration, but for its rules for devices. It speaks in the
 * terms of cgroup v1, so that much is converted; what only cgroup v2 has goes to {@code unified}.
 */
final class OciResources {
    private static final String HIGH = "memory.high";
    private static final String MIN = "memory.min";
    private static final String SWAP = "memory.swap.max";
    private static final String OOM_GROUP = "memory.oom.group";

    private OciResources() {}

    static void write(ObjectNode node, Resources resources) {
        var unified = new TreeMap<>(resources.unified());
        memory(node, resources.memory(), unified);
        cpu(node, resources.cpu());
        if (resources.pids() != null) {
            node.putObject("pids").put("limit", resources.pids());
        }
        io(node, resources.io());
        if (!resources.hugetlb().isEmpty()) {
            var limits = node.putArray("hugepageLimits");
            resources
                    .hugetlb()
                    .forEach(
                            (page, size) ->
                                    limits.addObject()
                                            .put("pageSize", page)
                                            .put("limit", size.bytes()));
        }
        if (!unified.isEmpty()) {
            SpecJson.texts(node.putObject("unified"), unified);
        }
    }

    static Resources read(JsonObject linux, List<Resources.DeviceRule> rules, boolean required) {
        var parent = parent(linux);
        var object = linux.optionalObject("resources");
        if (object == null) {
            return new Resources(
                    Resources.Memory.UNLIMITED,
                    Resources.Cpu.UNLIMITED,
                    null,
                    Resources.Io.UNLIMITED,
                    Map.of(),
                    rules,
                    Map.of(),
                    parent,
                    required);
        }
        var unified = new TreeMap<>(object.textMap("unified"));
        var memory = object.optionalObject("memory");
        return object.checked(
                () ->
                        new Resources(
                                memory(memory, unified),
                                cpu(object.optionalObject("cpu")),
                                pids(object.optionalObject("pids")),
                                io(object.optionalObject("blockIO")),
                                hugetlb(object.objects("hugepageLimits")),
                                rules,
                                unified,
                                parent,
                                required));
    }

    /** Returns the path of the container's own cgroup, which this library derives from a parent. */
    static @Nullable String cgroupsPath(ContainerSpec spec) {
        var parent = spec.resources().parent();
        if (parent == null) {
            return null;
        }
        var name = spec.name() == null ? "pelagos" : spec.name();
        return parent.equals("/") ? "/" + name : parent + "/" + name;
    }

    private static @Nullable String parent(JsonObject linux) {
        var path = linux.optionalText("cgroupsPath");
        if (path == null || path.isEmpty()) {
            return null;
        }
        if (!path.startsWith("/")) {
            throw linux.refuse(
                    "cgroupsPath", "must be absolute to have a place in a container spec");
        }
        var normalized = linux.checked(() -> ContainerPath.normalize("cgroupsPath", path));
        return normalized.substring(0, Math.max(1, normalized.lastIndexOf('/')));
    }

    private static void memory(
            ObjectNode node, Resources.Memory memory, Map<String, String> unified) {
        if (memory.equals(Resources.Memory.UNLIMITED)) {
            return;
        }
        raw(unified, HIGH, memory.high());
        raw(unified, MIN, memory.min());
        if (memory.oomGroup() != null) {
            unified.putIfAbsent(OOM_GROUP, memory.oomGroup() ? "1" : "0");
        }
        var max = memory.max();
        var swap = memory.swap();
        var object = node.putObject("memory");
        if (max != null) {
            object.put("limit", max.bytes());
        }
        if (memory.low() != null) {
            object.put("reservation", memory.low().bytes());
        }
        if (swap != null && max != null && swap.bytes() <= Long.MAX_VALUE - max.bytes()) {
            object.put("swap", max.bytes() + swap.bytes());
        } else {
            raw(unified, SWAP, swap);
        }
        if (memory.swappiness() != null) {
            object.put("swappiness", memory.swappiness());
        }
    }

    /** The caller's own raw file is written last and wins. */
    private static void raw(Map<String, String> unified, String file, @Nullable ByteSize size) {
        if (size != null) {
            unified.putIfAbsent(file, Long.toString(size.bytes()));
        }
    }

    private static Resources.Memory memory(
            @Nullable JsonObject object, Map<String, String> unified) {
        var high = takeSize(unified, HIGH);
        var min = takeSize(unified, MIN);
        var rawSwap = takeSize(unified, SWAP);
        var oomGroup = takeFlag(unified, OOM_GROUP);
        if (object == null) {
            return new Resources.Memory(null, high, null, min, rawSwap, oomGroup, null);
        }
        var max = limit(object, "limit");
        return object.checked(
                () ->
                        new Resources.Memory(
                                max,
                                high,
                                limit(object, "reservation"),
                                min,
                                rawSwap != null ? rawSwap : swap(object, max),
                                oomGroup,
                                object.optionalSmallNumber("swappiness")));
    }

    private static @Nullable ByteSize swap(JsonObject object, @Nullable ByteSize max) {
        var combined = limit(object, "swap");
        if (combined == null) {
            return null;
        }
        if (max == null) {
            throw object.refuse("swap", "counts memory and swap together and needs a limit");
        }
        return object.checked("swap", () -> Resources.Memory.swapOf(combined, max));
    }

    /** Zero and -1 mean "no limit" there. */
    private static @Nullable ByteSize limit(JsonObject object, String field) {
        var bytes = object.optionalNumber(field);
        if (bytes == null || bytes == -1 || (bytes == 0 && !field.equals("swap"))) {
            return null;
        }
        return object.checked(field, () -> ByteSize.of(bytes));
    }

    private static @Nullable ByteSize takeSize(Map<String, String> unified, String file) {
        var value = unified.get(file);
        if (value == null || !value.matches("[0-9]{1,18}")) {
            return null;
        }
        unified.remove(file);
        return ByteSize.of(Long.parseLong(value));
    }

    private static @Nullable Boolean takeFlag(Map<String, String> unified, String file) {
        var value = unified.get(file);
        if (value == null || !value.matches("[01]")) {
            return null;
        }
        unified.remove(file);
        return value.equals("1");
    }

    private static void cpu(ObjectNode node, Resources.Cpu cpu) {
        if (cpu.equals(Resources.Cpu.UNLIMITED)) {
            return;
        }
        var object = node.putObject("cpu");
        if (cpu.weight() != null) {
            object.put("shares", sharesOfWeight(cpu.weight()));
        }
        number(object, "quota", cpu.quotaMicros());
        number(object, "period", cpu.periodMicros());
        number(object, "burst", cpu.burstMicros());
        if (cpu.cpus() != null) {
            object.put("cpus", cpu.cpus());
        }
        if (cpu.mems() != null) {
            object.put("mems", cpu.mems());
        }
        if (cpu.idle() != null) {
            object.put("idle", cpu.idle() ? 1 : 0);
        }
    }

    private static Resources.Cpu cpu(@Nullable JsonObject object) {
        if (object == null) {
            return Resources.Cpu.UNLIMITED;
        }
        return object.checked(
                () ->
                        new Resources.Cpu(
                                weight(object),
                                positive(object, "quota"),
                                positive(object, "period"),
                                object.optionalNumber("burst"),
                                text(object, "cpus"),
                                text(object, "mems"),
                                idle(object.optionalNumber("idle"))));
    }

    /** Returns the least shares that {@link Resources.Cpu#weightOfShares} turns into a weight. */
    static long sharesOfWeight(long weight) {
        return 2 + Math.ceilDiv((weight - 1) * 262_142, 9999);
    }

    private static @Nullable Long weight(JsonObject object) {
        var shares = positive(object, "shares");
        return shares == null
                ? null
                : object.checked("shares", () -> Resources.Cpu.weightOfShares(shares));
    }

    private static @Nullable Boolean idle(@Nullable Long idle) {
        return idle == null ? null : Boolean.valueOf(idle != 0);
    }

    private static @Nullable Long positive(JsonObject object, String field) {
        var number = object.optionalNumber(field);
        return number == null || number <= 0 ? null : number;
    }

    private static @Nullable String text(JsonObject object, String field) {
        var text = object.optionalText(field);
        return text == null || text.isEmpty() ? null : text;
    }

    private static @Nullable Long pids(@Nullable JsonObject object) {
        return object == null ? null : positive(object, "limit");
    }

    private static void io(ObjectNode node, Resources.Io io) {
        if (io.equals(Resources.Io.UNLIMITED)) {
            return;
        }
        var object = node.putObject("blockIO");
        if (io.weight() != null) {
            object.put("weight", blkioWeight(io.weight()));
        }
        for (var limit : io.devices()) {
            if (limit.weight() != null) {
                device(object, "weightDevice", limit).put("weight", blkioWeight(limit.weight()));
            }
            rate(object, "throttleReadBpsDevice", limit, limit.readBytes());
            rate(object, "throttleWriteBpsDevice", limit, limit.writeBytes());
            rate(object, "throttleReadIOPSDevice", limit, limit.readOperations());
            rate(object, "throttleWriteIOPSDevice", limit, limit.writeOperations());
        }
    }

    private static void rate(
            ObjectNode object, String field, Resources.DeviceLimit limit, @Nullable Long rate) {
        if (rate != null) {
            device(object, field, limit).put("rate", rate);
        }
    }

    private static ObjectNode device(ObjectNode object, String field, Resources.DeviceLimit limit) {
        var array = object.get(field) instanceof ArrayNode known ? known : object.putArray(field);
        return array.addObject().put("major", limit.major()).put("minor", limit.minor());
    }

    /** The weights of the v1 hierarchy go from 10 to 1000 only: ten of ours share one of them. */
    private static long blkioWeight(long weight) {
        return 10 + Math.ceilDiv((weight - 1) * 990, 9999);
    }

    private static @Nullable Long ioWeight(JsonObject object, String field) {
        var weight = positive(object, field);
        if (weight == null) {
            return null;
        }
        if (weight < 10 || weight > 1000) {
            throw object.refuse(field, "must be 10 to 1000");
        }
        return 1 + (weight - 10) * 9999 / 990;
    }

    private static Resources.Io io(@Nullable JsonObject object) {
        if (object == null) {
            return Resources.Io.UNLIMITED;
        }
        var weights = byDevice(object, "weightDevice", node -> ioWeight(node, "weight"));
        var readBytes = rates(object, "throttleReadBpsDevice");
        var writeBytes = rates(object, "throttleWriteBpsDevice");
        var reads = rates(object, "throttleReadIOPSDevice");
        var writes = rates(object, "throttleWriteIOPSDevice");
        var all = new TreeMap<DeviceNumber, Long>(weights);
        List.of(readBytes, writeBytes, reads, writes).forEach(all::putAll);
        var limits = new ArrayList<Resources.DeviceLimit>();
        for (var device : all.keySet()) {
            limits.add(
                    object.checked(
                            () ->
                                    new Resources.DeviceLimit(
                                            device.major(),
                                            device.minor(),
                                            weights.get(device),
                                            readBytes.get(device),
                                            writeBytes.get(device),
                                            reads.get(device),
                                            writes.get(device))));
        }
        return object.checked(() -> new Resources.Io(ioWeight(object, "weight"), limits));
    }

    private record DeviceNumber(int major, int minor) implements Comparable<DeviceNumber> {
        @Override
        public int compareTo(DeviceNumber other) {
            int byMajor = Integer.compare(major, other.major);
            return byMajor != 0 ? byMajor : Integer.compare(minor, other.minor);
        }
    }

    private interface Value {
        @Nullable Long of(JsonObject node);
    }

    private static Map<DeviceNumber, Long> rates(JsonObject object, String field) {
        return byDevice(object, field, node -> positive(node, "rate"));
    }

    private static Map<DeviceNumber, Long> byDevice(JsonObject object, String field, Value value) {
        var map = new TreeMap<DeviceNumber, Long>();
        for (var node : object.objects(field)) {
            var number = new DeviceNumber(node.smallNumber("major"), node.smallNumber("minor"));
            var one = value.of(node);
            if (one != null) {
                map.put(number, one);
            }
        }
        return map;
    }

    private static Map<String, ByteSize> hugetlb(List<JsonObject> limits) {
        var sizes = new LinkedHashMap<String, ByteSize>();
        for (var limit : limits) {
            sizes.put(
                    limit.text("pageSize"),
                    limit.checked("limit", () -> ByteSize.of(limit.number("limit"))));
        }
        return sizes;
    }

    private static void number(ObjectNode node, String field, @Nullable Long number) {
        if (number != null) {
            node.put(field, number);
        }
    }
}
