package io.pelagos.core.security;

import io.pelagos.core.kernel.Architecture;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The architectures that a seccomp profile can name: {@code SCMP_ARCH_*} of the OCI runtime
 * specification and of libseccomp.
 *
 * <p>A process of one machine can enter the kernel in several ways (64-bit x86 code can make 32-bit
 * calls with {@code int 0x80}), each with its own numbers, so a filter has to know each of them. A
 * profile can name them all; filters are compiled for those of x86_64 and aarch64.
 */
public enum SeccompArch {
    /** 32-bit x86. */
    X86(0x40000003),
    /** 64-bit x86. */
    X86_64(0xC000003E),
    /** 64-bit x86 with 32-bit pointers: the numbers have {@link #X32_BIT} set. */
    X32(0xC000003E),
    /** 32-bit Arm, EABI. */
    ARM(0x40000028),
    /** 64-bit Arm. */
    AARCH64(0xC00000B7),
    /** 32-bit MIPS. */
    MIPS(0x00000008),
    /** 64-bit MIPS. */
    MIPS64(0x80000008),
    /** 64-bit MIPS with 32-bit pointers. */
    MIPS64N32(0xA0000008),
    /** 32-bit MIPS, little endian. */
    MIPSEL(0x40000008),
    /** 64-bit MIPS, little endian. */
    MIPSEL64(0xC0000008),
    /** 64-bit MIPS with 32-bit pointers, little endian. */
    MIPSEL64N32(0xE0000008),
    /** 32-bit PowerPC. */
    PPC(0x00000014),
    /** 64-bit PowerPC. */
    PPC64(0x80000015),
    /** 64-bit PowerPC, little endian. */
    PPC64LE(0xC0000015),
    /** 31-bit S/390. */
    S390(0x00000016),
    /** 64-bit S/390. */
    S390X(0x80000016),
    /** 32-bit PA-RISC. */
    PARISC(0x0000000F),
    /** 64-bit PA-RISC. */
    PARISC64(0x8000000F),
    /** 64-bit RISC-V. */
    RISCV64(0xC00000F3),
    /** 64-bit LoongArch. */
    LOONGARCH64(0xC0000102),
    /** Motorola 68000. */
    M68K(0x00000004),
    /** SuperH, little endian. */
    SH(0x4000002A),
    /** SuperH, big endian. */
    SHEB(0x0000002A);

    /** The bit that tells a call of x32 from one of x86_64, see {@code asm/unistd.h}. */
    public static final int X32_BIT = 0x40000000;

    private static final String PREFIX = "SCMP_ARCH_";

    private final int auditArch;

    SeccompArch(int auditArch) {
        this.auditArch = auditArch;
    }

    /**
     * Returns the {@code AUDIT_ARCH_*} value of {@code linux/audit.h} that the kernel reports for a
     * call. {@link #X86_64} and {@link #X32} share one.
     *
     * @return the value as an unsigned 32-bit number in an {@code int}
     */
    public int auditArch() {
        return auditArch;
    }

    /**
     * Returns the name in profiles.
     *
     * @return for example {@code SCMP_ARCH_X86_64}
     */
    public String scmpName() {
        return PREFIX + name();
    }

    /**
     * Returns the name that people use.
     *
     * @return for example {@code x86_64}
     */
    String shortName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Tells whether the registers of a caller are 32 bits wide; those of x32 are not. */
    boolean narrow() {
        return this == X86 || this == ARM;
    }

    static Optional<SeccompArch> find(String scmpName) {
        for (var arch : values()) {
            if (arch.scmpName().equals(scmpName)) {
                return Optional.of(arch);
            }
        }
        return Optional.empty();
    }

    /**
     * Returns the way in which programs of a machine's own architecture enter the kernel.
     *
     * @param architecture the machine's
     * @return {@link #X86_64} or {@link #AARCH64}
     */
    public static SeccompArch nativeOf(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> X86_64;
            case AARCH64 -> AARCH64;
        };
    }

    /**
     * Returns all ways to enter the kernel of a machine.
     *
     * @param architecture the machine's
     * @return the native one first
     */
    public static List<SeccompArch> allOf(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> List.of(X86_64, X86, X32);
            case AARCH64 -> List.of(AARCH64, ARM);
        };
    }
}
