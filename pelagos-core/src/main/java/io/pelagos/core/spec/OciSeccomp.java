package io.pelagos.core.spec;

import io.pelagos.core.internal.json.Json;
import io.pelagos.core.internal.json.JsonObject;
import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.KernelVersion;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.security.SeccompTarget;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code linux.seccomp} of an OCI configuration, which has no rules that depend on circumstances.
 * They are resolved for the architecture of this JVM, the container's capabilities and the oldest
 * kernel that this library runs on. On the way back a profile that is one of the usual ones in this
 * form becomes that one again.
 */
final class OciSeccomp {
    private static final KernelVersion OLDEST = new KernelVersion(5, 14);

    private OciSeccomp() {}

    static void write(ObjectNode linux, Confinement confinement) {
        var profile = confinement.seccomp();
        if (!profile.equals(SeccompProfile.unconfined())) {
            var plain = resolve(profile, Architecture.current(), confinement.capabilities());
            linux.set("seccomp", Json.parse("seccomp profile", plain.toJson()));
        }
    }

    static SeccompProfile read(JsonObject linux, Set<Capability> capabilities) {
        var json = linux.json("seccomp");
        if (json == null) {
            return SeccompProfile.unconfined();
        }
        var profile = linux.inner("seccomp", () -> SeccompProfile.parse(json));
        for (var usual :
                List.of(
                        SeccompProfile.dockerDefault(),
                        SeccompProfile.dockerDefaultWithIoUring(),
                        SeccompProfile.minimal())) {
            for (var architecture : Architecture.values()) {
                if (profile.equals(resolve(usual, architecture, capabilities))) {
                    return usual;
                }
            }
        }
        return profile;
    }

    private static SeccompProfile resolve(
            SeccompProfile profile, Architecture architecture, Set<Capability> capabilities) {
        return profile.resolve(SeccompTarget.of(architecture, capabilities, OLDEST));
    }
}
