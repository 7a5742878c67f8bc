package io.pelagos.examples.cli;

import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.spec.TerminalSize;
import java.util.Optional;

/** The terminal that standard error leads to, wherever the other streams lead. */
final class ErrorTerminal {
    private static final int STDERR = 2;

    /** {@code asm-generic/ioctls.h}; what is no terminal answers it with ENOTTY. */
    private static final int TIOCGWINSZ = 0x5413;

    private ErrorTerminal() {}

    /** Returns how large it is, or empty when there is none, or one that only prints lines. */
    static Optional<TerminalSize> size(Kernel kernel) {
        var type = System.getenv("TERM");
        if (type == null || type.equals("dumb")) {
            return Optional.empty();
        }
        try (var memory = Memory.open()) {
            // struct winsize { unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel; }
            var words = memory.block(8);
            if (kernel.call(Syscall.IOCTL, STDERR, TIOCGWINSZ, words.address()) < 0) {
                return Optional.empty();
            }
            int rows = words.getShort(0) & 0xffff;
            int columns = words.getShort(2) & 0xffff;
            return Optional.of(
                    rows == 0 || columns == 0
                            ? TerminalSize.USUAL
                            : new TerminalSize(rows, columns));
        }
    }
}
