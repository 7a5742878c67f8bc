package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The files of the machine that the JVM runs on. */
public final class MachineFiles implements HostFiles {
    private static final System.Logger LOG = System.getLogger(MachineFiles.class.getName());
    private static final int S_ISUID = 04000;
    private static final int PATIENCE_SECONDS = 5;
    private static final int LONGEST_VERSION = 4096;

    private final Kernel kernel;

    /** Makes the files that a kernel shows. */
    public MachineFiles(Kernel kernel) {
        this.kernel = kernel;
    }

    @Override
    public Optional<String> read(String path) {
        try {
            return Optional.of(Files.readString(Path.of(path)));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "not read: " + path, e);
            return Optional.empty();
        }
    }

    @Override
    public boolean exists(String path) {
        return Files.exists(Path.of(path));
    }

    @Override
    public boolean writable(String path) {
        return Files.isWritable(Path.of(path));
    }

    @Override
    public boolean executable(String path) {
        var file = Path.of(path);
        return Files.isRegularFile(file) && Files.isExecutable(file);
    }

    @Override
    public Optional<String> version(String path) {
        try {
            var process = new ProcessBuilder(path, "--version").redirectErrorStream(true).start();
            process.getOutputStream().close();
            // The JVM closes the second one too late, on a thread of its own, and never reads it.
            try (var output = process.getInputStream();
                    var _ = process.getErrorStream()) {
                if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    return Optional.empty();
                }
                return Optional.of(
                        new String(output.readNBytes(LONGEST_VERSION), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "no version: " + path, e);
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    @Override
    public boolean raisesPrivileges(String path) {
        try {
            int mode = (int) Files.getAttribute(Path.of(path), "unix:mode");
            return (mode & S_ISUID) != 0 || hasCapabilities(path);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "no attributes: " + path, e);
            return false;
        }
    }

    /** See capabilities(7), "File capabilities". */
    private boolean hasCapabilities(String path) {
        try (var memory = Memory.open()) {
            long size =
                    kernel.call(
                            Syscall.GETXATTR,
                            memory.string(path),
                            memory.string("security.capability"),
                            0,
                            0);
            return size > 0;
        }
    }

    @Override
    public List<String> searchPath() {
        var path = System.getenv("PATH");
        return path == null
                ? List.of()
                : Arrays.stream(path.split(":")).filter(d -> d.startsWith("/")).toList();
    }

    @Override
    public Optional<String> variable(String name) {
        return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty());
    }

    @Override
    public String userName() {
        return System.getProperty("user.name", "");
    }
}
