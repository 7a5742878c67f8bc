package io.pelagos.image.internal.registry;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.spec.Digest;
import java.util.Optional;

/**
 * A manifest or an index as a registry has it; its digest was verified.
 *
 * @param contentType what the registry says that it is, without parameters; empty when it says
 *     nothing
 * @param mediaType what it says itself that it is
 * @param digest its digest
 * @param content its bytes, at most 4 MiB
 * @param endpoint where it came from
 */
public record Document(
        String contentType,
        Optional<String> mediaType,
        Digest digest,
        Bytes content,
        String endpoint) {}
