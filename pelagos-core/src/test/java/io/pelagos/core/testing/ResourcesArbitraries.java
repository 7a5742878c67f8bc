package io.pelagos.core.testing;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.Resources;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.jspecify.annotations.Nullable;

/** What containers may use. */
final class ResourcesArbitraries {
    private static final long LARGE = 1L << 50;

    private ResourcesArbitraries() {}

    private record Place(@Nullable String parent, boolean required) {}

    static Arbitrary<ByteSize> sizes() {
        return Arbitraries.longs().between(0, LARGE).map(ByteSize::of);
    }

    static Arbitrary<Resources> resources(Arbitrary<Resources.Memory> memory) {
        var weights = Arbitraries.longs().between(1, 10_000);
        return resources(memory, io(weights, limits(weights.injectNull(0.5)).list().ofMaxSize(3)));
    }

    /**
     * Those that are the same in the terms of cgroup v1: without the weights of devices that it
     * rounds, and one limit for each device in the order of its numbers.
     */
    static Arbitrary<Resources> plainResources() {
        var weights = Arbitraries.of(1L, 10_000L);
        var sorted =
                limits(weights.injectNull(0.5))
                        .filter(ResourcesArbitraries::limitsAnything)
                        .list()
                        .ofMaxSize(3)
                        .map(ResourcesArbitraries::oneForEachDevice);
        return resources(
                memory().filter(it -> it.low() == null || it.low().bytes() != 0),
                io(weights, sorted));
    }

    private static boolean limitsAnything(Resources.DeviceLimit limit) {
        return !limit.equals(
                new Resources.DeviceLimit(
                        limit.major(), limit.minor(), null, null, null, null, null));
    }

    private static List<Resources.DeviceLimit> oneForEachDevice(
            List<Resources.DeviceLimit> limits) {
        var sorted = new TreeMap<Long, Resources.DeviceLimit>();
        limits.forEach(limit -> sorted.put((long) limit.major() << 20 | limit.minor(), limit));
        return List.copyOf(sorted.values());
    }

    private static Arbitrary<Resources> resources(
            Arbitrary<Resources.Memory> memory, Arbitrary<Resources.Io> io) {
        return Combinators.combine(
                        memory,
                        cpu(),
                        Arbitraries.longs().between(1, 4_194_304).injectNull(0.5),
                        io,
                        Arbitraries.maps(Arbitraries.of("64KB", "2MB", "1GB"), sizes()),
                        rules().list().ofMaxSize(3),
                        unified(),
                        places())
                .as(
                        (memoryLimits, cpu, pids, ioLimits, hugetlb, devices, unified, place) ->
                                new Resources(
                                        memoryLimits,
                                        cpu,
                                        pids,
                                        ioLimits,
                                        hugetlb,
                                        devices,
                                        unified,
                                        place.parent(),
                                        place.required()));
    }

    static Arbitrary<Resources.Memory> memory() {
        var some = sizes().injectNull(0.4);
        return Combinators.combine(
                        Arbitraries.longs().between(1, LARGE).map(ByteSize::of).injectNull(0.3),
                        some,
                        some,
                        some,
                        some,
                        Arbitraries.of(true, false).injectNull(0.5),
                        Arbitraries.integers().between(0, 100).injectNull(0.5))
                .as(Resources.Memory::new);
    }

    private static Arbitrary<Resources.Cpu> cpu() {
        var lists = Arbitraries.of("0", "0-2,4", "7,9-11").injectNull(0.5);
        return Combinators.combine(
                        Arbitraries.longs().between(1, 10_000).injectNull(0.3),
                        Arbitraries.longs().between(1_000, 10_000_000).injectNull(0.3),
                        Arbitraries.longs().between(1_000, 1_000_000).injectNull(0.5),
                        Arbitraries.longs().between(0, 1_000_000).injectNull(0.5),
                        lists,
                        lists,
                        Arbitraries.of(true, false).injectNull(0.5))
                .as(Resources.Cpu::new);
    }

    private static Arbitrary<Resources.Io> io(
            Arbitrary<Long> weights, Arbitrary<List<Resources.DeviceLimit>> limits) {
        return Combinators.combine(weights.injectNull(0.5), limits).as(Resources.Io::new);
    }

    private static Arbitrary<Resources.DeviceLimit> limits(Arbitrary<@Nullable Long> weights) {
        var rates = Arbitraries.longs().between(1, LARGE).injectNull(0.5);
        return Combinators.combine(
                        Arbitraries.integers().between(0, 0xfff),
                        Arbitraries.integers().between(0, 0xfffff),
                        weights,
                        rates,
                        rates,
                        rates,
                        rates)
                .as(Resources.DeviceLimit::new);
    }

    /** The type may be null; NullAway does not see that in a class file, for a nested type. */
    @SuppressWarnings("NullAway")
    private static Arbitrary<Resources.DeviceRule> rules() {
        return Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.of(Device.Type.CHARACTER, Device.Type.BLOCK).injectNull(0.3),
                        Arbitraries.integers().between(0, 0xfff).injectNull(0.3),
                        Arbitraries.integers().between(0, 0xfffff).injectNull(0.3),
                        SpecArbitraries.deviceAccess())
                .as(
                        (allow, type, major, minor, access) ->
                                new Resources.DeviceRule(allow, type, major, minor, access));
    }

    private static Arbitrary<Map<String, String>> unified() {
        var files = Arbitraries.of("rdma.max", "misc.max", "memory.zswap.max", "cpu.weight.nice");
        return Arbitraries.maps(files, SpecArbitraries.texts()).ofMaxSize(2);
    }

    private static Arbitrary<Place> places() {
        return Combinators.combine(
                        SpecArbitraries.containerPaths().injectNull(0.5),
                        Arbitraries.of(true, false))
                .as(Place::new);
    }
}
