package io.pelagos.image.testing;

/** Who knows the password may do everything, see RFC 7617. */
final class BasicAccess implements Access {
    private final Credentials credentials;

    BasicAccess(Credentials credentials) {
        this.credentials = credentials;
    }

    @Override
    public void check(Request request, Route route) {
        if (!request.header("Authorization").map(credentials::match).orElse(false)) {
            throw new RefusedRequest(
                    Answer.error(401, "UNAUTHORIZED", "user and password are needed")
                            .with("WWW-Authenticate", "Basic realm=\"pelagos\""));
        }
    }
}
