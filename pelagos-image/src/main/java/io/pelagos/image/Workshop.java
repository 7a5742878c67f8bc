package io.pelagos.image;

import io.pelagos.core.Lease;
import io.pelagos.core.files.FileCalls;
import io.pelagos.image.internal.store.ImageStore;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageReference;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * What images are made with.
 *
 * @param calls how files are read
 * @param store where images go
 * @param layers where their layers go
 * @param leases says for whom layers are needed that no image has yet
 * @param environment variables, of which {@code SOURCE_DATE_EPOCH} is looked at
 * @param names reads the name of an image
 * @param images what the caller gets
 */
record Workshop(
        FileCalls calls,
        ImageStore store,
        LayerStore layers,
        BiFunction<String, List<Digest>, Lease> leases,
        Map<String, String> environment,
        Function<String, ImageReference> names,
        Function<StoredImage, Image> images) {
    /** Some programs take the very beginning of 1970 for no time at all. */
    static final Instant FIXED = Instant.ofEpochSecond(1);

    /** What the variable says that builds agree on, see reproducible-builds.org. */
    Optional<Instant> sourceDate() {
        var text = environment.getOrDefault("SOURCE_DATE_EPOCH", "");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (!text.matches("[0-9]{1,11}")) {
            throw new IllegalArgumentException(
                    "SOURCE_DATE_EPOCH \"" + text + "\": must be seconds since 1970");
        }
        return Optional.of(Instant.ofEpochSecond(Long.parseLong(text)));
    }
}
