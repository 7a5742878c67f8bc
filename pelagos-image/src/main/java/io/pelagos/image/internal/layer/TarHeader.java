package io.pelagos.image.internal.layer;

import io.pelagos.core.files.FileNames;
import io.pelagos.image.spec.BadContentException;
import java.util.Arrays;

/**
 * A block of 512 bytes before each file of an archive, see tar(5): POSIX's {@code ustar}, GNU's
 * format, and the one before both.
 */
final class TarHeader {
    static final int BLOCK = 512;

    private static final int CHECKSUM = 148;
    private static final int CHECKSUM_END = 156;
    private static final int MAGIC = 257;
    private static final int PREFIX = 345;
    private static final int BASE_256 = 0x80;

    private final byte[] block;

    TarHeader(byte[] block) {
        this.block = block;
        checkSum();
    }

    static boolean isZero(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /** Some old programs have added signed bytes. */
    private void checkSum() {
        long unsigned = 0;
        long signed = 0;
        for (int i = 0; i < BLOCK; i++) {
            int b = i >= CHECKSUM && i < CHECKSUM_END ? ' ' : block[i];
            unsigned += b & 0xff;
            signed += b;
        }
        long said = number(CHECKSUM, 8, "checksum");
        if (said != unsigned && said != signed) {
            throw new BadContentException(
                    "unpacking a layer: a header's checksum is wrong: this is no tar archive, or"
                            + " it is damaged");
        }
    }

    char type() {
        return (char) (block[156] & 0xff);
    }

    boolean isPosix() {
        return startsWith("ustar\0");
    }

    boolean isGnu() {
        return startsWith("ustar ");
    }

    private boolean startsWith(String magic) {
        for (int i = 0; i < magic.length(); i++) {
            if (block[MAGIC + i] != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    String name() {
        var name = text(0, 100);
        var prefix = isPosix() ? text(PREFIX, 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    int mode() {
        return (int) number(100, 8, "mode") & 07777;
    }

    long uid() {
        return number(108, 8, "uid");
    }

    long gid() {
        return number(116, 8, "gid");
    }

    long size() {
        long size = number(124, 12, "size");
        if (size < 0) {
            throw new BadContentException(
                    "unpacking a layer: " + name() + ": has the size " + size);
        }
        return size;
    }

    long modified() {
        return number(136, 12, "mtime");
    }

    String target() {
        return text(157, 100);
    }

    int major() {
        return device(329);
    }

    int minor() {
        return device(337);
    }

    boolean flag(int at) {
        return block[at] != 0;
    }

    private int device(int at) {
        return isPosix() || isGnu() ? (int) number(at, 8, "device number") : 0;
    }

    private String text(int at, int length) {
        int end = at;
        while (end < at + length && block[end] != 0) {
            end++;
        }
        return FileNames.decode(Arrays.copyOfRange(block, at, end));
    }

    /** Octal digits, or since they are too few for large numbers, two's complement in base 256. */
    long number(int at, int length, String what) {
        if ((block[at] & BASE_256) != 0) {
            return base256(at, length, what);
        }
        long value = 0;
        boolean digits = false;
        for (int i = at; i < at + length; i++) {
            byte b = block[i];
            if (b >= '0' && b <= '7') {
                value = (value << 3) | (b - '0');
                digits = true;
            } else if ((b == ' ' || b == 0) && digits) {
                break;
            } else if (b != ' ' && b != 0) {
                throw bad(what);
            }
        }
        return value;
    }

    private long base256(int at, int length, String what) {
        boolean negative = (block[at] & 0x40) != 0;
        long value = negative ? -1 : 0;
        for (int i = at; i < at + length; i++) {
            int b = i == at ? block[i] & 0x3f : block[i] & 0xff;
            if (i == at && negative) {
                b |= ~0x3f;
            }
            boolean full = negative ? value < Long.MIN_VALUE >> 8 : value > Long.MAX_VALUE >> 8;
            if (full) {
                throw bad(what);
            }
            value = (value << 8) | (b & 0xff);
        }
        return value;
    }

    private BadContentException bad(String what) {
        return new BadContentException(
                "unpacking a layer: a header's " + what + " is no number: it is damaged");
    }
}
