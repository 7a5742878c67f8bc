package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.security.SeccompProfile;
import java.nio.file.Path;

/** One {@code --security-opt}. */
sealed interface SecurityOption {
    /** Applies it. */
    void applyTo(ContainerBuilder builder);

    /** Whether execve(2) may give privileges. */
    record NewPrivileges(boolean allowed) implements SecurityOption {
        @Override
        public void applyTo(ContainerBuilder builder) {
            builder.newPrivileges(allowed);
        }
    }

    /** The filter of system calls, by name or file. */
    record Seccomp(String name) implements SecurityOption {
        @Override
        public void applyTo(ContainerBuilder builder) {
            builder.seccomp(
                    switch (name) {
                        case "default" -> SeccompProfile.dockerDefault();
                        case "minimal" -> SeccompProfile.minimal();
                        case "iouring", "io-uring" -> SeccompProfile.dockerDefaultWithIoUring();
                        case "unconfined", "none" -> SeccompProfile.unconfined();
                        default -> SeccompProfile.ofFile(Path.of(name));
                    });
        }
    }

    /** More hidden paths. */
    record Mask(String paths) implements SecurityOption {
        @Override
        public void applyTo(ContainerBuilder builder) {
            builder.mask(paths.split(":", -1));
        }
    }

    /** Fewer hidden paths. */
    record Unmask(String paths) implements SecurityOption {
        @Override
        public void applyTo(ContainerBuilder builder) {
            builder.unmask(paths.equalsIgnoreCase("ALL") ? new String[0] : paths.split(":", -1));
        }
    }

    /** A profile of AppArmor. */
    record AppArmor(String profile) implements SecurityOption {
        @Override
        public void applyTo(ContainerBuilder builder) {
            builder.apparmorProfile(profile);
        }
    }

    /** A context of SELinux; nothing for a container that is to have none. */
    record Context(String label) implements SecurityOption {
        @Override
        public void applyTo(ContainerBuilder builder) {
            if (!label.equals("disable")) {
                builder.selinuxLabel(label);
            }
        }
    }

    /**
     * Reads an option.
     *
     * @param text {@code no-new-privileges[=BOOLEAN]}, {@code seccomp=NAME}, {@code
     *     apparmor=PROFILE}, {@code label=CONTEXT}, {@code mask=PATH:PATH} or {@code unmask=ALL}; a
     *     colon may stand for the first equals sign, as docker once had it
     */
    static SecurityOption parse(String text) {
        int end = 0;
        while (end < text.length() && text.charAt(end) != '=' && text.charAt(end) != ':') {
            end++;
        }
        var name = text.substring(0, end);
        var value = end == text.length() ? "" : text.substring(end + 1);
        if (name.equals("no-new-privileges")) {
            return switch (value) {
                case "", "true" -> new NewPrivileges(false);
                case "false" -> new NewPrivileges(true);
                default -> throw refused(text);
            };
        }
        if (value.isEmpty()) {
            throw refused(text);
        }
        return switch (name) {
            case "seccomp" -> new Seccomp(value);
            case "apparmor" -> new AppArmor(value);
            case "label" -> new Context(value);
            case "mask" -> new Mask(value);
            case "unmask" -> new Unmask(value);
            default -> throw refused(text);
        };
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException(
                "\""
                        + text
                        + "\": must be no-new-privileges[=true|false],"
                        + " seccomp=default|minimal|iouring|unconfined|FILE, apparmor=PROFILE,"
                        + " label=CONTEXT|disable, mask=PATH[:PATH…] or"
                        + " unmask=ALL|PATH[:PATH…]");
    }
}
