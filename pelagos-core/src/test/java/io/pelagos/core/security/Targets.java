package io.pelagos.core.security;

import io.pelagos.core.kernel.Architecture;
import java.util.List;
import java.util.Set;

/** Machines and containers that filters are compiled for in tests. */
final class Targets {
    static final KernelVersion NEW = new KernelVersion(6, 12);
    static final SeccompTarget X86 =
            SeccompTarget.of(Architecture.X86_64, Capability.DEFAULTS, NEW);
    static final SeccompTarget ARM =
            SeccompTarget.of(Architecture.AARCH64, Capability.DEFAULTS, NEW);

    private Targets() {}

    static List<SeccompArch> architectures(SeccompTarget target) {
        return target.architecture() == Architecture.X86_64
                ? List.of(SeccompArch.X86_64, SeccompArch.X86, SeccompArch.X32)
                : List.of(SeccompArch.AARCH64, SeccompArch.ARM);
    }

    static SeccompTarget x86With(Capability... capabilities) {
        return SeccompTarget.of(Architecture.X86_64, Set.of(capabilities), NEW);
    }
}
