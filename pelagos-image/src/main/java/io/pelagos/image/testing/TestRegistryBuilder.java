package io.pelagos.image.testing;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Says what a {@link TestRegistry} is like. Without anything said it lets everybody do everything.
 */
public final class TestRegistryBuilder {
    private static final Duration LIFETIME = Duration.ofMinutes(5);

    private @Nullable Credentials basic;
    private @Nullable Credentials token;
    private @Nullable TestRegistry tokenRegistry;
    private @Nullable URI realm;
    private Duration lifetime = LIFETIME;
    private boolean anonymousPull;
    private boolean readOnly;
    private int pageSize = 1000;

    TestRegistryBuilder() {}

    /**
     * Wants a user and a password with every request.
     *
     * @param user the user, without a colon
     * @param password the password
     * @return this builder
     */
    public TestRegistryBuilder basicAuth(String user, String password) {
        basic = new Credentials(user, password);
        return this;
    }

    /**
     * Wants a token with every request, and hands tokens out itself, at {@code /token}.
     *
     * @param user who gets tokens, without a colon
     * @param password the password
     * @return this builder
     */
    public TestRegistryBuilder tokenAuth(String user, String password) {
        token = new Credentials(user, password);
        return this;
    }

    /**
     * Wants a token with every request, which another registry hands out.
     *
     * @param other a registry with {@link #tokenAuth(String, String)}
     * @return this builder
     */
    public TestRegistryBuilder tokenAuth(TestRegistry other) {
        other.tokenIssuer(); // Fails when it has none.
        tokenRegistry = other;
        return this;
    }

    /**
     * Sends clients elsewhere for tokens than to where they are handed out.
     *
     * @param uri the realm of the challenge
     * @return this builder
     */
    public TestRegistryBuilder tokenRealm(URI uri) {
        realm = uri;
        return this;
    }

    /**
     * Says how long tokens are valid; five minutes without.
     *
     * @param duration longer than nothing; clients are told whole seconds
     * @return this builder
     */
    public TestRegistryBuilder tokenLifetime(Duration duration) {
        if (!duration.isPositive()) {
            throw new IllegalArgumentException("tokenLifetime " + duration + ": must be positive");
        }
        lifetime = duration;
        return this;
    }

    /**
     * Hands out tokens for pulling to whoever asks, as public registries do.
     *
     * @return this builder
     */
    public TestRegistryBuilder anonymousPull() {
        anonymousPull = true;
        return this;
    }

    /**
     * Refuses whatever would change anything.
     *
     * @return this builder
     */
    public TestRegistryBuilder readOnly() {
        readOnly = true;
        return this;
    }

    /**
     * Says how many tags or repositories a page of a list has at most; 1000 without.
     *
     * @param count at least 1
     * @return this builder
     */
    public TestRegistryBuilder pageSize(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("pageSize " + count + ": must be at least 1");
        }
        pageSize = count;
        return this;
    }

    /**
     * Starts the registry.
     *
     * @return the registry, listening
     * @throws IllegalArgumentException when more than one kind of authorization is asked for
     * @throws java.io.UncheckedIOException when it cannot listen on 127.0.0.1
     */
    public TestRegistry start() {
        int kinds =
                (basic == null ? 0 : 1) + (token == null ? 0 : 1) + (tokenRegistry == null ? 0 : 1);
        if (kinds > 1) {
            throw new IllegalArgumentException(
                    "basicAuth and tokenAuth: only one of them can be wanted");
        }
        return new TestRegistry(this);
    }

    /** Who hands out the tokens that are asked for here; null when nobody does. */
    @Nullable TokenIssuer issuer() {
        if (tokenRegistry != null) {
            return tokenRegistry.tokenIssuer();
        }
        return token == null ? null : new TokenIssuer(token, lifetime, anonymousPull);
    }

    /** The rule for requests to a registry with an address. */
    Access access(@Nullable TokenIssuer issuer, URI own) {
        if (issuer != null) {
            var home = tokenRegistry == null ? own : tokenRegistry.uri();
            var told = realm == null ? home.resolve("/token") : realm;
            return new TokenAccess(issuer, told, own.getAuthority());
        }
        return basic == null ? new OpenAccess() : new BasicAccess(basic);
    }

    boolean isReadOnly() {
        return readOnly;
    }

    int pageSize() {
        return pageSize;
    }

    /** Whether tokens are handed out by the registry itself. */
    boolean isIssuing() {
        return token != null;
    }
}
