package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupWatch;
import io.pelagos.core.internal.cgroup.ContainerCgroup;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.spec.PressureTrigger;
import io.pelagos.core.spec.Stats;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** What the kernel tells of the cgroup of one container, for whoever subscribes. */
final class CgroupWatches {
    private final Engine engine;
    private final String name;

    /** Gives the cgroup, or says why there is none. */
    private final Supplier<ContainerCgroup> cgroup;

    /** What a subscription does with the cgroup in the end. */
    private final Consumer<ContainerCgroup> release;

    /** Says how to learn the last counters where somebody else removes the cgroup. */
    private final Function<ContainerCgroup, Supplier<Optional<Stats.Events>>> records;

    private final Set<CgroupSubscription<?>> subscriptions = ConcurrentHashMap.newKeySet();

    private volatile boolean ended;

    CgroupWatches(
            Engine engine,
            String name,
            Supplier<ContainerCgroup> cgroup,
            Consumer<ContainerCgroup> release,
            Function<ContainerCgroup, Supplier<Optional<Stats.Events>>> records) {
        this.engine = engine;
        this.name = name;
        this.cgroup = cgroup;
        this.release = release;
        this.records = records;
    }

    Flow.Publisher<Stats.Pressure> pressure(PressureTrigger trigger) {
        return publisher(
                "the pressure",
                group -> group.watchPressure(trigger),
                group -> Optional.of(group.stats().pressure()).filter(p -> p.cpuSome() != null),
                _ -> Optional::empty,
                false);
    }

    Flow.Publisher<Stats.Events> memoryEvents() {
        return publisher(
                "the memory",
                ContainerCgroup::watchMemory,
                group -> Optional.of(group.stats().memory().events()).filter(e -> e.max() != null),
                records,
                true);
    }

    private <T> Flow.Publisher<T> publisher(
            String what,
            Function<ContainerCgroup, CgroupWatch> open,
            Function<ContainerCgroup, Optional<T>> read,
            Function<ContainerCgroup, Supplier<Optional<T>>> last,
            boolean onlyChanges) {
        return subscriber -> {
            Objects.requireNonNull(subscriber);
            CgroupSubscription<T> subscription;
            try {
                subscription = subscribe(what, open, read, last, onlyChanges, subscriber);
            } catch (RuntimeException e) {
                subscriber.onSubscribe(NOTHING);
                subscriber.onError(e);
                return;
            }
            subscription.start(name);
        };
    }

    private <T> CgroupSubscription<T> subscribe(
            String what,
            Function<ContainerCgroup, CgroupWatch> open,
            Function<ContainerCgroup, Optional<T>> read,
            Function<ContainerCgroup, Supplier<Optional<T>>> last,
            boolean onlyChanges,
            Flow.Subscriber<? super T> subscriber) {
        var group = cgroup.get();
        try {
            var rest = last.apply(group);
            var subscription =
                    new CgroupSubscription<T>(
                            engine.poller(),
                            engine.calls(),
                            open.apply(group),
                            () -> read.apply(group),
                            rest,
                            onlyChanges,
                            subscriber,
                            () -> release(group));
            subscriptions.add(subscription);
            if (ended) {
                subscription.end();
            }
            return subscription;
        } catch (ErrnoException e) {
            release.accept(group);
            throw SyscallFailedException.of("watching " + what + " of " + name, e);
        } catch (RuntimeException | Error e) {
            release.accept(group);
            throw e;
        }
    }

    private void release(ContainerCgroup group) {
        subscriptions.removeIf(CgroupSubscription::isOver);
        release.accept(group);
    }

    /** The container has ended, and its cgroup is about to be removed. */
    void end() {
        ended = true;
        subscriptions.forEach(CgroupSubscription::end);
    }

    /** Of whoever could not subscribe. */
    private static final Flow.Subscription NOTHING =
            new Flow.Subscription() {
                @Override
                public void request(long n) {
                    // There will be nothing.
                }

                @Override
                public void cancel() {
                    // There is nothing to cancel.
                }
            };
}
