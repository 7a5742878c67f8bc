package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pelagos.core.internal.cgroup.CgroupWatch;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SystemCalls;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a subscription when the cgroup cannot be read. */
class CgroupSubscriptionTest {
    private final LinuxKernel kernel = new LinuxKernel();
    private final SystemCalls calls = new SystemCalls(kernel);
    private final Poller poller = Poller.open(kernel);
    private final CompletableFuture<String> end = new CompletableFuture<>();
    private final CompletableFuture<Boolean> released = new CompletableFuture<>();
    private final Queue<String> items = new ConcurrentLinkedQueue<>();
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
                new Flow.Subscriber<>() {
                    @Override
                    public void onSubscribe(Flow.Subscription given) {
                        given.request(Long.MAX_VALUE);
                    }

                    @Override
                    public void onNext(String item) {
                        items.add(item);
                    }

                    @Override
                    public void onError(Throwable why) {
                        end.completeExceptionally(why);
                    }

                    @Override
                    public void onComplete() {
                        end.complete("completed");
                    }
                },
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
        assertThat(end.get(60, TimeUnit.SECONDS)).isEqualTo("completed");
        assertThat(released.get(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whatWasLeftIsToldWhereTheCgroupHasGone() throws Exception {
        record = Optional.of("last");
        var subscription = subscription(Optional::empty);
        subscription.start("c");
        subscription.end();
        assertThat(end.get(60, TimeUnit.SECONDS)).isEqualTo("completed");
        assertThat(items).containsExactly("last");
    }

    @Test
    void whatCannotBeReadAtTheBeginningIsToldToTheSubscriber() throws Exception {
        readable = false;
        var subscription = subscription(this::read);
        subscription.start("c");
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> end.get(60, TimeUnit.SECONDS))
                .withCauseInstanceOf(SyscallFailedException.class)
                .withMessageContaining("EMFILE");
        assertThat(released.get(60, TimeUnit.SECONDS)).isTrue();
    }
}
