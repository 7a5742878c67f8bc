package io.pelagos.image.testing;

import java.util.function.BiFunction;
import java.util.function.Function;

/** What a fault does to a request or its answer. */
sealed interface Effect {
    /** No fault: the answer is sent as it is, at full speed. */
    Pace NONE = new Pace(Long.MAX_VALUE, false, 0);

    /** The connection is closed without an answer, and without anything being done. */
    record Disconnect() implements Effect {}

    /**
     * The connection is closed after a part of the request's body.
     *
     * @param count how many bytes of it are taken
     */
    record CutRequest(long count) implements Effect {}

    /**
     * Another answer is given, and nothing is done.
     *
     * @param answer makes it
     */
    record Instead(Function<Request, Answer> answer) implements Effect {}

    /**
     * The right thing is done, but not answered rightly.
     *
     * @param change makes another answer out of the right one
     */
    record Change(BiFunction<Request, Answer, Answer> change) implements Effect {}

    /**
     * The right answer is sent, but not in time.
     *
     * @param limit after how many bytes of the body it ends
     * @param stall whether the connection stays open then, until the registry is closed
     * @param bytesPerSecond how fast it is sent, 0 for as fast as possible
     */
    record Pace(long limit, boolean stall, long bytesPerSecond) implements Effect {}
}
