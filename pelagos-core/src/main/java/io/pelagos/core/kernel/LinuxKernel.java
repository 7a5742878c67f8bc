package io.pelagos.core.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/**
 * The Linux that the JVM runs on, through the foreign function API.
 *
 * <p>Two functions of the C library are bound, each once and not before it is needed: {@code
 * syscall}, with the error number captured, and {@code posix_spawn}. A plan is started from a
 * sealed memfd, so nothing of it is ever on disk; where the kernel forbids that ({@code
 * vm.memfd_noexec=2}) or procfs is missing, from a file in a directory of the caller's choice.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/posix_spawn.3.html">posix_spawn(3)</a>
 */
public final class LinuxKernel implements Kernel {
    private final Architecture architecture = Architecture.current();
    private final PlanSpawner spawner;

    /**
     * Makes a kernel that spawns from memory only.
     *
     * @throws IllegalCallerException when native access is denied
     */
    public LinuxKernel() {
        this(null);
    }

    /**
     * Makes a kernel that may spawn from a file.
     *
     * @param imageDirectory where the image of a plan is written when it cannot be executed from
     *     memory; null for memory only
     * @throws IllegalCallerException when native access is denied
     */
    public LinuxKernel(java.nio.file.@org.jspecify.annotations.Nullable Path imageDirectory) {
        if (!LinuxKernel.class.getModule().isNativeAccessEnabled()) {
            throw new IllegalCallerException(
                    "Pelagos calls the kernel through java.lang.foreign, and native access is denied:"
                            + " start java with --enable-native-access="
                            + nativeModule());
        }
        spawner = new PlanSpawner(this, imageDirectory);
    }

    private static String nativeModule() {
        var module = LinuxKernel.class.getModule();
        return module.isNamed() ? module.getName() : "ALL-UNNAMED";
    }

    @Override
    public Architecture architecture() {
        return architecture;
    }

    @Override
    public long call(Syscall syscall, long... a) {
        if (a.length > 6) {
            throw new IllegalArgumentException(syscall + " with " + a.length + " arguments");
        }
        long number = syscall.number(architecture);
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(Libc.CAPTURED);
            long result =
                    (long)
                            Libc.SYSCALL.invokeExact(
                                    state,
                                    number,
                                    a.length > 0 ? a[0] : 0L,
                                    a.length > 1 ? a[1] : 0L,
                                    a.length > 2 ? a[2] : 0L,
                                    a.length > 3 ? a[3] : 0L,
                                    a.length > 4 ? a[4] : 0L,
                                    a.length > 5 ? a[5] : 0L);
            return result == -1 ? -(int) Libc.ERRNO.get(state, 0L) : result;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Override
    public int launch(LaunchPlan plan, LaunchRequest request) {
        if (plan.architecture() != architecture) {
            throw new IllegalArgumentException(
                    "a plan for " + plan.architecture() + " on " + architecture);
        }
        return spawner.spawn(plan, request);
    }

    @Override
    public Optional<WaitingProcess> prepare(LaunchRequest request, int socket) {
        var kept = request.descriptors().stream().map(LaunchRequest.Inherited::target).toList();
        return spawner.prepare(PlanLoader.image(architecture, kept, socket), request);
    }

    /** {@code long syscall(long number, ...)}, see syscall(2). */
    private static final class Libc {
        private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
        static final MemoryLayout CAPTURED = Linker.Option.captureStateLayout();
        static final VarHandle ERRNO =
                CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));

        /** Seven integers or addresses; see {@link #function}. */
        private static final FunctionDescriptor SHAPE =
                FunctionDescriptor.of(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                        JAVA_LONG);

        static final MethodHandle SYSCALL = function("syscall");

        private Libc() {}

        /**
         * Binds a function of up to seven integers or addresses. All have one shape, because a JVM
         * that has just started takes milliseconds to make the code of each further one: on both
         * architectures an integer of any size and an address take one register, or one place of
         * eight bytes on the stack, and a function does not look at arguments that it has not.
         */
        static MethodHandle function(String name) {
            return bind(name, SHAPE, CAPTURE);
        }
    }

    /** {@code posix_spawn} and the file actions that it carries out in the new process. */
    static final class Spawn {
        // glibc: 76 bytes on x86_64 and aarch64; musl: 80. The size is not part of any interface.
        private static final long FILE_ACTIONS_SIZE = 256;
        private static final MethodHandle SPAWN = Libc.function("posix_spawn");
        private static final MethodHandle ACTIONS_INIT =
                Libc.function("posix_spawn_file_actions_init");
        private static final MethodHandle ACTIONS_DUP2 =
                Libc.function("posix_spawn_file_actions_adddup2");
        private static final MethodHandle ACTIONS_DESTROY =
                Libc.function("posix_spawn_file_actions_destroy");

        private Spawn() {}

        /** Spawns with an empty environment; throws what posix_spawn returns. */
        static int spawn(String executable, LaunchRequest request) {
            try (var arena = Arena.ofConfined()) {
                var actions = arena.allocate(FILE_ACTIONS_SIZE, 16);
                var state = arena.allocate(Libc.CAPTURED);
                check(
                        call(ACTIONS_INIT, state, actions.address(), 0, 0, 0, 0, 0),
                        "posix_spawn_file_actions_init");
                try {
                    for (var fd : request.descriptors()) {
                        check(
                                call(
                                        ACTIONS_DUP2,
                                        state,
                                        actions.address(),
                                        fd.source(),
                                        fd.target(),
                                        0,
                                        0,
                                        0),
                                "posix_spawn_file_actions_adddup2");
                    }
                    return spawn(arena, state, executable, request.name(), actions);
                } finally {
                    int result = call(ACTIONS_DESTROY, state, actions.address(), 0, 0, 0, 0, 0);
                    assert result == 0;
                }
            }
        }

        private static int spawn(
                Arena arena,
                MemorySegment state,
                String executable,
                String name,
                MemorySegment actions) {
            var pid = arena.allocate(JAVA_INT);
            var argv = arena.allocate(ADDRESS, 2);
            argv.set(ADDRESS, 0, arena.allocateFrom(name));
            var envp = arena.allocate(ADDRESS, 1);
            int error =
                    call(
                            SPAWN,
                            state,
                            pid.address(),
                            arena.allocateFrom(executable).address(),
                            actions.address(),
                            0,
                            argv.address(),
                            envp.address());
            check(error, "posix_spawn(\"" + executable + "\")");
            return pid.get(JAVA_INT, 0);
        }

        private static int call(
                MethodHandle function,
                MemorySegment state,
                long first,
                long second,
                long third,
                long fourth,
                long fifth,
                long sixth) {
            try {
                return (int)
                        (long)
                                function.invokeExact(
                                        state, first, second, third, fourth, fifth, sixth, 0L);
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
        }

        private static void check(int error, String call) {
            if (error != 0) {
                throw new ErrnoException(Errno.of(error), call);
            }
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle bind(
            String function, FunctionDescriptor descriptor, Linker.Option... options) {
        var linker = Linker.nativeLinker();
        var symbol =
                linker.defaultLookup()
                        .find(function)
                        .orElseThrow(
                                () ->
                                        new UnsupportedOperationException(
                                                "the C library of this machine has no "
                                                        + function));
        return linker.downcallHandle(symbol, descriptor, options);
    }
}
