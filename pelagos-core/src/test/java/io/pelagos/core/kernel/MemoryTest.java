package io.pelagos.core.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MemoryTest {
    @Test
    void aBlockIsZeroedAndAligned() {
        try (var memory = Memory.open()) {
            memory.block(3);
            var block = memory.block(24);
            assertThat(block.size()).isEqualTo(24);
            assertThat(block.address() % 8).isZero();
            assertThat(block.get(0, 24)).containsOnly(0);
        }
    }

    @Test
    void numbersAreLittleEndianAndMayBeUnaligned() {
        try (var memory = Memory.open()) {
            var block = memory.block(16).putShort(0, 0xBEEF).putInt(3, 0x01020304);
            block.putLong(8, -2);
            assertThat(block.getShort(0)).isEqualTo((short) 0xBEEF);
            assertThat(block.getInt(3)).isEqualTo(0x01020304);
            assertThat(block.getLong(8)).isEqualTo(-2);
            assertThat(block.get(3, 4)).containsExactly(4, 3, 2, 1);
        }
    }

    @Test
    void bytesAreCopiedInAndOut() {
        try (var memory = Memory.open()) {
            var block = memory.bytes("hello\0world".getBytes(UTF_8));
            var into = new byte[5];
            block.get(6, into, 1, 3);
            assertThat(into).containsExactly(0, 'w', 'o', 'r', 0);
            assertThat(block.getString(0)).isEqualTo("hello");
            block.put(0, "xyz".getBytes(UTF_8), 1, 2);
            assertThat(block.getString(0)).isEqualTo("yzllo");
        }
    }

    @Test
    void theKernelReadsAStringAtItsAddress() {
        var kernel = new LinuxKernel();
        try (var memory = Memory.open()) {
            long result = kernel.call(Syscall.FACCESSAT2, -100, memory.string("/proc/ü"), 0, 0);
            assertThat(result).isEqualTo(-Errno.ENOENT.number());
            assertThat(kernel.call(Syscall.FACCESSAT2, -100, memory.string("/proc"), 0, 0))
                    .isZero();
        }
    }

    @Test
    void aStringWithNulIsRefused() {
        try (var memory = Memory.open()) {
            assertThatThrownBy(() -> memory.string("a\0b"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a NUL character in");
        }
    }

    @Test
    void nothingOutsideOfABlockIsTouched() {
        try (var memory = Memory.open()) {
            var block = memory.block(8);
            assertThatThrownBy(() -> block.putLong(1, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> block.getInt(5)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void aBlockIsGoneWhenItsMemoryIsClosed() {
        var memory = Memory.open();
        var block = memory.block(8);
        memory.close();
        assertThatThrownBy(() -> block.getInt(0)).isInstanceOf(IllegalStateException.class);
    }
}
