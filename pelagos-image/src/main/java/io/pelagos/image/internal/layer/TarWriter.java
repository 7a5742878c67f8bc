package io.pelagos.image.internal.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.pelagos.core.files.FileNames;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes an archive of tar(1) file by file, the same bytes for the same files: POSIX's {@code
 * ustar}, with an extended header of pax(1) for what has no room in it.
 *
 * <p>The library that writes other archives cannot write what layers need: names and values of
 * extended attributes that are no text in UTF-8, such as file capabilities.
 */
public final class TarWriter implements FileSink {
    private static final int BLOCK = 512;
    private static final int NAME = 100;
    private static final int COPY = 1 << 16;

    /** Seven octal digits. */
    private static final long LARGEST_ID = 07777777;

    /** Eleven octal digits. */
    private static final long LARGEST_NUMBER = 077777777777L;

    private final OutputStream out;
    private final byte[] buffer = new byte[COPY];

    /**
     * Begins an archive.
     *
     * @param out where to; not closed
     */
    public TarWriter(OutputStream out) {
        this.out = out;
    }

    @Override
    public void add(FileEntry entry, InputStream contents) throws IOException {
        boolean directory = entry.type() == FileEntry.Type.DIRECTORY;
        var name = FileNames.bytes(entry.path().isEmpty() ? "./" : entry.path() + suffix(entry));
        var target = FileNames.bytes(entry.target());
        long size = entry.type() == FileEntry.Type.FILE ? entry.size() : 0;
        var records = records(entry, name, target, size);
        if (!records.isEmpty()) {
            var extended = extended(records);
            // Its name matters to nobody; it must only be the same each time.
            var header = new Header('x', "PaxHeader".getBytes(US_ASCII));
            header.octal(100, 8, 0644);
            header.octal(124, 12, extended.length);
            out.write(header.bytes());
            out.write(extended);
            pad(extended.length);
        }
        var header = new Header(type(entry.type()), name);
        header.octal(100, 8, entry.mode().bits());
        header.octal(108, 8, entry.uid() > LARGEST_ID ? 0 : entry.uid());
        header.octal(116, 8, entry.gid() > LARGEST_ID ? 0 : entry.gid());
        header.octal(124, 12, size > LARGEST_NUMBER ? 0 : size);
        long seconds = entry.modified().getEpochSecond();
        header.octal(136, 12, seconds < 0 || seconds > LARGEST_NUMBER ? 0 : seconds);
        header.text(157, target);
        if (isDevice(entry.type())) {
            header.octal(329, 8, entry.major());
            header.octal(337, 8, entry.minor());
        }
        out.write(header.bytes());
        if (!directory && size > 0) {
            copy(entry, contents, size);
        }
    }

    private static String suffix(FileEntry entry) {
        return entry.type() == FileEntry.Type.DIRECTORY ? "/" : "";
    }

    private static boolean isDevice(FileEntry.Type type) {
        return type == FileEntry.Type.CHARACTER_DEVICE || type == FileEntry.Type.BLOCK_DEVICE;
    }

    private static char type(FileEntry.Type type) {
        return switch (type) {
            case FILE -> '0';
            case HARD_LINK -> '1';
            case SYMLINK -> '2';
            case CHARACTER_DEVICE -> '3';
            case BLOCK_DEVICE -> '4';
            case DIRECTORY -> '5';
            case FIFO -> '6';
        };
    }

    private static Map<String, byte[]> records(
            FileEntry entry, byte[] name, byte[] target, long size) {
        var records = new TreeMap<String, byte[]>();
        if (name.length > NAME) {
            records.put("path", name);
        }
        if (target.length > NAME) {
            records.put("linkpath", target);
        }
        putLarge(records, "uid", entry.uid(), LARGEST_ID);
        putLarge(records, "gid", entry.gid(), LARGEST_ID);
        putLarge(records, "size", size, LARGEST_NUMBER);
        var time = entry.modified();
        if (time.getNano() != 0
                || time.getEpochSecond() < 0
                || time.getEpochSecond() > LARGEST_NUMBER) {
            records.put("mtime", decimal(time).getBytes(US_ASCII));
        }
        // A hard link is another name of a file that has its attributes already.
        if (entry.type() != FileEntry.Type.HARD_LINK) {
            entry.xattrs()
                    .forEach((key, value) -> records.put("SCHILY.xattr." + key, value.toArray()));
        }
        return records;
    }

    private static void putLarge(
            Map<String, byte[]> records, String key, long value, long largest) {
        if (value > largest) {
            records.put(key, Long.toString(value).getBytes(US_ASCII));
        }
    }

    /** Seconds with as many digits after the point as are needed; -0.25 is 0.25 s before 1970. */
    private static String decimal(Instant time) {
        return new java.math.BigDecimal(time.getEpochSecond())
                .add(java.math.BigDecimal.valueOf(time.getNano(), 9))
                .stripTrailingZeros()
                .toPlainString();
    }

    /** Lines of {@code "%d %s=%s\n"}, where the number is the length of the line with itself. */
    private static byte[] extended(Map<String, byte[]> records) {
        var all = new ByteArrayOutputStream();
        records.forEach(
                (key, value) -> {
                    var name = FileNames.bytes(key);
                    int rest = name.length + value.length + 3;
                    int length = rest + Integer.toString(rest).length();
                    if (rest + Integer.toString(length).length() != length) {
                        length++;
                    }
                    all.writeBytes((length + " ").getBytes(US_ASCII));
                    all.writeBytes(name);
                    all.write('=');
                    all.writeBytes(value);
                    all.write('\n');
                });
        return all.toByteArray();
    }

    private void copy(FileEntry entry, InputStream contents, long size) throws IOException {
        for (long left = size; left > 0; ) {
            int count = contents.read(buffer, 0, (int) Math.min(left, buffer.length));
            if (count < 0) {
                throw new IOException(
                        "packing "
                                + entry.path()
                                + ": it has become shorter than its "
                                + size
                                + " bytes while it was read");
            }
            out.write(buffer, 0, count);
            left -= count;
        }
        pad(size);
    }

    private void pad(long size) throws IOException {
        out.write(new byte[(int) (-size & (BLOCK - 1))]);
    }

    /** Writes the two blocks of zeros at the end. */
    @Override
    public void close() throws IOException {
        out.write(new byte[2 * BLOCK]);
        out.flush();
    }

    /** A header that is being filled in, see tar(5). */
    private static final class Header {
        private final byte[] block = new byte[BLOCK];

        Header(char type, byte[] name) {
            text(0, name);
            octal(108, 8, 0);
            octal(116, 8, 0);
            octal(124, 12, 0);
            octal(136, 12, 0);
            block[156] = (byte) type;
            text(257, "ustar\00000".getBytes(US_ASCII));
        }

        /** What is longer than a name may be is cut: an extended header has all of it. */
        void text(int at, byte[] bytes) {
            System.arraycopy(bytes, 0, block, at, Math.min(bytes.length, NAME));
        }

        void octal(int at, int length, long value) {
            var digits = Long.toOctalString(value);
            int first = at + length - 1 - digits.length();
            java.util.Arrays.fill(block, at, first, (byte) '0');
            text(first, digits.getBytes(US_ASCII));
        }

        byte[] bytes() {
            java.util.Arrays.fill(block, 148, 156, (byte) ' ');
            int sum = 0;
            for (byte b : block) {
                sum += b & 0xff;
            }
            octal(148, 7, sum);
            block[154] = 0;
            return block;
        }
    }
}
