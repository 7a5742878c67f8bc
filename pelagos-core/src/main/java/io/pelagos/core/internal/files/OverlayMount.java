package io.pelagos.core.internal.files;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.MountApi;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.RootSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An overlay that is mounted nowhere: only this JVM reaches it, through a descriptor, and it is
 * gone when that is closed.
 */
public final class OverlayMount {
    private final SystemCalls calls;
    private final Fd context;

    private OverlayMount(SystemCalls calls, Fd context) {
        this.calls = calls;
        this.context = context;
    }

    /**
     * Stacks layers.
     *
     * @param files how it is done
     * @param layers the lowest first
     * @param writable the layer on top
     * @param userXattr whether the containers of these layers are in a user namespace, so that
     *     overlayfs keeps its notes where those may write them
     * @return a descriptor of the root of the whole
     */
    public static Fd open(
            FileCalls files, List<Path> layers, RootSpec.Upper.Kept writable, boolean userXattr) {
        var calls = files.calls();
        var opened = new ArrayList<Fd>();
        try (var memory = Memory.open();
                var context =
                        Fd.of(
                                calls.kernel(),
                                (int)
                                        SystemCalls.check(
                                                calls.retry(
                                                        Syscall.FSOPEN,
                                                        memory.string("overlay"),
                                                        value(calls, MountApi.FSOPEN_CLOEXEC)),
                                                Syscall.FSOPEN,
                                                "overlay"),
                                "an overlay")) {
            var mount = new OverlayMount(calls, context);
            for (var layer : layers.reversed()) {
                mount.set("lowerdir+", opened(files, opened, layer));
            }
            mount.set("upperdir", opened(files, opened, writable.upper()));
            mount.set("workdir", opened(files, opened, writable.work()));
            mount.set("metacopy", "off");
            mount.set("redirect_dir", "nofollow");
            mount.set("index", "off");
            if (userXattr) {
                mount.configure(MountApi.FSCONFIG_SET_FLAG, "userxattr", null);
            }
            mount.configure(MountApi.FSCONFIG_CMD_CREATE, null, null);
            return Fd.of(
                    calls.kernel(),
                    (int)
                            SystemCalls.check(
                                    calls.retry(
                                            Syscall.FSMOUNT,
                                            context.number(),
                                            value(calls, MountApi.FSMOUNT_CLOEXEC),
                                            0),
                                    Syscall.FSMOUNT,
                                    context),
                    "the root of an overlay");
        } finally {
            opened.forEach(Fd::close);
        }
    }

    /** A name through procfs is short and has no character that means something to overlayfs. */
    private static String opened(FileCalls files, List<Fd> opened, Path layer) {
        var place = files.openPath(layer.toString(), Constant.flags(O_PATH, O_DIRECTORY));
        opened.add(place);
        return FileCalls.link(place);
    }

    private static long value(SystemCalls calls, Constant constant) {
        return constant.value(calls.kernel().architecture());
    }

    private void set(String key, String value) {
        configure(MountApi.FSCONFIG_SET_STRING, key, value);
    }

    private void configure(MountApi command, @Nullable String key, @Nullable String value) {
        try (var memory = Memory.open()) {
            SystemCalls.check(
                    calls.retry(
                            Syscall.FSCONFIG,
                            context.number(),
                            value(calls, command),
                            key == null ? 0 : memory.string(key),
                            value == null ? 0 : memory.string(value),
                            0),
                    Syscall.FSCONFIG,
                    context,
                    command.name(),
                    String.valueOf(key),
                    String.valueOf(value));
        }
    }
}
