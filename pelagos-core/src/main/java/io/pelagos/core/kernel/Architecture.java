package io.pelagos.core.kernel;

/** A processor architecture on which Pelagos runs; the numbers of system calls depend on it. */
public enum Architecture {
    /** 64-bit x86, {@code x86_64}. */
    X86_64("amd64", 62, 0xC000003E),
    /** 64-bit Arm, {@code aarch64}, little endian. */
    AARCH64("arm64", 183, 0xC00000B7);

    private final String ociName;
    private final int elfMachine;
    private final int auditArch;

    Architecture(String ociName, int elfMachine, int auditArch) {
        this.ociName = ociName;
        this.elfMachine = elfMachine;
        this.auditArch = auditArch;
    }

    /**
     * Returns the name that OCI images use, which is Go's {@code GOARCH}.
     *
     * @return {@code amd64} or {@code arm64}
     */
    public String ociName() {
        return ociName;
    }

    /**
     * Returns the {@code e_machine} of an ELF file for this architecture, see elf(5).
     *
     * @return {@code EM_X86_64} or {@code EM_AARCH64}
     */
    public int elfMachine() {
        return elfMachine;
    }

    /**
     * Returns the {@code AUDIT_ARCH_*} value of {@code linux/audit.h}, as seccomp(2) reports it.
     *
     * @return the value as an unsigned 32-bit number in an {@code int}
     */
    public int auditArch() {
        return auditArch;
    }

    /**
     * Returns the architecture of the running JVM.
     *
     * @return the architecture
     * @throws UnsupportedOperationException on any other architecture than the two named here
     */
    public static Architecture current() {
        var name = System.getProperty("os.arch");
        return switch (name) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64" -> AARCH64;
            default ->
                    throw new UnsupportedOperationException(
                            "Pelagos runs on x86_64 and aarch64; this JVM's os.arch is " + name);
        };
    }
}
