package io.pelagos.core.testing;

import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A subscriber that keeps everything it is told. */
public class Told<T> implements Flow.Subscriber<T> {
    private static final int SECONDS = 60;

    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    private final BlockingQueue<T> items = new LinkedBlockingQueue<>();
    private final CompletableFuture<Boolean> end = new CompletableFuture<>();
    private final long demand;

    /**
     * Makes one.
     *
     * @param demand how many items it asks for at once, 0 for none
     */
    public Told(long demand) {
        this.demand = demand;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        if (demand > 0) {
            given.request(demand);
        }
        subscription.complete(given);
    }

    @Override
    public void onNext(T item) {
        items.add(item);
    }

    @Override
    public void onError(Throwable why) {
        end.completeExceptionally(why);
    }

    @Override
    public void onComplete() {
        end.complete(true);
    }

    /** Returns the subscription, once there is one. */
    public CompletableFuture<Flow.Subscription> subscription() {
        return subscription;
    }

    /** Returns what nobody has taken yet. */
    public BlockingQueue<T> items() {
        return items;
    }

    /** Returns the end. */
    public CompletableFuture<Boolean> end() {
        return end;
    }

    /** Takes the next item, for which it waits. */
    public T next() throws InterruptedException {
        return Objects.requireNonNull(items.poll(SECONDS, TimeUnit.SECONDS), "an item in time");
    }

    /** Returns why it ended, for which it waits. */
    public Throwable failure() throws Exception {
        try {
            throw new AssertionError("completed: " + end.get(SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }
}
