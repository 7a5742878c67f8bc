package io.pelagos.core.kernel;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a simulated process did, as the JVM sees it: through a pipe and waitid(2). Its descriptors
 * are those of a {@link NativeProcess}: a pipe without a writer, and twice the pipe to the JVM.
 *
 * @param exitCode how it ended
 * @param output what it wrote to its standard output and standard error
 */
record SimulatedRun(int exitCode, String output) {
    /** Runs a plan whose standard output is a pipe to the JVM. */
    static SimulatedRun of(SimulatedKernel kernel, LaunchPlan plan) {
        try (var memory = Memory.open()) {
            var ends = memory.block(8);
            long closeOnExec = OpenFlag.O_CLOEXEC.value(kernel.architecture());
            kernel.call(Syscall.PIPE2, ends.address(), closeOnExec);
            int stdin = ends.getInt(0);
            kernel.call(Syscall.CLOSE, ends.getInt(4));
            kernel.call(Syscall.PIPE2, ends.address(), closeOnExec);
            var inherited =
                    List.of(
                            new LaunchRequest.Inherited(stdin, 0),
                            new LaunchRequest.Inherited(ends.getInt(4), 1),
                            new LaunchRequest.Inherited(ends.getInt(4), 2));
            int pid = kernel.launch(plan, new LaunchRequest("test", inherited));
            kernel.call(Syscall.CLOSE, stdin);
            kernel.call(Syscall.CLOSE, ends.getInt(4));
            var output = readAll(kernel, ends.getInt(0));
            kernel.call(Syscall.CLOSE, ends.getInt(0));
            var info = memory.block(128);
            kernel.call(Syscall.WAITID, 1, pid, info.address(), 4, 0);
            // As ProcessBuilder and shells report it: 128 and the signal.
            int status = info.getInt(24);
            return new SimulatedRun(info.getInt(8) == 1 ? status : 128 + status, output);
        }
    }

    static String readAll(Kernel kernel, int fd) {
        try (var memory = Memory.open()) {
            var buffer = memory.block(4096);
            var out = new ByteArrayOutputStream();
            long count;
            while ((count = kernel.call(Syscall.READ, fd, buffer.address(), 4096)) > 0) {
                out.writeBytes(buffer.get(0, (int) count));
            }
            return out.toString(StandardCharsets.UTF_8);
        }
    }
}
