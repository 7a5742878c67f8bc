package io.pelagos.core.kernel;

import java.util.Arrays;

/** A file in memory, see memfd_create(2). */
final class SimulatedMemfd extends SimulatedFile {
    private static final int F_SEAL_SEAL = 1;
    private static final int F_SEAL_SHRINK = 2;
    private static final int F_SEAL_GROW = 4;
    private static final int F_SEAL_WRITE = 8;
    private static final int SEEK_CUR = 1;
    private static final int SEEK_END = 2;

    private byte[] content = {};
    private int position;
    private int seals;

    @Override
    byte[] take(SimulatedProcess reader, int max) {
        var bytes = readAt(position, max);
        position += bytes.length;
        return bytes;
    }

    @Override
    long put(byte[] bytes) {
        long count = writeAt(position, bytes);
        position += Math.toIntExact(Math.max(count, 0));
        return count;
    }

    byte[] readAt(long offset, int max) {
        int from = (int) Math.min(offset, content.length);
        return Arrays.copyOfRange(content, from, Math.min(content.length, from + max));
    }

    long writeAt(long offset, byte[] bytes) {
        int end = Math.toIntExact(offset + bytes.length);
        if (sealed(F_SEAL_WRITE) || (end > content.length && sealed(F_SEAL_GROW))) {
            return -Errno.EPERM.number();
        }
        content = Arrays.copyOf(content, Math.max(content.length, end));
        System.arraycopy(bytes, 0, content, (int) offset, bytes.length);
        return bytes.length;
    }

    long truncate(long size) {
        if ((size < content.length && sealed(F_SEAL_SHRINK))
                || (size > content.length && sealed(F_SEAL_GROW))) {
            return -Errno.EPERM.number();
        }
        content = Arrays.copyOf(content, Math.toIntExact(size));
        return 0;
    }

    long seek(long offset, int whence) {
        long base = whence == SEEK_END ? content.length : whence == SEEK_CUR ? position : 0;
        if (base + offset < 0 || base + offset > Integer.MAX_VALUE) {
            return -Errno.EINVAL.number();
        }
        position = (int) (base + offset);
        return position;
    }

    private boolean sealed(int seal) {
        return (seals & seal) != 0;
    }

    int seals() {
        return seals;
    }

    long seal(int more) {
        if (sealed(F_SEAL_SEAL)) {
            return -Errno.EPERM.number();
        }
        seals |= more;
        return 0;
    }
}
