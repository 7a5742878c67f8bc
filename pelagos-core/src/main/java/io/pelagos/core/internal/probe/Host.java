package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.Syscall;
import java.util.Optional;
import java.util.regex.Pattern;

/** The facts that several rules look at. */
record Host(Kernel kernel, HostFiles files) {
    static final int CAP_NET_ADMIN = 12;
    static final int CAP_SYS_ADMIN = 21;

    private static final Pattern EFFECTIVE =
            Pattern.compile("(?m)^CapEff:\\s*([0-9a-fA-F]{1,16})$");

    /** A file of one line, without the line's end. */
    Optional<String> line(String path) {
        return files.read(path).map(String::strip);
    }

    Optional<KernelVersion> version() {
        return line("/proc/sys/kernel/osrelease").flatMap(KernelVersion::parse);
    }

    /** The effective capabilities, one bit each; none when procfs does not tell. */
    long capabilities() {
        var matcher = EFFECTIVE.matcher(files.read("/proc/self/status").orElse(""));
        return matcher.find() ? Long.parseUnsignedLong(matcher.group(1), 16) : 0;
    }

    boolean hasCapability(int capability) {
        return (capabilities() >>> capability & 1) != 0;
    }

    /** Whether a call exists; asked with arguments that it refuses. */
    boolean has(Syscall syscall, long... refusedArguments) {
        return kernel.call(syscall, refusedArguments) != -Errno.ENOSYS.number();
    }

    /** The first program of that name on the search path. */
    Optional<String> program(String name) {
        return files.searchPath().stream()
                .map(directory -> directory + "/" + name)
                .filter(files::executable)
                .findFirst();
    }
}
