package io.pelagos.core.spec;

import io.pelagos.core.internal.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code linux.devices} and {@code linux.resources.devices} of an OCI configuration, which are one
 * thing in a {@link Device}. An OCI runtime forbids all devices first and allows the usual ones
 * itself.
 */
final class OciDevices {
    private static final String ALL = "rwm";
    private static final int MODE = 0777;

    private OciDevices() {}

    /** Devices, and the rules that belong to none of them. */
    record Read(List<Device> devices, List<Resources.DeviceRule> rules) {}

    static void write(ObjectNode linux, ObjectNode resources, ContainerSpec spec) {
        var rules = resources.putArray("devices");
        rules.addObject().put("allow", false).put("access", ALL);
        if (!spec.devices().isEmpty()) {
            var nodes = linux.putArray("devices");
            spec.devices().forEach(device -> device(nodes.addObject(), rules, device));
        }
        spec.resources().devices().forEach(rule -> rule(rules.addObject(), rule));
    }

    private static void device(ObjectNode node, ArrayNode rules, Device device) {
        if ((device.mode().bits() & ~MODE) != 0) {
            throw new IllegalArgumentException(
                    "device "
                            + device.path()
                            + " mode "
                            + device.mode()
                            + ": a config.json has 0000 to 0777 only");
        }
        node.put("path", device.path()).put("type", String.valueOf(device.type().letter()));
        if (device.type() != Device.Type.FIFO) {
            node.put("major", device.major()).put("minor", device.minor());
            rule(rules.addObject(), ruleOf(device));
        }
        node.put("fileMode", device.mode().bits());
        node.put("uid", device.uid()).put("gid", device.gid());
    }

    private static Resources.DeviceRule ruleOf(Device device) {
        return new Resources.DeviceRule(
                true, device.type(), device.major(), device.minor(), device.access());
    }

    private static void rule(ObjectNode node, Resources.DeviceRule rule) {
        node.put("allow", rule.allow());
        if (rule.type() != null) {
            node.put("type", String.valueOf(rule.type().letter()));
        }
        if (rule.major() != null) {
            node.put("major", rule.major());
        }
        if (rule.minor() != null) {
            node.put("minor", rule.minor());
        }
        node.put("access", rule.access());
    }

    static Read read(JsonObject linux) {
        var resources = linux.optionalObject("resources");
        var rules = new ArrayList<Resources.DeviceRule>();
        if (resources != null) {
            resources.objects("devices").forEach(node -> rules.add(rule(node)));
        }
        if (!rules.isEmpty()
                && rules.getFirst()
                        .equals(new Resources.DeviceRule(false, null, null, null, ALL))) {
            rules.removeFirst();
        }
        var devices = new ArrayList<Device>();
        for (var node : linux.objects("devices")) {
            devices.add(device(node, rules));
        }
        return new Read(devices, rules);
    }

    /** Reads a device together with the rule that allows its use, which is taken away. */
    private static Device device(JsonObject node, List<Resources.DeviceRule> rules) {
        var type = node.text("type", text -> type("u".equals(text) ? "c" : text));
        boolean fifo = type == Device.Type.FIFO;
        int major = fifo ? 0 : node.smallNumber("major");
        int minor = fifo ? 0 : node.smallNumber("minor");
        var access = fifo ? ALL : access(node, type, major, minor, rules);
        var mode = node.optionalSmallNumber("fileMode");
        var uid = node.optionalNumber("uid");
        var gid = node.optionalNumber("gid");
        return node.checked(
                () ->
                        new Device(
                                node.text("path"),
                                type,
                                major,
                                minor,
                                new FileMode(mode == null ? 0666 : mode),
                                uid == null ? 0 : uid,
                                gid == null ? 0 : gid,
                                access));
    }

    private static String access(
            JsonObject node,
            Device.Type type,
            int major,
            int minor,
            List<Resources.DeviceRule> rules) {
        for (var rule : rules) {
            if (rule.allow()
                    && type.equals(rule.type())
                    && Integer.valueOf(major).equals(rule.major())
                    && Integer.valueOf(minor).equals(rule.minor())) {
                rules.remove(rule);
                return rule.access();
            }
        }
        throw node.refuse(
                "path", "no rule of linux.resources.devices allows the use of this device alone");
    }

    private static Resources.DeviceRule rule(JsonObject node) {
        var access = node.optionalText("access");
        return node.checked(
                () ->
                        new Resources.DeviceRule(
                                node.flag("allow"),
                                anyOr(node),
                                number(node, "major"),
                                number(node, "minor"),
                                access == null || access.isEmpty() ? ALL : access));
    }

    private static Device.@Nullable Type anyOr(JsonObject node) {
        var type = node.optionalText("type");
        return type == null || type.isEmpty() || type.equals("a")
                ? null
                : node.text("type", OciDevices::type);
    }

    private static @Nullable Integer number(JsonObject node, String field) {
        var number = node.optionalSmallNumber(field);
        return number == null || number == -1 ? null : number;
    }

    private static Device.Type type(String letter) {
        for (var type : Device.Type.values()) {
            if (letter.equals(String.valueOf(type.letter()))) {
                return type;
            }
        }
        throw new IllegalArgumentException("must be one of c, b, u, p");
    }
}
