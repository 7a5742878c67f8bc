package io.pelagos.image.testing;

/** Decides who may do what. */
sealed interface Access permits OpenAccess, BasicAccess, TokenAccess {
    /**
     * Checks that a request is allowed.
     *
     * @throws RefusedRequest with status 401 and a challenge
     */
    void check(Request request, Route route);
}
