package io.pelagos.core.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * Memory outside the heap for the arguments of system calls, freed as a whole on close.
 *
 * <p>It belongs to the thread that opened it. Numbers are stored in the byte order of the machine,
 * which is little endian on every architecture that Pelagos supports.
 */
public final class Memory implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();

    private Memory() {}

    /**
     * Opens an empty memory.
     *
     * @return the memory, to be closed by the same thread
     */
    public static Memory open() {
        return new Memory();
    }

    /**
     * Allocates zeroed bytes, aligned to eight.
     *
     * @param size how many bytes
     * @return the block
     */
    public Block block(long size) {
        return new Block(arena.allocate(Math.max(size, 1), 8));
    }

    /**
     * Allocates a copy of some bytes.
     *
     * @param bytes what to copy
     * @return the block
     */
    public Block bytes(byte[] bytes) {
        var block = block(bytes.length);
        block.put(0, bytes);
        return block;
    }

    /**
     * Allocates a string of the C language: UTF-8 and a final NUL.
     *
     * @param text a text without NUL
     * @return the address of its first byte
     * @throws IllegalArgumentException when the text contains NUL
     */
    public long string(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character in \"" + text + "\"");
        }
        return arena.allocateFrom(text, StandardCharsets.UTF_8).address();
    }

    /** Frees everything that was allocated. */
    @Override
    public void close() {
        arena.close();
    }

    /** Some bytes of a {@link Memory}. */
    public static final class Block {
        private final MemorySegment segment;

        private Block(MemorySegment segment) {
            this.segment = segment;
        }

        /**
         * Returns where the block is.
         *
         * @return the address of its first byte, as a system call takes it
         */
        public long address() {
            return segment.address();
        }

        /**
         * Returns how large the block is.
         *
         * @return the size in bytes
         */
        public long size() {
            return segment.byteSize();
        }

        /**
         * Reads a 16-bit number.
         *
         * @param offset where, in bytes
         * @return the number
         */
        public short getShort(long offset) {
            return segment.get(JAVA_SHORT_UNALIGNED, offset);
        }

        /**
         * Reads a 32-bit number.
         *
         * @param offset where, in bytes
         * @return the number
         */
        public int getInt(long offset) {
            return segment.get(JAVA_INT_UNALIGNED, offset);
        }

        /**
         * Reads a 64-bit number.
         *
         * @param offset where, in bytes
         * @return the number
         */
        public long getLong(long offset) {
            return segment.get(JAVA_LONG_UNALIGNED, offset);
        }

        /**
         * Reads bytes.
         *
         * @param offset where, in bytes
         * @param length how many
         * @return a copy
         */
        public byte[] get(long offset, int length) {
            return segment.asSlice(offset, length).toArray(JAVA_BYTE);
        }

        /**
         * Reads bytes into an array.
         *
         * @param offset where in this block, in bytes
         * @param into where they go
         * @param at the first index that is written
         * @param length how many
         */
        public void get(long offset, byte[] into, int at, int length) {
            MemorySegment.copy(segment, JAVA_BYTE, offset, into, at, length);
        }

        /**
         * Reads a string of the C language.
         *
         * @param offset where it begins
         * @return the text up to the first NUL
         */
        public String getString(long offset) {
            return segment.getString(offset, StandardCharsets.UTF_8);
        }

        /**
         * Writes a 16-bit number.
         *
         * @param offset where, in bytes
         * @param value the number
         * @return this
         */
        public Block putShort(long offset, int value) {
            segment.set(JAVA_SHORT_UNALIGNED, offset, (short) value);
            return this;
        }

        /**
         * Writes a 32-bit number.
         *
         * @param offset where, in bytes
         * @param value the number
         * @return this
         */
        public Block putInt(long offset, int value) {
            segment.set(JAVA_INT_UNALIGNED, offset, value);
            return this;
        }

        /**
         * Writes a 64-bit number.
         *
         * @param offset where, in bytes
         * @param value the number
         * @return this
         */
        public Block putLong(long offset, long value) {
            segment.set(JAVA_LONG_UNALIGNED, offset, value);
            return this;
        }

        /**
         * Writes bytes.
         *
         * @param offset where, in bytes
         * @param bytes what
         * @return this
         */
        public Block put(long offset, byte[] bytes) {
            return put(offset, bytes, 0, bytes.length);
        }

        /**
         * Writes a part of an array.
         *
         * @param offset where in this block, in bytes
         * @param bytes what
         * @param at the first index that is read
         * @param length how many
         * @return this
         */
        public Block put(long offset, byte[] bytes, int at, int length) {
            MemorySegment.copy(bytes, at, segment, JAVA_BYTE, offset, length);
            return this;
        }
    }
}
