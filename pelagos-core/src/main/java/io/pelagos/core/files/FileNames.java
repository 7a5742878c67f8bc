package io.pelagos.core.files;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * File names as texts without loss. A name on Linux is bytes; those that are no UTF-8 become halves
 * of surrogate pairs, U+DC80 to U+DCFF, which no text in UTF-8 can contain.
 */
public final class FileNames {
    private static final char ESCAPE = 0xDC00;

    private FileNames() {}

    /**
     * Returns a name as a text.
     *
     * @param name any bytes
     * @return the text that {@link FileCalls} takes for these bytes
     */
    public static String decode(byte[] name) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(name)).toString();
        } catch (CharacterCodingException _) {
            var text = new StringBuilder(name.length);
            for (byte b : name) {
                text.append(b >= 0 ? (char) b : (char) (ESCAPE | (b & 0xff)));
            }
            return text.toString();
        }
    }

    /**
     * Returns the bytes of a name.
     *
     * @param name a text, such as {@link #decode} gives it
     * @return its bytes
     */
    public static byte[] bytes(String name) {
        var terminated = encode(name);
        return Arrays.copyOf(terminated, terminated.length - 1);
    }

    /** Returns the bytes and a final NUL. */
    static byte[] encode(String name) {
        var bytes = ByteBuffer.allocate(3 * name.length() + 1);
        int at = 0;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (isEscape(c) && (i == 0 || !Character.isHighSurrogate(name.charAt(i - 1)))) {
                bytes.put(StandardCharsets.UTF_8.encode(CharBuffer.wrap(name, at, i)));
                bytes.put((byte) c);
                at = i + 1;
            }
        }
        bytes.put(StandardCharsets.UTF_8.encode(CharBuffer.wrap(name, at, name.length())));
        bytes.put((byte) 0);
        var result = new byte[bytes.position()];
        bytes.flip().get(result);
        return result;
    }

    private static boolean isEscape(char c) {
        return c >= (ESCAPE | 0x80) && c <= (ESCAPE | 0xff);
    }
}
