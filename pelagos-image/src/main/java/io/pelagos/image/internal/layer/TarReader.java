package io.pelagos.image.internal.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.pelagos.core.files.FileNames;
import io.pelagos.image.spec.BadContentException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads an archive of tar(1) file by file: POSIX's formats, GNU's long names, sparse files and
 * large numbers.
 *
 * <p>Layers come from strangers, so three things are needed that libraries for archives do not
 * give: no header is kept in memory before its size was looked at, names stay the bytes that they
 * are, and what follows the end of the archive is looked at.
 */
final class TarReader {
    private final InputStream in;
    private final UnpackLimits limits;
    private PaxRecords global = PaxRecords.none();

    /** What is left of the contents of the current file, and of the block after it. */
    private long rest;

    private long padding;
    private long headers;
    private long globals;

    TarReader(InputStream in, UnpackLimits limits) {
        this.in = in;
        this.limits = limits;
    }

    /** Returns the next file, or null after the last one. */
    @Nullable TarEntry next() throws IOException {
        skip(rest + padding);
        rest = 0;
        padding = 0;
        var pax = global;
        String longName = null;
        String longTarget = null;
        headers = 0;
        while (true) {
            var block = block();
            if (block == null) {
                return null;
            }
            var header = new TarHeader(block);
            switch (header.type()) {
                case 'x', 'X' -> pax = pax.with(contents(header));
                case 'g' -> {
                    var contents = contents(header);
                    // They are kept for all files that follow.
                    globals += contents.length;
                    if (globals > limits.header()) {
                        throw UnpackLimits.exceeded(
                                "header", limits.header(), "bytes of headers for all files");
                    }
                    global = global.with(contents);
                    pax = global;
                }
                case 'L' -> longName = text(contents(header));
                case 'K' -> longTarget = text(contents(header));
                case 'V' -> contents(header);
                default -> {
                    return entry(header, pax, longName, longTarget);
                }
            }
        }
    }

    /** Contents that belong to a header, of which there is enough memory for so many. */
    private byte[] contents(TarHeader header) throws IOException {
        headers += header.size() + TarHeader.BLOCK;
        if (headers > limits.header()) {
            throw UnpackLimits.exceeded("header", limits.header(), "bytes of headers of one file");
        }
        var bytes = readFully((int) header.size());
        skip(paddingOf(bytes.length));
        return bytes;
    }

    private static long paddingOf(long size) {
        return -size & (TarHeader.BLOCK - 1);
    }

    private static String text(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return FileNames.decode(Arrays.copyOf(bytes, end));
    }

    private TarEntry entry(
            TarHeader header,
            PaxRecords pax,
            @Nullable String longName,
            @Nullable String longTarget)
            throws IOException {
        var name = first(pax.path("GNU.sparse.name"), pax.path("path"), longName, header.name());
        var target = first(pax.path("linkpath"), longTarget, null, header.target());
        checkLength(name, "the name of a file");
        checkLength(target, "what " + name + " leads to");
        var type = type(header, name);
        long stored = pax.number("size", header.size());
        if (stored < 0) {
            throw new BadContentException("unpacking a layer: " + name + ": has a negative size");
        }
        // Only regular files have contents, whatever the header of a link says.
        boolean regular = type == TarEntry.Type.FILE;
        rest = regular ? stored : 0;
        padding = paddingOf(rest);
        if (type == TarEntry.Type.DIRECTORY && stored > 0) {
            rest = stored;
            padding = paddingOf(stored);
            skip(rest + padding);
            rest = 0;
            padding = 0;
        }
        var segments = regular ? segments(header, pax, stored) : List.<TarEntry.Segment>of();
        long size = regular ? size(header, pax, stored) : 0;
        check(name, segments, size);
        return new TarEntry(
                name,
                type,
                header.mode(),
                pax.number("uid", header.uid()),
                pax.number("gid", header.gid()),
                size,
                pax.time("mtime", Instant.ofEpochSecond(header.modified())),
                target,
                header.major(),
                header.minor(),
                pax.xattrs(limits),
                segments);
    }

    private static String first(
            @Nullable String one, @Nullable String two, @Nullable String three, String last) {
        return one != null ? one : two != null ? two : three != null ? three : last;
    }

    private void checkLength(String name, String what) {
        if (name.length() > limits.nameLength()) {
            throw UnpackLimits.exceeded(
                    "nameLength",
                    limits.nameLength(),
                    "characters of " + (what.length() > 100 ? what.substring(0, 100) + "…" : what));
        }
    }

    private static TarEntry.Type type(TarHeader header, String name) {
        return switch (header.type()) {
            // Before POSIX a directory was a file whose name ends with a slash.
            case '0', '\0', '7' ->
                    name.endsWith("/") ? TarEntry.Type.DIRECTORY : TarEntry.Type.FILE;
            case 'S' -> TarEntry.Type.FILE;
            case '1' -> TarEntry.Type.HARD_LINK;
            case '2' -> TarEntry.Type.SYMLINK;
            case '3' -> TarEntry.Type.CHARACTER_DEVICE;
            case '4' -> TarEntry.Type.BLOCK_DEVICE;
            case '5', 'D' -> TarEntry.Type.DIRECTORY;
            case '6' -> TarEntry.Type.FIFO;
            default ->
                    throw new BadContentException(
                            "unpacking a layer: "
                                    + name
                                    + ": is of a type that is not known: '"
                                    + header.type()
                                    + "'");
        };
    }

    private static long size(TarHeader header, PaxRecords pax, long stored) {
        if (header.type() == 'S') {
            return header.number(483, 12, "real size");
        }
        return pax.number("GNU.sparse.realsize", pax.number("GNU.sparse.size", stored));
    }

