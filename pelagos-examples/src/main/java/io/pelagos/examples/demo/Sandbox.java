package io.pelagos.examples.demo;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.MiB;

/** The container of the demonstration: this machine's own programs, little else. */
final class Sandbox {
    static final ByteSize MEMORY = MiB.of(64);
    static final int CPUS = 1;
    static final int PROCESSES = 16;
    private static final int NOBODY = 65534;

    private Sandbox() {}

    static ContainerBuilder of(Pelagos pelagos) {
        return pelagos.container(Rootfs.host())
                .user(NOBODY, NOBODY)
                .env("LC_ALL", "C")
                .memory(MEMORY)
                .cpus(CPUS)
                .pids(PROCESSES);
    }
}
