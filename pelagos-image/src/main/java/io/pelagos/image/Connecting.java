package io.pelagos.image;

import io.pelagos.image.internal.registry.Backoff;
import io.pelagos.image.internal.registry.PlainHttp;
import io.pelagos.image.internal.registry.RegistryOptions;
import io.pelagos.image.internal.registry.TimeLimits;
import io.pelagos.image.internal.registry.TlsFiles;
import java.util.Optional;

/** From what an application says of registries to what the client of registries is told. */
final class Connecting {
    private Connecting() {}

    static RegistryOptions by(ImageOptions options) {
        var plain = PlainHttp.NEARBY;
        for (var host : options.insecure()) {
            plain = plain.with(host);
        }
        var told =
                RegistryOptions.usual(options.environment())
                        .withPlainHttp(plain)
                        .withOffline(options.offline())
                        .withLimits(
                                new TimeLimits(
                                        TimeLimits.USUAL.connect(),
                                        options.stall(),
                                        options.total()))
                        .withTls(tls(options))
                        .withBackoff(
                                new Backoff(
                                        options.attempts(),
                                        options.pause(),
                                        Backoff.USUAL.longest()));
        for (var realm : options.realms().entrySet()) {
            for (var host : realm.getValue()) {
                told = told.withRealm(realm.getKey(), host);
            }
        }
        return told;
    }

    private static TlsFiles tls(ImageOptions options) {
        var identity = options.identity();
        var files =
                identity == null
                        ? TlsFiles.USUAL
                        : new TlsFiles(
                                TlsFiles.USUAL.authorities(),
                                Optional.of(identity.certificate()),
                                Optional.of(identity.key()),
                                TlsFiles.USUAL.directories());
        var certificates = options.certificates();
        return certificates == null ? files : files.trusting(certificates);
    }
}
