package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.testing.FaultyKernel;
import io.pelagos.core.testing.Footprint;
import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Starts that fail, each at another place: nothing is left, and the message tells what failed. */
@ExtendWith(LeakCheck.class)
class FaultInjectionIT {
    private static final int ENOUGH = 10;
    private static final Duration SOON = Duration.ofSeconds(10);

    @TempDir Path directory;
    private final FaultyKernel kernel = new FaultyKernel(new LinuxKernel());
    private Pelagos pelagos;
    private Footprint before;
    private final List<String> wrong = new ArrayList<>();
    private int failures;

    @BeforeEach
    void open() throws InterruptedException {
        pelagos = Pelagos.open(PelagosPaths.under(directory), kernel);
        assertThat(isolated().run().exit()).isEqualTo(new Exit.Code(0));
        before = Footprint.take(List.of(directory));
    }

    @AfterEach
    void close() {
        kernel.heal();
        pelagos.close();
    }

    private ContainerBuilder isolated() {
        return pelagos.container(Rootfs.host()).command("true").memory(MiB.of(64)).pids(16);
    }

    @Test
    void everyStepOfThePlanMayFail() {
        everyStep(isolated());
    }

    @Test
    void everyStepOfAnotherShapeMayFail() {
        everyStep(elaborate());
    }

    private ContainerBuilder elaborate() {
        var ids = List.of(new IdMap(0, 100_000, 65_536));
        return isolated()
                .supervision(ContainerSpec.Supervision.CHILD)
                .userNamespace(ids, ids)
                .readOnlyRoot()
                .mount(Mount.tmpfs("/run"))
                .mount(Mount.bind(directory, "/mnt"))
                .init();
    }

    @ParameterizedTest
    @EnumSource(names = {"EIO", "ENOMEM", "EMFILE", "EPERM", "EINTR"})
    void everyCallOfTheCallerMayFail(Errno errno) {
        var caller = Thread.currentThread();
        everyCall(this::isolated, errno, thread -> thread == caller);
    }

    @ParameterizedTest
    @EnumSource(names = {"EIO", "ENOMEM", "EINTR"})
    void everyCallOfTheCallerMayFailForAnotherShape(Errno errno) {
        var caller = Thread.currentThread();
        everyCall(this::elaborate, errno, thread -> thread == caller);
    }

    @ParameterizedTest
    @EnumSource(names = {"EIO", "ENOMEM", "EINTR"})
    void everyCallOfWhoWaitsForTheEndMayFail(Errno errno) {
        everyCall(this::isolated, errno, thread -> thread.getName().equals("pelagos-waited"));
        everyCall(this::elaborate, errno, thread -> thread.getName().equals("pelagos-waited"));
    }

    private void everyCall(
            Supplier<ContainerBuilder> shape, Errno errno, Predicate<Thread> threads) {
        boolean reached = true;
        int calls = 0;
        for (; reached && wrong.size() < ENOUGH; calls++) {
            kernel.failCall(threads, calls, errno);
            attempt(shape.get().name("waited"));
            reached = kernel.reached();
        }
        assertThat(calls).isGreaterThan(5);
        if (errno == Errno.EINTR) {
            assertThat(failures).isZero();
        }
        assertNothingWentWrong(-1);
    }

    private void everyStep(ContainerBuilder container) {
        kernel.heal();
        attempt(container);
        int steps = kernel.steps();
        assertThat(steps).isGreaterThan(200);
        // The last step ends the process, and no plan may run off its end.
        for (int i = 0; i < steps - 1 && wrong.size() < ENOUGH; i++) {
            kernel.failStep(i);
            attempt(container);
        }
        assertNothingWentWrong(steps / 3);
    }

    private void assertNothingWentWrong(int expected) {
        kernel.heal();
        assertThat(wrong).isEmpty();
        assertThat(failures).as("starts that failed").isGreaterThan(expected);
        assertThat(LeakCheck.leftSince(before, List.of(directory))).isEmpty();
    }

    /** Starts a container that may fail, and notes what is not as it should be. */
    private void attempt(ContainerBuilder builder) {
        try (var container = builder.start()) {
            if (container.waitFor(SOON).isEmpty()) {
                wrong.add(kernel.failed() + ": the container hangs");
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

    private List<String> lasting() {
        if (Footprint.glance().since(before).isEmpty() && before.hasSameCgroups()) {
            return List.of();
        }
        var left = LeakCheck.leftSince(before, List.of(directory));
        if (!left.isEmpty()) {
            before = Footprint.take(List.of(directory));
        }
        return left.stream().map(thing -> kernel.failed() + " left " + thing).toList();
    }

    private static boolean isHelpful(PelagosException e) {
        var message = Objects.requireNonNullElse(e.getMessage(), "");
        Function<Errno, Boolean> named = errno -> message.contains(errno.name());
        return Stream.of(Errno.values()).anyMatch(named::apply) || message.contains("helper ended");
    }
}
