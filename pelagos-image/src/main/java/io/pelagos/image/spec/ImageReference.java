package io.pelagos.image.spec;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names an image: the registry, the repository in it, and a tag or a digest. What is left out is
 * completed as Docker does: {@code redis} is {@code docker.io/library/redis}.
 *
 * @see <a href="https://github.com/distribution/reference">the grammar</a>
 */
public final class ImageReference {
    /** The registry that is meant when none is named. */
    public static final String DEFAULT_DOMAIN = "docker.io";

    /** The tag that is meant when neither tag nor digest is named. */
    public static final String DEFAULT_TAG = "latest";

    private static final String LEGACY_DOMAIN = "index.docker.io";
    private static final String OFFICIAL = "library/";
    private static final String DEFAULT_PREFIX = DEFAULT_DOMAIN + "/library";
    private static final Pattern IDENTIFIER = Pattern.compile("[0-9a-f]{64}");

    private final String domain;
    private final String path;
    private final @Nullable String tag;
    private final @Nullable Digest digest;

    private ImageReference(
            String domain, String path, @Nullable String tag, @Nullable Digest digest) {
        this.domain = domain;
        this.path = path;
        this.tag = tag;
        this.digest = digest;
    }

    /**
     * Reads a reference, familiar or complete.
     *
     * @param text for example {@code redis}, {@code redis:7}, {@code localhost:5000/app}, {@code
     *     ghcr.io/a/b@sha256:…}
     * @return the reference, complete but for the tag
     * @throws IllegalArgumentException when it is no reference; the message has the text
     */
    public static ImageReference parse(String text) {
        return parse(text, DEFAULT_PREFIX);
    }

    /**
     * Reads a reference, with another place for names without a slash.
     *
     * @param text the reference
     * @param prefix a registry, or a path in one, for example {@code registry.example.org/mirror}
     * @return the reference, complete but for the tag
     * @throws IllegalArgumentException when it is no reference; the message has the text
     */
    public static ImageReference parse(String text, String prefix) {
        if (IDENTIFIER.matcher(text).matches()) {
            throw ReferenceGrammar.refused(
                    text, "invalid repository name, cannot specify 64-byte hexadecimal strings");
        }
        var full = complete(text, prefix);
        var written = ReferenceGrammar.parse(full);
        return new ImageReference(
                written.domain(), written.path(), written.tag(), written.digest());
    }

    /** Puts a domain before what has none. */
    private static String complete(String text, String prefix) {
        int slash = text.indexOf('/');
        String domain;
        String rest;
        if (slash < 0) {
            int end = nameEnd(text);
            if (!text.substring(0, end).equals(text.substring(0, end).toLowerCase(Locale.ROOT))) {
                throw ReferenceGrammar.refused(text, "repository name must be lowercase");
            }
            return prefix.isEmpty() || text.isEmpty() ? text : prefix + "/" + text;
        }
        var first = text.substring(0, slash);
        if (isDomain(first)) {
            domain = first.equals(LEGACY_DOMAIN) ? DEFAULT_DOMAIN : first;
            rest = text.substring(slash + 1);
        } else {
            domain = DEFAULT_DOMAIN;
            rest = text;
        }
        if (domain.equals(DEFAULT_DOMAIN) && rest.indexOf('/') < 0) {
            rest = OFFICIAL + rest;
        }
        return domain + "/" + rest;
    }

    private static int nameEnd(String text) {
        int end = text.length();
        for (var mark : new char[] {':', '@'}) {
            int at = text.indexOf(mark);
            if (at >= 0) {
                end = Math.min(end, at);
            }
        }
        return end;
    }

    /** A first component is a host if it looks like one: with a dot, a port, or an upper case. */
    private static boolean isDomain(String component) {
        return component.indexOf('.') >= 0
                || component.indexOf(':') >= 0
                || component.equals("localhost")
                || !component.equals(component.toLowerCase(Locale.ROOT));
    }

