package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.testing.BusyboxRoot;
import io.pelagos.core.testing.FaultyKernel;
import io.pelagos.core.testing.Footprint;
import io.pelagos.core.testing.LeakCheck;
import io.pelagos.core.testing.Orphans;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Starts that fail, each at another place: nothing is left, and the message tells what failed. The
 * places are every step of the plan and every system call that the JVM makes; all tests together
 * let some thousand starts fail.
 */
@ExtendWith(LeakCheck.class)
class FaultInjectionIT {
    private static final int ENOUGH = 10;
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String NAME = "waited";

    /** Containers that between them use everything that a start acquires. */
    private enum Shape {
        /** With limits and pipes. */
        PLAIN,
        /** In a user namespace, waited for by the JVM, with mounts and an init. */
        CHILD,
        /**
         * With a descriptor for each thing that has a channel or is entered, on a writable layer.
         */
        CHANNELS,
        /** With a directory, a state and logs, on a writable layer. */
        DETACHED
    }

    @TempDir Path directory;
    private final FaultyKernel kernel = new FaultyKernel(new LinuxKernel());
    private Orphans orphans;
    private Pelagos pelagos;
    private Rootfs layers;
    private Footprint before;
    private final List<String> wrong = new ArrayList<>();
    private int failures;

    @BeforeEach
    void open() {
        orphans = Orphans.adopt();
        pelagos = Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")), kernel);
        layers = Rootfs.layers(List.of(BusyboxRoot.in(directory).path()));
    }

    @AfterEach
    void close() {
        kernel.heal();
        pelagos.close();
        orphans.close();
    }

    private ContainerBuilder describe(Shape shape) {
        return switch (shape) {
            case PLAIN -> limited(Rootfs.host());
            case CHILD -> {
                var ids = List.of(new IdMap(0, 100_000, 65_536));
                yield limited(Rootfs.host())
                        .supervision(ContainerSpec.Supervision.CHILD)
                        .userNamespace(ids, ids)
                        .readOnlyRoot()
                        .mount(Mount.tmpfs("/run"))
                        .mount(Mount.bind(directory, "/mnt"))
                        .init();
            }
            case CHANNELS ->
                    limited(layers)
                            .terminal()
                            .join(Namespace.NETWORK, "/proc/self/ns/net")
                            .onSyscall("mkdirat", _ -> SyscallAnswer.allow());
            case DETACHED -> limited(layers);
        };
    }

    private ContainerBuilder limited(Rootfs root) {
        return pelagos.container(root).command("true").name(NAME).memory(MiB.of(64)).pids(16);
    }

    @ParameterizedTest
    @EnumSource
    void everyStepOfThePlanMayFail(Shape shape) {
        prepare(shape);
        int steps = kernel.steps();
        assertThat(steps).isGreaterThan(200);
        // The last step ends the process, and no plan may run off its end.
        for (int i = 0; i < steps - 1 && wrong.size() < ENOUGH; i++) {
            kernel.failStep(i);
            attempt(shape);
        }
        assertNothingWentWrong(steps / 3);
    }

    @ParameterizedTest
    @CsvSource({
        "PLAIN,EIO",
        "PLAIN,ENOMEM",
        "PLAIN,EMFILE",
        "PLAIN,EPERM",
        "PLAIN,EINTR",
        "CHILD,EIO",
        "CHILD,ENOMEM",
        "CHILD,EINTR",
        "CHANNELS,EIO",
        "CHANNELS,EMFILE",
        "CHANNELS,EINTR",
        "DETACHED,EIO",
        "DETACHED,ENOSPC",
        "DETACHED,EINTR"
    })
    void everyCallOfTheCallerMayFail(Shape shape, Errno errno) {
        var caller = Thread.currentThread();
        everyCall(shape, errno, thread -> thread == caller);
    }

