package io.pelagos.core.kernel;

/** Several constants joined. */
record Flags(String name, long x86, long aarch64) implements Constant {
    static Flags of(Constant... flags) {
        var name = new StringBuilder();
        long x86 = 0;
        long aarch64 = 0;
        for (var flag : flags) {
            name.append(name.isEmpty() ? "" : "|").append(flag.name());
            x86 |= flag.value(Architecture.X86_64);
            aarch64 |= flag.value(Architecture.AARCH64);
        }
        return new Flags(name.isEmpty() ? "0" : name.toString(), x86, aarch64);
    }

    @Override
    public long value(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> x86;
            case AARCH64 -> aarch64;
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
