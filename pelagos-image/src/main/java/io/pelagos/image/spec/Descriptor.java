package io.pelagos.image.spec;

import io.pelagos.core.spec.Bytes;
import java.net.URI;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Points at content, see descriptor.md of the OCI image specification.
 *
 * @param mediaType what it is
 * @param digest its digest as the document writes it; {@link #verifiable} tells whether it can be
 *     checked
 * @param size in bytes
 * @param urls where else it lies; never asked without leave
 * @param annotations notes by their names
 * @param data the content itself, or null
 * @param artifactType what kind of artifact it is, or null
 * @param platform what machine it is for, or null
 */
public record Descriptor(
        String mediaType,
        String digest,
        long size,
        List<URI> urls,
        Map<String, String> annotations,
        @Nullable Bytes data,
        @Nullable String artifactType,
        @Nullable Platform platform) {
    private static final Pattern DIGEST =
            Pattern.compile("[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+");
    private static final Pattern DIGITS = Pattern.compile("[a-f0-9]*");

    /** Checks the digest, and that enclosed content is the content that is meant. */
    public Descriptor {
        if (!DIGEST.matcher(digest).matches()) {
            throw new IllegalArgumentException("digest \"" + digest + "\": is no digest");
        }
        if (digest.startsWith("sha256:") || digest.startsWith("sha512:")) {
            if (!DIGITS.matcher(digest.substring(digest.indexOf(':') + 1)).matches()) {
                throw new IllegalArgumentException(
                        "digest \"" + digest + "\": must have lower-case hexadecimal digits");
            }
        }
        if (size < 0) {
            throw new IllegalArgumentException("size " + size + ": must not be negative");
        }
        urls = List.copyOf(urls);
        annotations = Map.copyOf(annotations);
    }

    /**
     * Makes a descriptor with nothing but what is needed.
     *
     * @param mediaType what it points at
     * @param digest the digest
     * @param size in bytes
     * @return the descriptor
     */
    public static Descriptor of(String mediaType, Digest digest, long size) {
        return new Descriptor(
                mediaType, digest.toString(), size, List.of(), Map.of(), null, null, null);
    }

    /**
     * Reads a descriptor that stands alone.
     *
     * @param json the document
     * @return the descriptor
     * @throws BadContentException when it breaks the specification
     */
    public static Descriptor parse(byte[] json) {
        return read(Fields.of("descriptor", json, Documents.LIMIT));
    }

    static Descriptor read(Fields fields) {
        var mediaType = fields.neededMediaType("mediaType");
        var digest = fields.neededText("digest");
        long size = fields.size("size");
        return fields.checked(
                () ->
                        new Descriptor(
                                mediaType,
                                digest,
                                size,
                                fields.uris("urls"),
                                fields.textMap("annotations"),
                                data(fields),
                                fields.mediaType("artifactType"),
                                fields.object("platform", Descriptor::platform)));
    }

    private static @Nullable Bytes data(Fields fields) {
        var text = fields.text("data");
        if (text != null && text.length() % 4 != 0) {
            throw new IllegalArgumentException("data: is no base64 with padding");
        }
        return text == null ? null : Bytes.of(Base64.getDecoder().decode(text));
    }

    private static Platform platform(Fields fields) {
        var os = fields.neededText("os");
        var architecture = fields.neededText("architecture");
        return fields.checked(
                () ->
                        new Platform(
                                os,
                                architecture,
                                fields.text("variant"),
                                fields.text("os.version"),
                                fields.texts("os.features")));
    }

    /**
     * Returns the digest as one that content can be checked against.
     *
     * @return a SHA-256 or SHA-512
     * @throws BadContentException when it is of another kind, or too short
     */
    public Digest verifiable() {
        try {
            return Digest.parse(digest);
        } catch (IllegalArgumentException e) {
            throw new BadContentException(
                    "content with " + e.getMessage() + "; it cannot be verified", e);
        }
    }

    /**
     * Returns the same descriptor with a platform.
     *
     * @param other what machine the content is for
     * @return a new value
     */
    public Descriptor forPlatform(Platform other) {
        return new Descriptor(
                mediaType, digest, size, urls, annotations, data, artifactType, other);
    }

    /**
     * Returns the same descriptor with other notes.
     *
     * @param others by their names
     * @return a new value
     */
    public Descriptor withAnnotations(Map<String, String> others) {
        return new Descriptor(mediaType, digest, size, urls, others, data, artifactType, platform);
    }
}
