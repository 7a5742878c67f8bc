package io.pelagos.core;

import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_RDWR;

import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.security.Capability;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.RootSpec;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Decides what stacks the layers of a container, and refuses what cannot be had with a reason for
 * each way that there would be.
 */
final class OverlayChoice {
    private final Engine engine;
    private final ContainerSpec spec;
    private final RootSpec.Layers layers;

    OverlayChoice(Engine engine, ContainerSpec spec, RootSpec.Layers layers) {
        this.engine = engine;
        this.spec = spec;
        this.layers = layers;
    }

    /**
     * Decides.
     *
     * @param work the directory of the writable layer for overlayfs itself
     * @param isOfFuse whether the writable layer was written by fuse-overlayfs before
     * @return where fuse-overlayfs is, or empty for the kernel's overlayfs
     */
    Optional<Path> fuse(Path work, boolean isOfFuse) {
        return switch (layers.backend()) {
            case KERNEL -> {
                if (isOfFuse) {
                    throw refused(
                            "the kept changes were written by fuse-overlayfs, which notes"
                                    + " deletions in its own way: go on with it, or commit() them");
                }
                yield Optional.empty();
            }
            case FUSE -> Optional.of(require("fuse-overlayfs was asked for"));
            case AUTO -> {
                if (isOfFuse) {
                    yield Optional.of(
                            require("the kept changes were written by fuse-overlayfs before"));
                }
                yield isForTheKernel()
                        ? Optional.empty()
                        : engine.overlayTrials()
                                .reason(spec, layers, work)
                                .map(
                                        reason ->
                                                require(
                                                        "the kernel's overlayfs cannot be used"
                                                                + " here: "
                                                                + reason));
            }
        };
    }

    /** What only the kernel can do, or what was made elsewhere and cannot be tried. */
    private boolean isForTheKernel() {
        return layers.idMapped() || isUserNamespaceOfOthers();
    }

    /** Tells whether the server would be somebody who may not reach what this JVM makes. */
    private boolean isUserNamespaceOfOthers() {
        return spec.namespaces().containsKey(Namespace.USER)
                && (!spec.creates(Namespace.USER)
                        || engine.facts().effective().contains(Capability.SYS_ADMIN));
    }

    private Path require(String why) {
        if (layers.idMapped()) {
            throw refused(why + ", which cannot show other owners: leave out idMapped()");
        }
        if (isUserNamespaceOfOthers()) {
            throw refused(
                    why
                            + ", whose process would be a user of the container's user namespace"
                            + " and could not reach the layers: let a user without privileges start"
                            + " it, or leave out the user namespace");
        }
        var program =
                FuseOverlay.find()
                        .orElseThrow(
                                () ->
                                        new UnsupportedHostException(
                                                why
                                                        + "; and fuse-overlayfs is neither on the"
                                                        + " PATH nor where it usually is: install"
                                                        + " fuse-overlayfs"));
        requireDevice(why);
        return program;
    }

    private InvalidSpecException refused(String why) {
        return new InvalidSpecException("stackedBy", layers.backend().toString(), why);
    }

    private void requireDevice(String why) {
        var calls = engine.calls();
        try {
            calls.close(
                    calls.openat(
                            null,
                            FuseOverlay.DEVICE.toString(),
                            Constant.flags(O_RDWR, O_CLOEXEC),
                            0));
        } catch (ErrnoException e) {
            throw new UnsupportedHostException(
                    why
                            + "; and "
                            + e.getMessage()
                            + ": "
                            + (e.errno() == Errno.EACCES || e.errno() == Errno.EPERM
                                    ? "chmod 0666 " + FuseOverlay.DEVICE
                                    : "modprobe fuse"));
        }
    }
}
