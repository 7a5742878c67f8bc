package io.pelagos.core.spec;

/**
 * Permission bits of a file, see chmod(2).
 *
 * @param bits 0 to 07777
 */
public record FileMode(int bits) implements CopySetting {
    /** Checks the bits. */
    public FileMode {
        if ((bits & ~07777) != 0) {
            throw new IllegalArgumentException(
                    "file mode 0" + Integer.toOctalString(bits) + ": must be 0 to 07777");
        }
    }

    /**
     * Reads octal digits.
     *
     * @param octal for example {@code 0640}
     * @return the mode
     */
    public static FileMode of(String octal) {
        if (!octal.matches("[0-7]{1,5}")) {
            throw new IllegalArgumentException("file mode \"" + octal + "\": must be octal digits");
        }
        return new FileMode(Integer.parseInt(octal, 8));
    }

    /** Returns four octal digits. */
    @Override
    public String toString() {
        return "%04o".formatted(bits);
    }
}