    /**
     * Tells whether a text can only be the id of an image: a digest without its algorithm.
     *
     * @param text any text
     * @return true for 64 lower-case hexadecimal digits
     */
    public static boolean isIdentifier(String text) {
        return IDENTIFIER.matcher(text).matches();
    }

    /**
     * Returns the registry.
     *
     * @return a host name or address, with a port where one is named
     */
    public String domain() {
        return domain;
    }

    /**
     * Returns the repository.
     *
     * @return its path in the registry, without a slash at either end
     */
    public String path() {
        return path;
    }

    /**
     * Returns registry and repository.
     *
     * @return {@code domain/path}
     */
    public String name() {
        return domain + "/" + path;
    }

    /**
     * Returns the tag.
     *
     * @return empty when none is named
     */
    public Optional<String> tag() {
        return Optional.ofNullable(tag);
    }

    /**
     * Returns the digest.
     *
     * @return empty when none is named
     */
    public Optional<Digest> digest() {
        return Optional.ofNullable(digest);
    }

    /**
     * Returns what a registry is asked for: the digest, which alone is exact, else the tag.
     *
     * @return a tag or a digest
     */
    public String manifestName() {
        return digest != null ? digest.toString() : tag != null ? tag : DEFAULT_TAG;
    }

    /**
     * Returns the reference that is meant: with the default tag when there is neither tag nor
     * digest, and without the tag when there is a digest, which says more.
     *
     * @return a reference with exactly one of both
     */
    public ImageReference exact() {
        if (digest != null) {
            return new ImageReference(domain, path, null, digest);
        }
        return tag != null ? this : withTag(DEFAULT_TAG);
    }

    /**
     * Returns a reference to another tag of the same repository.
     *
     * @param other the tag
     * @return a reference without a digest
     * @throws IllegalArgumentException when it is no tag
     */
    public ImageReference withTag(String other) {
        if (!ReferenceGrammar.isTag(other)) {
            throw new IllegalArgumentException("tag \"" + other + "\": invalid tag format");
        }
        return new ImageReference(domain, path, other, null);
    }

    /**
     * Returns a reference to certain content in the same repository.
     *
     * @param other the digest
     * @return a reference without a tag
     */
    public ImageReference withDigest(Digest other) {
        return new ImageReference(domain, path, null, other);
    }

    /**
     * Returns the same image in another registry.
     *
     * @param other the registry
     * @return a new reference
     */
    public ImageReference inRegistry(String other) {
        return new ImageReference(other, path, tag, digest);
    }

    /**
     * Returns the name as people write it.
     *
     * @return without {@code docker.io/} and {@code library/}, tag and digest
     */
    public String familiarName() {
        if (!domain.equals(DEFAULT_DOMAIN)) {
            return name();
        }
        boolean official = path.startsWith(OFFICIAL) && path.indexOf('/', OFFICIAL.length()) < 0;
        return official ? path.substring(OFFICIAL.length()) : path;
    }

    /**
     * Returns the reference as people write it.
     *
     * @return the familiar name, with tag and digest
     */
    public String familiar() {
        return familiarName() + suffix();
    }

    /**
     * Tells whether a pattern fits the familiar form, with or without tag and digest.
     *
     * @param pattern {@code *} stands for any characters but a slash, {@code ?} for one, {@code
     *     [a-z]} for one of a set
     * @return true if so
     */
    public boolean matches(String pattern) {
        // A path component never spans a slash, so a double star means no more than one.
        var matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern.replace("**", "*"));
        return matcher.matches(Path.of(familiar())) || matcher.matches(Path.of(familiarName()));
    }

    private String suffix() {
        return (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ImageReference reference && toString().equals(reference.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    /**
     * Returns the complete reference.
     *
     * @return for example {@code docker.io/library/redis:7}
     */
    @Override
    public String toString() {
        return name() + suffix();
    }
}
