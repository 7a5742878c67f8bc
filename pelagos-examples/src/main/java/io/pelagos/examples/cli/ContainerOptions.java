package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.Signal;
import io.pelagos.examples.Shell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Everything that describes a container: what {@code run} and {@code explain} have in common. */
final class ContainerOptions {
    @Parameters(
            index = "0",
            paramLabel = "ROOTFS",
            description = "host, a directory with a slash at its beginning or a dot, or an image.")
    private String rootfs = "";

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "CMD",
            description =
                    "The program and its arguments; -- may stand before it. An image may have"
                            + " its own.")
    private List<String> command = new ArrayList<>();

    @Option(
            names = "--entrypoint",
            paramLabel = "PROGRAM",
            description = "What comes before CMD, instead of what the image says.")
    private @Nullable String entrypoint;

    @Option(
            names = "--pull",
            paramLabel = "missing|always|never|newer",
            description = "When a registry is asked for an image (default: missing).")
    private PullPolicy pull = PullPolicy.MISSING;

    @Option(
            names = "--idmap",
            description =
                    "Let the files of an image belong to the users of the container's own user"
                            + " namespace, as they do without one.")
    private boolean idMapped;

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH[/VARIANT]",
            description = "What machine the image is for (default: this one).")
    private @Nullable String platform;

    @Option(names = "--name", paramLabel = "NAME", description = "Name of the container.")
    private @Nullable String name;

    @Option(
            names = {"-l", "--label"},
            paramLabel = "KEY[=VALUE]",
            description = "A note of your own.")
    private List<Label> labels = new ArrayList<>();

    @Option(
            names = "--annotation",
            paramLabel = "KEY=VALUE",
            description = "A note for tools that read OCI configurations.")
    private List<KeyValue> annotations = new ArrayList<>();

    @Option(
            names = "--init",
            description = "Put a process 1 before the program that reaps and forwards signals.")
    private boolean init;

    @Option(
            names = "--stop-signal",
            paramLabel = "SIGNAL",
            description = "What asks the program to end (default: SIGTERM).")
    private @Nullable Signal stopSignal;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "End it when it has run for so long, such as 90 or 1m30s.")
    private @Nullable Duration timeout;

    @Mixin private RunOptions run = new RunOptions();
    @Mixin private ProcessOptions process = new ProcessOptions();
    @Mixin private MountOptions mounts = new MountOptions();
    @Mixin private NamespaceOptions namespaces = new NamespaceOptions();
    @Mixin private SecurityOptions security = new SecurityOptions();
    @Mixin private ResourceOptions resources = new ResourceOptions();

    /** Describes the container, whose root is what {@link Pelagos} knows by name. */
    ContainerBuilder builder(Pelagos pelagos) throws InterruptedException {
        refuseMissingProgram();
        return configured(pelagos.container(mapped(isImage() ? image(pelagos) : given())));
    }

    /** Describes the container without anything of this machine: takes one without an image. */
    ContainerBuilder description() {
        refuseMissingProgram();
        return configured(ContainerBuilder.describing(mapped(given())));
    }

    private ContainerBuilder configured(ContainerBuilder builder) {
        var program = command();
        if (entrypoint != null) {
            builder.entrypoint(entrypoint);
        }
        if (!program.isEmpty()) {
            builder.command(program);
        }
        if (name != null) {
            builder.name(name);
        }
        labels.forEach(label -> builder.label(label.key(), label.value()));
        annotations.forEach(note -> builder.annotation(note.key(), note.value()));
        if (init) {
            builder.init();
        }
        if (stopSignal != null) {
            builder.stopSignal(stopSignal);
        }
        if (timeout != null) {
            builder.timeout(timeout);
        }
        run.applyTo(builder);
        process.applyTo(builder, System.getenv());
        mounts.applyTo(builder);
        namespaces.applyTo(builder);
        security.applyTo(builder, process.unprivilegedUser());
        resources.applyTo(builder);
        return builder;
    }

    RunOptions run() {
        return run;
    }

    /** Tells whether the root file system is that of an image. */
    boolean isImage() {
        return !rootfs.equals("host") && !rootfs.startsWith("/") && !rootfs.startsWith(".");
    }

    private Rootfs mapped(Rootfs root) {
        return idMapped ? root.idMapped() : root;
    }

    private Rootfs image(Pelagos pelagos) throws InterruptedException {
        return PulledImage.of(pelagos, rootfs, pull, platform);
    }

    private Rootfs given() {
        if (platform != null) {
            throw new IllegalArgumentException(
                    "--platform \"" + platform + "\": takes an image, which " + rootfs + " is not");
        }
        return Shell.rootfs(rootfs);
    }

    private void refuseMissingProgram() {
        if (command().isEmpty() && (!command.isEmpty() || rootfs.equals("host"))) {
            throw new IllegalArgumentException("CMD: no program is named");
        }
    }

    private List<String> command() {
        boolean dashes = !command.isEmpty() && command.getFirst().equals("--");
        return dashes ? command.subList(1, command.size()) : command;
    }
}
