package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.spec.Mount;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What of the file system can be seen and changed. */
final class MountOptions {
    @Option(names = "--read-only", description = "Make the root read-only.")
    private boolean readOnly;

    @Option(
            names = {"-v", "--volume"},
            paramLabel = "SRC:DST[:ro,…]",
            description = "Mount a file or directory of the host, or a volume by its name.")
    private List<Mount.Bind> volumes = new ArrayList<>();

    @Option(
            names = "--mount",
            paramLabel = "type=TYPE,target=DST,…",
            description =
                    "Mount in the long form; TYPE is bind, tmpfs, file, or a file system of the"
                            + " kernel.")
    private List<Mount> mounts = new ArrayList<>();

    @Option(
            names = "--tmpfs",
            paramLabel = "DST[:size=…,mode=…]",
            description = "Mount an empty file system in memory.")
    private List<Mount.Tmpfs> tmpfs = new ArrayList<>();

    @Option(
            names = "--device",
            paramLabel = "HOST[:DST[:rwm]]",
            description = "Give a device of the host.")
    private List<DeviceOption> devices = new ArrayList<>();

    @Option(
            names = "--no-default-mounts",
            description = "Leave out /proc, /sys, /sys/fs/cgroup and the usual /dev.")
    private boolean noDefaultMounts;

    @Option(
            names = "--root-propagation",
            paramLabel = "private|slave|shared|unbindable",
            description = "How mounts made below the root later appear on the other side.")
    private Mount.Propagation rootPropagation = Mount.Propagation.PRIVATE;

    void applyTo(ContainerBuilder builder) {
        builder.rootPropagation(rootPropagation);
        if (readOnly) {
            builder.readOnlyRoot();
        }
        if (noDefaultMounts) {
            builder.withoutDefaultMounts();
        }
        volumes.forEach(builder::mount);
        mounts.forEach(builder::mount);
        tmpfs.forEach(builder::mount);
        devices.forEach(device -> builder.device(device.device()));
    }
}