    private List<TarEntry.Segment> segments(TarHeader header, PaxRecords pax, long stored)
            throws IOException {
        if (header.type() == 'S') {
            return pairs(gnuSparse(header));
        }
        var map = pax.sparse();
        if (map != null) {
            return pairs(map);
        }
        return pax.number("GNU.sparse.major", 0) == 1
                ? pairs(sparseMap())
                : List.of(new TarEntry.Segment(0, stored));
    }

    /** Four segments in the header, then 21 in each block that follows. */
    private List<Long> gnuSparse(TarHeader header) throws IOException {
        var numbers = new ArrayList<Long>();
        for (int at = 386; at < 386 + 4 * 24; at += 12) {
            numbers.add(header.number(at, 12, "segment"));
        }
        boolean more = header.flag(482);
        while (more) {
            headers += TarHeader.BLOCK;
            if (headers > limits.header()) {
                throw UnpackLimits.exceeded(
                        "header", limits.header(), "bytes of headers of one file");
            }
            var block = new SparseBlock(readFully(TarHeader.BLOCK));
            block.addTo(numbers);
            more = block.isExtended();
        }
        return numbers;
    }

    /** The map before the contents: lines of decimal digits, then zeros to the end of the block. */
    private List<Long> sparseMap() throws IOException {
        var numbers = new ArrayList<Long>();
        var line = new StringBuilder();
        long wanted = 1;
        long used = 0;
        while (numbers.size() < wanted) {
            var block = new byte[TarHeader.BLOCK];
            if (read(block, 0, block.length) < block.length) {
                throw new EOFException("the archive ends within the map of a sparse file");
            }
            used += block.length;
            if (used > limits.header()) {
                throw UnpackLimits.exceeded(
                        "header", limits.header(), "bytes of headers of one file");
            }
            for (byte b : block) {
                if (b == '\n' && numbers.size() < wanted) {
                    numbers.add(decimal(line));
                    line.setLength(0);
                    wanted = numbers.size() == 1 ? 1 + 2 * Math.min(numbers.get(0), used) : wanted;
                } else if (numbers.size() < wanted) {
                    line.append((char) (b & 0xff));
                }
            }
        }
        return numbers.subList(1, numbers.size());
    }

    private static long decimal(CharSequence line) {
        try {
            return Long.parseLong(line.toString());
        } catch (NumberFormatException e) {
            throw new BadContentException(
                    "unpacking a layer: the map of a sparse file is damaged", e);
        }
    }

    private static List<TarEntry.Segment> pairs(List<Long> numbers) {
        var segments = new ArrayList<TarEntry.Segment>();
        for (int i = 0; i + 1 < numbers.size(); i += 2) {
            if (numbers.get(i + 1) != 0) {
                segments.add(new TarEntry.Segment(numbers.get(i), numbers.get(i + 1)));
            }
        }
        return segments;
    }

    private void check(String name, List<TarEntry.Segment> segments, long size) {
        long end = 0;
        long stored = 0;
        for (var segment : segments) {
            long next = segment.offset() + segment.length();
            if (segment.offset() < end || segment.length() < 0 || next < 0 || next > size) {
                throw new BadContentException(
                        "unpacking a layer: "
                                + name
                                + ": its sparse segments overlap or lie"
                                + " outside of it");
            }
            end = next;
            stored += segment.length();
        }
        if (stored > rest) {
            throw new BadContentException(
                    "unpacking a layer: " + name + ": has less in the archive than it says");
        }
    }

    /** Reads contents of the current file; 0 at their end. */
    int read(byte[] buffer, int at, int length) throws IOException {
        int wanted = (int) Math.min(length, rest);
        int count = wanted == 0 ? 0 : in.readNBytes(buffer, at, wanted);
        if (count < wanted) {
            throw new EOFException("the archive ends within a file");
        }
        rest -= count;
        return count;
    }

    private byte[] readFully(int size) throws IOException {
        var bytes = in.readNBytes(size);
        if (bytes.length < size) {
            throw new EOFException("the archive ends within a header");
        }
        return bytes;
    }

    private void skip(long count) throws IOException {
        try {
            in.skipNBytes(count);
        } catch (EOFException e) {
            throw new EOFException("the archive ends within a file");
        }
    }

    /** Returns a header, or null at the end: two blocks of zeros, and whatever zeros follow. */
    private byte @Nullable [] block() throws IOException {
        var block = in.readNBytes(TarHeader.BLOCK);
        if (block.length == 0) {
            return null;
        }
        if (block.length < TarHeader.BLOCK) {
            throw new EOFException("the archive ends within a header");
        }
        if (!TarHeader.isZero(block)) {
            return block;
        }
        while (true) {
            var more = in.readNBytes(TarHeader.BLOCK);
            if (more.length == 0) {
                return null;
            }
            if (!TarHeader.isZero(more)) {
                throw new BadContentException(
                        "unpacking a layer: something follows the end of the archive");
            }
        }
    }

    /** One block with 21 segments of a sparse file. */
    private static final class SparseBlock {
        private static final int END = 21 * 24;

        private final byte[] block;

        SparseBlock(byte[] block) {
            this.block = block;
        }

        boolean isExtended() {
            return block[END] != 0;
        }

        void addTo(List<Long> numbers) {
            for (int at = 0; at < END; at += 12) {
                var text = new String(block, at, 12, US_ASCII).replace('\0', ' ').strip();
                try {
                    numbers.add(text.isEmpty() ? 0 : Long.parseLong(text, 8));
                } catch (NumberFormatException e) {
                    throw new BadContentException(
                            "unpacking a layer: the map of a sparse file is damaged", e);
                }
            }
        }
    }
}
