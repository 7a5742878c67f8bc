package io.pelagos.image.testing;

/** Everybody may do everything. */
record OpenAccess() implements Access {
    @Override
    public void check(Request request, Route route) {
        // There is nothing to check.
    }
}
