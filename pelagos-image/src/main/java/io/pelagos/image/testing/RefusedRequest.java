package io.pelagos.image.testing;

/** Ends the handling of a request with an error for the client. */
final class RefusedRequest extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Answer answer;

    RefusedRequest(int status, String code, String message) {
        this(Answer.error(status, code, message));
    }

    RefusedRequest(Answer answer) {
        super("answered with status " + answer.status());
        this.answer = answer;
    }

    Answer answer() {
        return answer;
    }

    /** The path is right, but nothing is done with it by this method. */
    static RefusedRequest method(Request request) {
        return new RefusedRequest(
                405, "UNSUPPORTED", request.method() + " is not supported for " + request.path());
    }
}
