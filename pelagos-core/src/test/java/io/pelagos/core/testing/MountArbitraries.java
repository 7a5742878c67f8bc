package io.pelagos.core.testing;

import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.IdMapping;
import io.pelagos.core.spec.Mount;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Mounts of all variants. */
final class MountArbitraries {
    private MountArbitraries() {}

    /** Mounts whose contents are elsewhere, as a config.json can say them. */
    static Arbitrary<Mount> bindings() {
        return Arbitraries.oneOf(binds(), tmpfs(), fileSystems());
    }

    static Arbitrary<Mount> contents() {
        return Combinators.combine(
                        SpecArbitraries.containerPaths(),
                        SpecArbitraries.bytes(),
                        SpecArbitraries.modeBits(07777),
                        Arbitraries.of(true, false))
                .as(Mount.FileContents::new);
    }

    private static Arbitrary<Mount> binds() {
        return Combinators.combine(
                        SpecArbitraries.containerPaths(),
                        SpecArbitraries.containerPaths(),
                        Arbitraries.of(true, false),
                        SpecArbitraries.subsets(Mount.Option.class),
                        Arbitraries.of(Mount.Propagation.class),
                        Arbitraries.of(true, false),
                        mappings().injectNull(0.7))
                .as(Mount.Bind::new);
    }

    private static Arbitrary<IdMapping> mappings() {
        return Arbitraries.of(
                IdMapping.OF_CONTAINER,
                new IdMapping(List.of(new IdMap(1000, 0, 1)), List.of(new IdMap(100, 0, 1))),
                new IdMapping(
                        List.of(new IdMap(0, 100_000, 10), new IdMap(10, 5, 1)),
                        List.of(new IdMap(0, 100_000, 65_536))));
    }

    private static Arbitrary<Mount> tmpfs() {
        return Combinators.combine(
                        SpecArbitraries.containerPaths(),
                        ResourcesArbitraries.sizes(),
                        SpecArbitraries.modeBits(07777),
                        SpecArbitraries.subsets(Mount.Option.class))
                .as(Mount.Tmpfs::new);
    }

    private static Arbitrary<Mount> fileSystems() {
        var words = Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(8);
        var keys = words.map(word -> "key_" + word);
        return Combinators.combine(
                        words.map(word -> word + "fs"),
                        SpecArbitraries.containerPaths(),
                        Arbitraries.maps(keys, SpecArbitraries.texts()).ofMaxSize(3),
                        SpecArbitraries.subsets(Mount.Option.class))
                .as(Mount.FileSystem::new);
    }
}
