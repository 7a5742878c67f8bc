package io.pelagos.image.internal.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.pelagos.core.files.FileNames;
import io.pelagos.core.spec.Bytes;
import io.pelagos.image.spec.BadContentException;
import java.math.BigDecimal;
import java.net.URLDecoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What an extended header of pax(1) says: {@code "%d %s=%s\n"}, the length of the record, a key and
 * a value. An empty value takes back what an earlier header said.
 */
final class PaxRecords {
    private static final String SCHILY = "SCHILY.xattr.";
    private static final String LIBARCHIVE = "LIBARCHIVE.xattr.";
    private static final int DIGITS = 10;

    private final Map<String, byte[]> records;

    /** GNU's first form of sparse files repeats keys: where each segment begins, how long it is. */
    private final List<Long> sparse;

    private PaxRecords(Map<String, byte[]> records, List<Long> sparse) {
        this.records = records;
        this.sparse = sparse;
    }

    static PaxRecords none() {
        return new PaxRecords(Map.of(), List.of());
    }

    /** Returns these records with what another header adds. */
    PaxRecords with(byte[] header) {
        var all = new LinkedHashMap<>(records);
        var segments = new ArrayList<>(sparse);
        for (int at = 0; at < header.length && header[at] != 0; ) {
            int space = at;
            while (space < header.length && header[space] >= '0' && header[space] <= '9') {
                space++;
            }
            if (space == at || space - at > DIGITS || space == header.length) {
                throw bad();
            }
            long length = Long.parseLong(new String(header, at, space - at, US_ASCII));
            long end = at + length;
            if (header[space] != ' ' || end > header.length || end - 1 <= space) {
                throw bad();
            }
            int equals = space + 1;
            while (equals < end - 1 && header[equals] != '=') {
                equals++;
            }
            if (header[(int) end - 1] != '\n' || equals >= end - 1) {
                throw bad();
            }
            var key = new String(header, space + 1, equals - space - 1, UTF_8);
            var value = Arrays.copyOfRange(header, equals + 1, (int) end - 1);
            if (key.equals("GNU.sparse.offset") || key.equals("GNU.sparse.numbytes")) {
                segments.add(number(key, value));
            } else if (value.length == 0) {
                all.remove(key);
            } else {
                all.put(key, value);
            }
            at = (int) end;
        }
        return new PaxRecords(all, segments);
    }

    private static BadContentException bad() {
        return new BadContentException(
                "unpacking a layer: an extended header is not as pax(1) has it: it is damaged");
    }

    boolean has(String key) {
        return records.containsKey(key);
    }

    @Nullable String path(String key) {
        var value = records.get(key);
        if (value == null) {
            return null;
        }
        for (byte b : value) {
            if (b == 0) {
                throw new BadContentException(
                        "unpacking a layer: " + key + " of an extended header has a NUL");
            }
        }
        return FileNames.decode(value);
    }

    long number(String key, long otherwise) {
        var value = records.get(key);
        return value == null ? otherwise : number(key, value);
    }

    private static long number(String key, byte[] value) {
        try {
            return Long.parseLong(new String(value, US_ASCII));
        } catch (NumberFormatException e) {
            throw new BadContentException(
                    "unpacking a layer: " + key + " of an extended header is no number", e);
        }
    }

    /** Seconds with a fraction. */
    Instant time(String key, Instant otherwise) {
        var value = records.get(key);
        if (value == null) {
            return otherwise;
        }
        try {
            var seconds = new BigDecimal(new String(value, US_ASCII));
            if (seconds.precision() > 40 || Math.abs(seconds.scale()) > 40) {
                throw new NumberFormatException();
            }
            var nanos = seconds.movePointRight(9).toBigInteger();
            var parts = nanos.divideAndRemainder(java.math.BigInteger.valueOf(1_000_000_000));
            return Instant.ofEpochSecond(parts[0].longValueExact(), parts[1].longValueExact());
        } catch (NumberFormatException | ArithmeticException e) {
            throw new BadContentException(
                    "unpacking a layer: " + key + " of an extended header is no time", e);
        }
    }

    /** The attributes of star and GNU tar, raw; and those of libarchive, in base64. */
    Map<String, Bytes> xattrs(UnpackLimits limits) {
        var all = new TreeMap<String, Bytes>();
        records.forEach(
                (key, value) -> {
                    if (key.startsWith(LIBARCHIVE)) {
                        all.put(
                                URLDecoder.decode(key.substring(LIBARCHIVE.length()), UTF_8),
                                Bytes.of(base64(key, value)));
                    }
                });
        records.forEach(
                (key, value) -> {
                    if (key.startsWith(SCHILY)) {
                        all.put(key.substring(SCHILY.length()), Bytes.of(value));
                    }
                });
        all.forEach(
                (name, value) -> {
                    if (value.size() > limits.xattr()) {
                        throw UnpackLimits.exceeded(
                                "xattr", limits.xattr(), "bytes of the attribute " + name);
                    }
                });
        return all;
    }

    private static byte[] base64(String key, byte[] value) {
        try {
            return Base64.getMimeDecoder().decode(value);
        } catch (IllegalArgumentException e) {
            throw new BadContentException("unpacking a layer: " + key + " is no base64", e);
        }
    }

    /** What the first two forms of sparse files say in the header, or null. */
    @Nullable List<Long> sparse() {
        if (!sparse.isEmpty()) {
            return sparse;
        }
        var map = records.get("GNU.sparse.map");
        if (map == null) {
            return null;
        }
        var numbers = new ArrayList<Long>();
        for (var part : new String(map, US_ASCII).split(",", -1)) {
            numbers.add(number("GNU.sparse.map", part.getBytes(US_ASCII)));
        }
        return numbers;
    }
}
