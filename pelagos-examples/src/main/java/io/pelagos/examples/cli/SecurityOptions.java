package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.LandlockScope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the container may do. */
final class SecurityOptions {
    @Option(
            names = "--cap-add",
            paramLabel = "CAP",
            description =
                    "Add a capability, or ALL. For another user than 0 named ones become ambient.")
    private List<CapabilityOption> add = new ArrayList<>();

    @Option(
            names = "--cap-drop",
            paramLabel = "CAP",
            description = "Take a capability away, or ALL.")
    private List<CapabilityOption> drop = new ArrayList<>();

    @Option(
            names = "--security-opt",
            paramLabel = "OPT",
            description =
                    "no-new-privileges[=false], seccomp=default|minimal|iouring|unconfined|FILE,"
                            + " apparmor=PROFILE, label=CONTEXT|disable,"
                            + " mask=PATH[:PATH…], unmask=ALL|PATH[:PATH…].")
    private List<SecurityOption> options = new ArrayList<>();

    @Option(
            names = "--apparmor-profile",
            paramLabel = "PROFILE",
            description = "Execute the program under a profile of AppArmor.")
    private @Nullable String apparmorProfile;

    @Option(
            names = "--selinux-label",
            paramLabel = "CONTEXT",
            description = "Execute the program in a context of SELinux.")
    private @Nullable String selinuxLabel;

    @Option(
            names = "--masked-path",
            paramLabel = "PATH",
            description = "Hide the contents of a path.")
    private List<String> maskedPaths = new ArrayList<>();

    @Option(
            names = "--readonly-path",
            paramLabel = "PATH",
            description = "Protect a path from any change.")
    private List<String> readOnlyPaths = new ArrayList<>();

    @Option(
            names = "--sysctl",
            paramLabel = "NAME=VALUE",
            description = "Set a kernel parameter of the container's own namespaces.")
    private List<KeyValue> sysctls = new ArrayList<>();

    @Option(
            names = "--landlock-ro",
            paramLabel = "PATH",
            description =
                    "Allow reading and executing below a path, and nothing outside of such rules.")
    private List<String> landlockRead = new ArrayList<>();

    @Option(
            names = "--landlock-rw",
            paramLabel = "PATH",
            description = "Allow everything below a path, and nothing outside of such rules.")
    private List<String> landlockWrite = new ArrayList<>();

    @Option(
            names = "--landlock-exec",
            paramLabel = "PATH",
            description = "Allow executing below a path, and nothing outside of such rules.")
    private List<String> landlockExecute = new ArrayList<>();

    @Option(
            names = "--landlock-bind",
            paramLabel = "PORT",
            description = "Allow binding to a TCP port, and to no other.")
    private List<Integer> landlockBind = new ArrayList<>();

    @Option(
            names = "--landlock-connect",
            paramLabel = "PORT",
            description = "Allow connecting to a TCP port, and to no other.")
    private List<Integer> landlockConnect = new ArrayList<>();

    @Option(
            names = "--landlock-scope",
            paramLabel = "SCOPE",
            description = "Close a way to processes outside: ABSTRACT_UNIX_SOCKET or SIGNAL.")
    private List<LandlockScope> landlockScopes = new ArrayList<>();

    @Option(
            names = "--privileged",
            description = "Give up every protection; what runs can take over the machine.")
    private boolean privileged;

    void applyTo(ContainerBuilder builder, boolean unprivilegedUser) {
        if (privileged) {
            builder.privileged();
        }
        applyCapabilities(builder, unprivilegedUser);
        options.forEach(option -> option.applyTo(builder));
        if (apparmorProfile != null) {
            builder.apparmorProfile(apparmorProfile);
        }
        if (selinuxLabel != null) {
            builder.selinuxLabel(selinuxLabel);
        }
        builder.mask(maskedPaths.toArray(String[]::new));
        builder.readOnly(readOnlyPaths.toArray(String[]::new));
        sysctls.forEach(sysctl -> builder.sysctl(sysctl.key(), sysctl.value()));
        var landlock = landlock();
        if (!landlock.isEmpty()) {
            builder.landlock(landlock);
        }
    }

    /** {@code --cap-drop ALL} comes first and what is added stays; else what is dropped is gone. */
    private void applyCapabilities(ContainerBuilder builder, boolean unprivilegedUser) {
        boolean none = drop.stream().anyMatch(CapabilityOption::all);
        if (none) {
            builder.capDrop();
        }
        for (var option : add) {
            var names = option.capabilities().toArray(Capability[]::new);
            builder.capAdd(names);
            if (unprivilegedUser && !option.all()) {
                builder.ambient(names);
            }
        }
        if (!none) {
            drop.stream()
                    .map(option -> option.capabilities().toArray(Capability[]::new))
                    .forEach(builder::capDrop);
        }
    }

    private LandlockRules landlock() {
        var rules = LandlockRules.none();
        for (var path : landlockRead) {
            rules = rules.readOnly(path);
        }
        for (var path : landlockWrite) {
            rules = rules.readWrite(path);
        }
        for (var path : landlockExecute) {
            rules = rules.execute(path);
        }
        for (int port : landlockBind) {
            rules = rules.bindTcp(port);
        }
        for (int port : landlockConnect) {
            rules = rules.connectTcp(port);
        }
        return rules.scope(landlockScopes.toArray(LandlockScope[]::new));
    }
}
