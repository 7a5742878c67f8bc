package io.pelagos.image.testing;

import java.io.IOException;

/** Answers the requests of one kind of path. */
@FunctionalInterface
interface Handler {
    /**
     * Does what is asked.
     *
     * @param request the request
     * @param route where its path leads
     * @return the answer
     * @throws RefusedRequest with an error for the client
     * @throws IOException when the client cannot be read any more
     */
    Answer answer(Request request, Route route) throws IOException;
}
