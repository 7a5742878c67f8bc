package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.internal.cgroup.CgroupWatch;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.testing.Told;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a subscription when the cgroup cannot be read. */
class CgroupSubscriptionTest {
    private final LinuxKernel kernel = new LinuxKernel();
    private final SystemCalls calls = new SystemCalls(kernel);
    private final Poller poller = Poller.open(kernel);
    private final Told<String> told = new Told<>(Long.MAX_VALUE);
    private final CompletableFuture<Boolean> released = new CompletableFuture<>();
    private boolean readable = true;
    private Optional<String> record = Optional.empty();

    @AfterEach
    void close() {
        poller.close();
    }

    private CgroupSubscription<String> subscription(Supplier<Optional<String>> reader) {
        int file = calls.openat(null, "/proc/self/mounts", OpenFlag.O_RDONLY, 0);
        return new CgroupSubscription<>(
                poller,
                calls,
                new CgroupWatch(Fd.of(kernel, file, "mounts"), CgroupWatch.Signal.CHANGE),
                reader,
                () -> record,
                true,
                told,
                () -> released.complete(true));
    }

    private Optional<String> read() {
        if (readable) {
            return Optional.of("item");
        }
        throw new ErrnoException(Errno.EMFILE, "openat(5, \"memory.events\")");
    }

    @Test
    void whatCannotBeReadAtTheEndDoesNotHinderIt() throws Exception {
        var subscription = subscription(this::read);
        subscription.start("c");
        readable = false;
        subscription.end();
        assertThat(told.end().get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(released.get(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whatWasLeftIsToldWhereTheCgroupHasGone() throws Exception {
        record = Optional.of("last");
        var subscription = subscription(Optional::empty);
        subscription.start("c");
        subscription.end();
        assertThat(told.end().get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(told.items()).containsExactly("last");
    }

    @Test
    void whatCannotBeReadAtTheBeginningIsToldToTheSubscriber() throws Exception {
        readable = false;
        var subscription = subscription(this::read);
        subscription.start("c");
        assertThat(told.failure())
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining("EMFILE");
        assertThat(released.get(60, TimeUnit.SECONDS)).isTrue();
    }
}
