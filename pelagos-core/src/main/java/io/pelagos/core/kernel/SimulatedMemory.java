package io.pelagos.core.kernel;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a simulated process finds at an address. */
sealed interface SimulatedMemory {
    /** An address that the process may not use, which a real kernel reports as {@code EFAULT}. */
    final class Fault extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Fault(long address) {
            super("bad address 0x" + Long.toHexString(address));
        }
    }

    byte[] read(long address, int length);

    void write(long address, byte[] bytes);

    default int readInt(long address) {
        return little(read(address, 4)).getInt();
    }

    default long readLong(long address) {
        return little(read(address, 8)).getLong();
    }

    default void writeInt(long address, int value) {
        var bytes = new byte[4];
        little(bytes).putInt(value);
        write(address, bytes);
    }

    default void writeLong(long address, long value) {
        var bytes = new byte[8];
        little(bytes).putLong(value);
        write(address, bytes);
    }

    /** Reads a string of the C language. */
    default String readString(long address) {
        var out = new ByteArrayOutputStream();
        for (long at = address; ; at++) {
            byte next = read(at, 1)[0];
            if (next == 0) {
                return out.toString(StandardCharsets.UTF_8);
            }
            out.write(next);
        }
    }

    /** Reads strings from a vector of pointers that ends with a null pointer, as execve(2) does. */
    default List<String> readStrings(long address) {
        var strings = new ArrayList<String>();
        for (long at = address; at != 0; at += 8) {
            long pointer = readLong(at);
            if (pointer == 0) {
                break;
            }
            strings.add(readString(pointer));
        }
        return strings;
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The data segment of a plan, which each process has for itself. */
    final class OfPlan implements SimulatedMemory {
        private final byte[] data;

        private OfPlan(byte[] data) {
            this.data = data;
        }

        static OfPlan of(LaunchPlan plan) {
            return new OfPlan(Arrays.copyOf(plan.data(), plan.dataSize()));
        }

        OfPlan copy() {
            return new OfPlan(data.clone());
        }

        @Override
        public byte[] read(long address, int length) {
            int from = offset(address, length);
            return Arrays.copyOfRange(data, from, from + length);
        }

        @Override
        public void write(long address, byte[] bytes) {
            System.arraycopy(bytes, 0, data, offset(address, bytes.length), bytes.length);
        }

        private int offset(long address, int length) {
            long offset = address - LaunchPlan.DATA;
            if (offset < 0 || length < 0 || offset + length > data.length) {
                throw new Fault(address);
            }
            return (int) offset;
        }
    }

    /** The memory of this JVM, where the arguments of its own calls lie. */
    final class OfJvm implements SimulatedMemory {
        @Override
        public byte[] read(long address, int length) {
            return at(address, length).toArray(ValueLayout.JAVA_BYTE);
        }

        @Override
        public void write(long address, byte[] bytes) {
            MemorySegment.copy(
                    bytes, 0, at(address, bytes.length), ValueLayout.JAVA_BYTE, 0, bytes.length);
        }

        @SuppressWarnings("restricted") // The caller of Kernel.call vouches for its addresses.
        private static MemorySegment at(long address, int length) {
            if (length < 0 || (address == 0 && length > 0)) {
                throw new Fault(address);
            }
            return MemorySegment.ofAddress(address).reinterpret(length);
        }
    }
}
