package io.pelagos.core.spec;

import io.pelagos.core.internal.json.Json;
import io.pelagos.core.internal.json.JsonObject;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.LandlockAccess;
import io.pelagos.core.security.LandlockLog;
import io.pelagos.core.security.LandlockNet;
import io.pelagos.core.security.LandlockPathRule;
import io.pelagos.core.security.LandlockPortRule;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.LandlockScope;
import io.pelagos.core.security.LsmLabels;
import io.pelagos.core.security.SeccompProfile;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The JSON form of a {@link Confinement}, a part of {@link SpecJson}. */
final class ConfinementJson {
    private ConfinementJson() {}

    static void write(ObjectNode node, Confinement confinement) {
        var capabilities = node.putArray("capabilities");
        confinement.capabilities().forEach(capability -> capabilities.add(capability.capName()));
        var ambient = node.putArray("ambient");
        confinement.ambient().forEach(capability -> ambient.add(capability.capName()));
        node.put("noNewPrivileges", confinement.noNewPrivileges());
        node.set("seccomp", Json.parse("seccomp profile", confinement.seccomp().toJson()));
        landlock(node.putObject("landlock"), confinement.landlock());
        SpecJson.texts(node.putArray("maskedPaths"), confinement.maskedPaths());
        SpecJson.texts(node.putArray("readOnlyPaths"), confinement.readOnlyPaths());
        SpecJson.texts(node.putObject("sysctls"), confinement.sysctls());
        node.put("privileged", confinement.privileged());
        var labels = confinement.labels();
        optional(node, "apparmorProfile", labels.apparmorProfile());
        optional(node, "selinuxLabel", labels.selinuxLabel());
        optional(node, "mountLabel", labels.mountLabel());
    }

    static Confinement read(JsonObject object) {
        var seccomp = object.json("seccomp");
        if (seccomp == null) {
            throw object.refuse("seccomp", "is missing");
        }
        return object.checked(
                () ->
                        new Confinement(
                                Set.copyOf(object.texts("capabilities", Capability::parse)),
                                Set.copyOf(object.texts("ambient", Capability::parse)),
                                object.flag("noNewPrivileges"),
                                object.inner("seccomp", () -> SeccompProfile.parse(seccomp)),
                                landlock(object.object("landlock")),
                                object.texts("maskedPaths"),
                                object.texts("readOnlyPaths"),
                                object.textMap("sysctls"),
                                object.flag("privileged"),
                                new LsmLabels(
                                        object.optionalText("apparmorProfile"),
                                        object.optionalText("selinuxLabel"),
                                        object.optionalText("mountLabel"))));
    }

    private static void optional(ObjectNode node, String field, @Nullable String text) {
        if (text != null) {
            node.put(field, text);
        }
    }

    static void landlock(ObjectNode node, LandlockRules rules) {
        var paths = node.putArray("paths");
        for (var rule : rules.paths()) {
            constants(paths.addObject().put("path", rule.path()), "access", rule.access());
        }
        constants(node, "handledNet", rules.handledNet());
        var ports = node.putArray("ports");
        for (var rule : rules.ports()) {
            ports.addObject()
                    .put("access", JsonObject.nameOf(rule.access()))
                    .put("port", rule.port());
        }
        constants(node, "scopes", rules.scopes());
        constants(node, "logs", rules.logs());
    }

    static LandlockRules landlock(JsonObject object) {
        return object.checked(
                () ->
                        new LandlockRules(
                                object.objects("paths").stream()
                                        .map(ConfinementJson::pathRule)
                                        .toList(),
                                Set.copyOf(object.constants("handledNet", LandlockNet.class)),
                                object.objects("ports").stream()
                                        .map(ConfinementJson::portRule)
                                        .toList(),
                                Set.copyOf(object.constants("scopes", LandlockScope.class)),
                                Set.copyOf(object.constants("logs", LandlockLog.class))));
    }

    private static LandlockPathRule pathRule(JsonObject object) {
        return object.checked(
                () ->
                        new LandlockPathRule(
                                object.text("path"),
                                Set.copyOf(object.constants("access", LandlockAccess.class))));
    }

    private static LandlockPortRule portRule(JsonObject object) {
        return object.checked(
                () ->
                        new LandlockPortRule(
                                object.constant("access", LandlockNet.class),
                                object.smallNumber("port")));
    }

    private static void constants(
            ObjectNode node, String field, Collection<? extends Enum<?>> constants) {
        var array = node.putArray(field);
        constants.forEach(constant -> array.add(JsonObject.nameOf(constant)));
    }
}
