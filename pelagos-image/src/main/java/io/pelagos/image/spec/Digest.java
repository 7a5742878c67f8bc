package io.pelagos.image.spec;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Names content by what it is, see "Digests" in the OCI image specification's descriptor.md.
 *
 * <p>Only what can be verified is a digest here: SHA-256 and SHA-512. Since the digits become file
 * names, nothing but lower-case hexadecimal digits of the right number is accepted.
 *
 * @param algorithm {@code sha256} or {@code sha512}
 * @param hex the digits
 */
public record Digest(String algorithm, String hex) implements Comparable<Digest> {
    private static final Map<String, Integer> LENGTHS = Map.of("sha256", 64, "sha512", 128);
    private static final Map<String, String> NAMES =
            Map.of("sha256", "SHA-256", "sha512", "SHA-512");
    private static final Pattern HEX = Pattern.compile("[0-9a-f]+");
    private static final int SHORT = 12;

    /** Checks both parts. */
    public Digest {
        var length = LENGTHS.get(algorithm);
        if (length == null) {
            throw new IllegalArgumentException(
                    "digest \"" + algorithm + ":" + hex + "\": unsupported digest algorithm");
        }
        if (hex.length() != length) {
            throw new IllegalArgumentException(
                    "digest \""
                            + algorithm
                            + ":"
                            + hex
                            + "\": invalid checksum digest length: must be "
                            + length
                            + " hexadecimal digits");
        }
        if (!HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException(
                    "digest \""
                            + algorithm
                            + ":"
                            + hex
                            + "\": invalid checksum digest format: must be lower-case hexadecimal"
                            + " digits");
        }
    }

    /**
     * Reads a digest.
     *
     * @param text as in {@code sha256:9f86…}
     * @return the digest
     * @throws IllegalArgumentException when it is anything else
     */
    public static Digest parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException(
                    "digest \"" + text + "\": invalid checksum digest format: has no algorithm");
        }
        return new Digest(text.substring(0, colon), text.substring(colon + 1));
    }

    /**
     * Returns the digest of some bytes.
     *
     * @param bytes the content
     * @return its SHA-256
     */
    public static Digest of(byte[] bytes) {
        return of("sha256", newMessageDigest("sha256").digest(bytes));
    }

    /**
     * Returns what a computation came to.
     *
     * @param algorithm which one it was
     * @param value its result
     * @return the digest
     */
    public static Digest of(String algorithm, byte[] value) {
        return new Digest(algorithm, HexFormat.of().formatHex(value));
    }

    /**
     * Returns what computes a digest of the same kind.
     *
     * @return a new computation, at its beginning
     */
    public MessageDigest newMessageDigest() {
        return newMessageDigest(algorithm);
    }

    private static MessageDigest newMessageDigest(String algorithm) {
        try {
            return MessageDigest.getInstance(NAMES.getOrDefault(algorithm, algorithm));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM has no " + algorithm, e);
        }
    }

    /**
     * Tells whether this is the digest of some bytes.
     *
     * @param bytes the content
     * @return true if so
     */
    public boolean matches(byte[] bytes) {
        return equals(of(algorithm, newMessageDigest().digest(bytes)));
    }

    /**
     * Returns the first digits, as lists show them.
     *
     * @return twelve digits
     */
    public String shortHex() {
        return hex.substring(0, SHORT);
    }

    @Override
    public int compareTo(Digest other) {
        return toString().compareTo(other.toString());
    }

    /**
     * Returns the digest as documents write it.
     *
     * @return {@code algorithm:hex}
     */
    @Override
    public String toString() {
        return algorithm + ":" + hex;
    }
}
