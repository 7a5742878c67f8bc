package io.pelagos.core;

/** The last bytes of many; takes no more room than there were bytes. Not safe for threads. */
final class ByteTail {
    private static final int LEAST = 256;

    private final int most;
    private byte[] ring = new byte[0];
    private int size;

    /** Where the next byte goes; the oldest is there once the ring is full. */
    private int next;

    ByteTail(int most) {
        this.most = most;
    }

    void add(byte[] bytes, int offset, int length) {
        int count = Math.min(length, most);
        int from = offset + length - count;
        grow(size + count);
        int first = Math.min(count, ring.length - next);
        System.arraycopy(bytes, from, ring, next, first);
        System.arraycopy(bytes, from + first, ring, 0, count - first);
        next = (next + count) % ring.length;
        size = Math.min(size + count, ring.length);
    }

    private void grow(int wanted) {
        if (wanted <= ring.length || ring.length == most) {
            return;
        }
        var larger = new byte[Math.min(most, Math.max(LEAST, Integer.highestOneBit(wanted) << 1))];
        var all = bytes();
        System.arraycopy(all, 0, larger, 0, all.length);
        ring = larger;
        next = size % larger.length;
    }

    /** Returns them, the oldest first. */
    byte[] bytes() {
        var all = new byte[size];
        if (size > 0) {
            int start = Math.floorMod(next - size, ring.length);
            int first = Math.min(size, ring.length - start);
            System.arraycopy(ring, start, all, 0, first);
            System.arraycopy(ring, 0, all, first, size - first);
        }
        return all;
    }
}