    @ParameterizedTest
    @CsvSource({
        "PLAIN,EIO",
        "PLAIN,ENOMEM",
        "PLAIN,EINTR",
        "CHILD,EIO",
        "CHILD,ENOMEM",
        "CHILD,EINTR",
        "CHANNELS,EIO",
        "CHANNELS,EINTR",
        "DETACHED,EIO",
        "DETACHED,EINTR"
    })
    void everyCallOfWhoWaitsForTheEndMayFail(Shape shape, Errno errno) {
        everyCall(shape, errno, thread -> thread.getName().equals("pelagos-" + NAME));
    }

    private void everyCall(Shape shape, Errno errno, Predicate<Thread> threads) {
        prepare(shape);
        boolean reached = true;
        int calls = 0;
        for (; reached && wrong.size() < ENOUGH; calls++) {
            kernel.failCall(threads, calls, errno);
            attempt(shape);
            reached = kernel.reached();
        }
        assertThat(calls).isGreaterThan(2);
        if (errno == Errno.EINTR) {
            assertThat(failures).isZero();
        }
        assertNothingWentWrong(-1);
    }

    /** Has everything there that the first start makes and leaves for later ones. */
    private void prepare(Shape shape) {
        before = Footprint.take(List.of());
        attempt(shape);
        wrong.clear();
        assertThat(failures).isZero();
        before = Footprint.take(List.of(directory));
    }

    private void assertNothingWentWrong(int expected) {
        kernel.heal();
        // What could not be removed at once is removed now, and what a detached container has left
        // that nobody waited for by who comes next.
        pelagos.close();
        Pelagos.open(PelagosPaths.under(directory.resolve("pelagos"))).close();
        assertThat(wrong).isEmpty();
        assertThat(failures).as("starts that failed").isGreaterThan(expected);
        assertThat(orphans.leftSince(before, List.of(directory))).isEmpty();
    }

    /** Starts a container that may fail, and notes what is not as it should be. */
    private void attempt(Shape shape) {
        try {
            if (shape == Shape.DETACHED) {
                attemptDetached(describe(shape));
            } else {
                attempt(describe(shape));
            }
        } catch (PelagosException e) {
            failures++;
            if (!isHelpful(e)) {
                wrong.add(kernel.failed() + ": " + e);
            }
        } catch (RuntimeException | InterruptedException e) {
            wrong.add(kernel.failed() + ": " + e + Stream.of(e.getStackTrace()).limit(6).toList());
        }
        wrong.addAll(lasting());
    }

    private void attempt(ContainerBuilder builder) throws InterruptedException {
        try (var container = builder.start()) {
            if (container.waitFor(SOON).isEmpty()) {
                wrong.add(kernel.failed() + ": the container hangs");
            }
        }
    }

    private void attemptDetached(ContainerBuilder builder) {
        DetachedContainer container;
        try {
            container = builder.startDetached();
        } catch (PelagosException e) {
            kernel.undisturbed(this::known)
                    .forEach(left -> wrong.add(kernel.failed() + " left " + left + " after " + e));
            throw e;
        }
        kernel.undisturbed(() -> ended(container));
    }

    private boolean ended(DetachedContainer container) {
        try {
            boolean inTime = container.waitFor(SOON).isPresent();
            if (!inTime) {
                wrong.add(kernel.failed() + ": the container hangs");
            }
            container.remove(true);
            return inTime;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<ContainerInfo> known() {
        return pelagos.containers().list();
    }

    private List<String> lasting() {
        orphans.reap(before);
        if (Footprint.glance().since(before).isEmpty() && before.hasSameCgroups()) {
            return List.of();
        }
        var left = orphans.leftSince(before, List.of());
        if (!left.isEmpty()) {
            before = withFilesOf(before, Footprint.take(List.of()));
        }
        return left.stream().map(thing -> kernel.failed() + " left " + thing).toList();
    }

    private static Footprint withFilesOf(Footprint earlier, Footprint now) {
        return new Footprint(
                now.processes(), now.cgroups(), now.mounts(), now.descriptors(), earlier.files());
    }

    private static boolean isHelpful(PelagosException e) {
        var message = Objects.requireNonNullElse(e.getMessage(), "");
        return Stream.of(Errno.values()).anyMatch(errno -> message.contains(errno.name()))
                || message.contains("helper ended");
    }
}
