package io.pelagos.core.spec;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Some bytes, immutable and equal by content. */
public final class Bytes {
    private final byte[] bytes;

    private Bytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Copies an array.
     *
     * @param bytes the bytes
     * @return the value
     */
    public static Bytes of(byte[] bytes) {
        return new Bytes(bytes.clone());
    }

    /**
     * Encodes a text in UTF-8.
     *
     * @param text the text
     * @return the value
     */
    public static Bytes of(String text) {
        return new Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Returns the bytes.
     *
     * @return a copy
     */
    public byte[] toArray() {
        return bytes.clone();
    }

    /**
     * Returns how many there are.
     *
     * @return the number of bytes
     */
    public int size() {
        return bytes.length;
    }

    /**
     * Decodes them as UTF-8.
     *
     * @return the text, with replacement characters for what is not UTF-8
     */
    public String utf8() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Returns how many there are; contents may be secret. */
    @Override
    public String toString() {
        return bytes.length + " bytes";
    }
}
