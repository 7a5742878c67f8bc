package io.pelagos.core.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SpareTest {
    private final SynchronousQueue<Thing> toBeMade = new SynchronousQueue<>();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    /** Something that says when it is closed. */
    private record Thing(String name, BlockingQueue<String> events) implements AutoCloseable {
        @Override
        public void close() {
            events.add("closed " + name);
        }
    }

    private final class ByHand implements Spare.Maker<Thing> {
        @Override
        public Optional<Thing> make() {
            try {
                events.add("making");
                return Optional.of(toBeMade.take());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            events.add("maker closed");
        }
    }

    private Thing thing(String name) {
        return new Thing(name, events);
    }

    private String next() throws InterruptedException {
        var event = events.poll(10, TimeUnit.SECONDS);
        assertThat(event).isNotNull();
        return event;
    }

    @Test
    void nothingIsMadeForTheFirst() {
        try (var ahead = new Ahead(true);
                var spare = new Spare<>(ahead, ByHand::new)) {
            spare.replenish();
            assertThat(spare.take()).isEmpty();
        }
        assertThat(events).isEmpty();
    }

    @Test
    void nothingIsMadeWhenNothingIsToBeMadeAhead() {
        try (var ahead = new Ahead(false);
                var spare = new Spare<>(ahead, ByHand::new)) {
            spare.replenish();
            spare.replenish();
        }
        assertThat(events).isEmpty();
    }

    @Test
    void oneIsMadeForTheNextAndGivenAwayOnce() throws Exception {
        var one = thing("one");
        try (var ahead = new Ahead(true);
                var spare = new Spare<>(ahead, ByHand::new)) {
            spare.replenish();
            spare.replenish();
            assertThat(next()).isEqualTo("making");
            assertThat(spare.take()).isEmpty();
            toBeMade.put(one);
            // Acts once nothing is being made, and there is none then.
            var none = new AtomicBoolean();
            spare.without(() -> none.set(spare.take().isEmpty()));
            assertThat(none).isTrue();
            assertThat(next()).isEqualTo("closed one");
            spare.replenish();
            assertThat(next()).isEqualTo("making");
            toBeMade.put(thing("two"));
        }
        assertThat(next()).isEqualTo("closed two");
        assertThat(next()).isEqualTo("maker closed");
        assertThat(events).isEmpty();
    }

    @Test
    void aFailureEndsTheMakingAndNothingElse() throws Exception {
        var tries = new AtomicInteger();
        try (var ahead = new Ahead(true);
                var spare =
                        new Spare<Thing>(
                                ahead,
                                () -> {
                                    tries.incrementAndGet();
                                    events.add("trying");
                                    throw new IllegalStateException("not on this machine");
                                })) {
            spare.replenish();
            spare.replenish();
            assertThat(next()).isEqualTo("trying");
            spare.without(() -> {});
            spare.replenish();
            assertThat(spare.take()).isEmpty();
        }
        assertThat(tries).hasValue(1);
    }

    @Test
    void whatElseIsWantedIsMadeAfterAFailureInAThreadOfItsOwn() throws Exception {
        var threads = new LinkedBlockingQueue<Thread>();
        try (var ahead = new Ahead(true);
                var bad =
                        new Spare<Thing>(
                                ahead,
                                () -> {
                                    threads.add(Thread.currentThread());
                                    throw new IllegalStateException("not on this machine");
                                });
                var good =
                        new Spare<Thing>(
                                ahead,
                                () -> {
                                    threads.add(Thread.currentThread());
                                    return new ByHand();
                                })) {
            bad.replenish();
            good.replenish();
            bad.replenish();
            good.replenish();
            assertThat(next()).isEqualTo("making");
            toBeMade.put(thing("good"));
            var first = threads.take();
            assertThat(threads.take()).isNotSameAs(first);
            good.without(() -> assertThat(bad.take()).isEmpty());
            assertThat(next()).isEqualTo("closed good");
        }
        assertThat(next()).isEqualTo("maker closed");
    }

    @Test
    void thingsAreMadeOneAfterTheOther() throws Exception {
        try (var ahead = new Ahead(true);
                var first = new Spare<>(ahead, ByHand::new);
                var second = new Spare<>(ahead, ByHand::new)) {
            first.replenish();
            second.replenish();
            first.replenish();
            assertThat(next()).isEqualTo("making");
            second.replenish();
            assertThat(events).isEmpty();
            toBeMade.put(thing("one"));
            assertThat(next()).isEqualTo("making");
            toBeMade.put(thing("two"));
            second.without(() -> assertThat(first.take()).isPresent());
        }
    }
}
