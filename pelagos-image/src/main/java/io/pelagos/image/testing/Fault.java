package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Something that a {@link TestRegistry} does wrong.
 *
 * <p>A fault hits each request that its {@linkplain #on methods} and {@linkplain #path path} match,
 * once unless {@linkplain #times told otherwise}. One request is hit by one fault at most: the one
 * given to the registry first among those that still have times left. So two faults {@code
 * status(503)} and {@code status(429)} hit one request after the other.
 *
 * <p>Where the registry wants credentials, a fault waits for a request that has them, unless it is
 * {@link #beforeAuthorization}.
 *
 * {@snippet :
 * registry.fault(Fault.cut(1000).path("/blobs/").times(2));
 * registry.fault(Fault.tooManyRequests(Duration.ofSeconds(1)).on("HEAD"));
 * }
 */
public final class Fault {
    /** As many times as there are requests. */
    public static final int ALWAYS = Integer.MAX_VALUE;

    private final String name;
    private final Effect effect;
    private final Set<String> methods;
    private final Pattern path;
    private final int times;
    private final int skipped;
    private final boolean first;

    private Fault(
            String name,
            Effect effect,
            Set<String> methods,
            Pattern path,
            int times,
            int skipped,
            boolean first) {
        this.name = name;
        this.effect = effect;
        this.methods = methods;
        this.path = path;
        this.times = times;
        this.skipped = skipped;
        this.first = first;
    }

    private static Fault of(String name, Effect effect, String... methods) {
        return new Fault(name, effect, Set.of(methods), Pattern.compile(""), 1, 0, false);
    }

    private static Fault ofBody(String name, Effect effect) {
        return of(name, effect, "GET");
    }

    private static Fault ofHeader(String name, String value) {
        return of(
                name + ": " + value,
                new Effect.Change((_, answer) -> answer.with(name, value)),
                "GET",
                "HEAD");
    }

    /**
     * Answers with an error, and does nothing else. Status 401 has no challenge; add one by {@link
     * #withHeader} if it should.
     *
     * @param status an HTTP status from 400 to 599
     * @return the fault, for all methods
     */
    public static Fault status(int status) {
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("status " + status + ": must be from 400 to 599");
        }
        var code = status == 401 ? "UNAUTHORIZED" : status == 429 ? "TOOMANYREQUESTS" : "UNKNOWN";
        return of(
                "status " + status,
                new Effect.Instead(
                        _ -> Answer.error(status, code, "a fault asked for by the test")));
    }

    /**
     * Answers with status 429.
     *
     * @param retryAfter how long the client should wait, told in whole seconds
     * @return the fault, for all methods
     */
    public static Fault tooManyRequests(Duration retryAfter) {
        return status(429).withHeader("Retry-After", Long.toString(retryAfter.toSeconds()));
    }

    /**
     * Answers with a redirect.
     *
     * @param status 301, 302, 303, 307 or 308
     * @param location where to, of any scheme
     * @return the fault, for all methods
     */
    public static Fault redirect(int status, URI location) {
        checkRedirect(status);
        return of(
                "redirect to " + location,
                new Effect.Instead(
                        _ -> Answer.of(status).with(Answer.LOCATION, location.toString())));
    }

    /**
     * Redirects to the same path and query of another registry.
     *
     * @param status 301, 302, 303, 307 or 308
     * @param other the other registry
     * @return the fault, for all methods
     */
    public static Fault redirect(int status, TestRegistry other) {
        checkRedirect(status);
        var base = other.uri();
        return of(
                "redirect to " + base,
                new Effect.Instead(
                        request ->
                                Answer.of(status)
                                        .with(
                                                Answer.LOCATION,
                                                base.resolve(request.target()).toString())));
    }

    private static void checkRedirect(int status) {
        if (!Set.of(301, 302, 303, 307, 308).contains(status)) {
            throw new IllegalArgumentException("status " + status + ": is no redirect");
        }
    }

    /**
     * Closes the connection without an answer, before anything is done.
     *
     * @return the fault, for all methods
     */
    public static Fault disconnect() {
        return of("disconnect", new Effect.Disconnect());
    }

    /**
     * Closes the connection in the middle of an answer whose full length was declared.
     *
     * @param count how many bytes of the body are sent before
     * @return the fault, for GET
     */
    public static Fault cut(long count) {
        checkCount(count);
        return ofBody("cut after " + count, new Effect.Pace(count, false, 0));
    }

    /**
     * Closes the connection in the middle of a request. An upload keeps what arrived, so that it
     * can be resumed.
     *
     * @param count how many bytes of the request's body are taken before
     * @return the fault, for PATCH and PUT
     */
    public static Fault cutRequest(long count) {
        checkCount(count);
        return of("cut the request after " + count, new Effect.CutRequest(count), "PATCH", "PUT");
    }

    /**
     * Sends content of the right length whose last byte is wrong, which only the digest shows.
     *
     * @return the fault, for GET
     */
    public static Fault wrongBytes() {
        return ofBody(
                "wrong bytes",
                new Effect.Change((_, answer) -> answer.with(answer.content().withWrongByte(-1))));
    }

    /**
     * Sends content of the right length of which one byte is wrong.
     *
     * @param at which, counted from what is sent
     * @return the fault, for GET
     */
    public static Fault wrongByte(long at) {
        checkCount(at);
        return ofBody(
                "wrong byte " + at,
                new Effect.Change((_, answer) -> answer.with(answer.content().withWrongByte(at))));
    }

    /**
     * Sends less than the document that names the content says. Content-Length agrees with what is
     * sent; {@link #cut} is the fault where it does not.
     *
     * @param count how many bytes are missing at the end, at most all
     * @return the fault, for GET
     */
    public static Fault shorter(long count) {
        checkCount(count);
        return ofBody(
                "shorter by " + count,
                new Effect.Change(
                        (_, answer) -> {
                            var content = answer.content();
                            return answer.with(
                                    content.part(0, Math.max(0, content.size() - count)));
                        }));
    }

    /**
     * Sends more than the document that names the content says, namely zeros at the end.
     * Content-Length agrees with what is sent.
     *
     * @param count how many
     * @return the fault, for GET
     */
    public static Fault longer(int count) {
        checkCount(count);
        return ofBody(
                "longer by " + count,
                new Effect.Change((_, answer) -> answer.with(answer.content().withZeros(count))));
    }

    /**
     * Sends the right content in chunks, without a Content-Length.
     *
     * @return the fault, for GET
     */
    public static Fault withoutLength() {
        return ofBody("without length", new Effect.Change((_, answer) -> answer.withoutLength()));
    }

    /**
     * Sends the right content slowly.
     *
     * @param bytesPerSecond at most so many, at least 1
     * @return the fault, for GET
     */
    public static Fault slow(long bytesPerSecond) {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException(
                    "bytesPerSecond " + bytesPerSecond + ": must be at least 1");
        }
        return ofBody(
                bytesPerSecond + " bytes per second",
                new Effect.Pace(Long.MAX_VALUE, false, bytesPerSecond));
    }

    /**
     * Sends a part of the content, and then nothing until the registry is closed.
     *
     * @param count how many bytes of the body are sent
     * @return the fault, for GET
     */
    public static Fault stall(long count) {
        checkCount(count);
        return ofBody("stall after " + count, new Effect.Pace(count, true, 0));
    }

    /**
     * Sends a list whose next page is itself, so that reading all of it never ends.
     *
     * @return the fault, for GET, and for as long as it is there
     */
    public static Fault endlessPages() {
        return ofBody(
                        "endless pages",
                        new Effect.Change(
                                (request, answer) ->
                                        answer.with(
                                                Answer.LINK,
                                                "<" + request.target() + ">; rel=\"next\"")))
                .path("/tags/list|/_catalog|/referrers/")
                .times(ALWAYS);
    }

    /**
     * Sends the right content as something else.
     *
     * @param mediaType the Content-Type
     * @return the fault, for GET and HEAD
     */
    public static Fault contentType(String mediaType) {
        return ofHeader(Answer.CONTENT_TYPE, mediaType);
    }

    /**
     * Sends the right content with another Docker-Content-Digest.
     *
     * @param digest the digest that is told
     * @return the fault, for GET and HEAD
     */
    public static Fault contentDigest(Digest digest) {
        return ofHeader(Answer.CONTENT_DIGEST, digest.toString());
    }

    private static void checkCount(long count) {
        if (count < 0) {
            throw new IllegalArgumentException("count " + count + ": must not be negative");
        }
    }

    /**
     * Adds a header to the answer, or replaces it.
     *
     * @param header its name
     * @param value its value
     * @return another fault
     * @throws IllegalStateException when there is no answer or it is the right one at another pace
     */
    public Fault withHeader(String header, String value) {
        var changed =
                switch (effect) {
                    case Effect.Instead(var answer) ->
                            new Effect.Instead(answer.andThen(made -> made.with(header, value)));
                    case Effect.Change(var change) ->
                            new Effect.Change(change.andThen(made -> made.with(header, value)));
                    case Effect.Disconnect _, Effect.CutRequest _, Effect.Pace _ ->
                            throw new IllegalStateException(
                                    "fault \"" + name + "\" does not change headers");
                };
        return new Fault(name, changed, methods, path, times, skipped, first);
    }

    /**
     * Says which requests are hit by their methods.
     *
     * @param others for example {@code HEAD}; all methods when there is none
     * @return another fault
     */
    public Fault on(String... others) {
        return new Fault(name, effect, Set.of(others), path, times, skipped, first);
    }

    /**
     * Says which requests are hit by their path. Without, all are.
     *
     * @param regex a regular expression that is found somewhere in the path, without the query
     * @return another fault
     */
    public Fault path(String regex) {
        try {
            var pattern = Pattern.compile(regex);
            return new Fault(name, effect, methods, pattern, times, skipped, first);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("path \"" + regex + "\": " + e.getMessage(), e);
        }
    }

    /**
     * Says how many requests are hit. Without, one is.
     *
     * @param count how many, or {@link #ALWAYS}
     * @return another fault
     */
    public Fault times(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("times " + count + ": must be at least 1");
        }
        return new Fault(name, effect, methods, path, count, skipped, first);
    }

    /**
     * Leaves some matching requests alone first.
     *
     * @param count how many
     * @return another fault
     */
    public Fault after(int count) {
        checkCount(count);
        return new Fault(name, effect, methods, path, times, count, first);
    }

    /**
     * Hits requests whether they have the credentials that the registry wants or not.
     *
     * @return another fault
     */
    public Fault beforeAuthorization() {
        return new Fault(name, effect, methods, path, times, skipped, true);
    }

    Effect effect() {
        return effect;
    }

    int times() {
        return times;
    }

    int skipped() {
        return skipped;
    }

    boolean isBeforeAuthorization() {
        return first;
    }

    boolean matches(Request request) {
        return (methods.isEmpty() || methods.contains(request.method()))
                && path.matcher(request.path()).find();
    }

    /**
     * Returns what the fault does.
     *
     * @return for example {@code cut after 1000}
     */
    @Override
    public String toString() {
        return name;
    }
}
